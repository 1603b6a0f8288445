"""What the figures were measured on, and with."""

import importlib.metadata
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("smalti", "numpy", "pillow", "scikit-learn")


def description() -> str:
    """Return one line of Markdown: processor, system, versions."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, "
        f"Python {platform.python_version()}, {versions}."
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


@dataclass(frozen=True)
class Run:
    """A finished process."""

    seconds: float
    peak_bytes: int


# What runs and measures a process. It is small, for Linux counts the memory of whoever starts a
# process as memory of that process.
_MEASURING = """
import os, subprocess, sys, time
began = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(status, time.perf_counter() - began, usage.ru_maxrss)
"""


def run_process(arguments: Sequence[str]) -> Run:
    """Run a process to its end and measure its wall time and peak resident memory."""
    command = [sys.executable, "-I", "-c", _MEASURING, *arguments]
    # Modules of an installed package were compiled with its installation, not at every start.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=env)
    told = finished.stdout.split()
    if told[0] != "0":
        raise SystemExit(f"{' '.join(arguments)} ended with status {told[0]}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Run(float(told[1]), int(told[2]) * unit)


def median_run(arguments: Sequence[str], repeats: int) -> Run:
    """Return the medians of several runs, after one that is not counted."""
    run_process(arguments)
    runs = [run_process(arguments) for _ in range(repeats)]
    return Run(
        statistics.median(run.seconds for run in runs),
        int(statistics.median(run.peak_bytes for run in runs)),
    )

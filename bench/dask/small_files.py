"""Many small files with one palette on a cluster: time and memory by their number."""

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.common.settings import Settings
from bench.dask import small_files_run

# Files of 64 x 64 pixels.
NUMBERS, TRIAL = (1_000, 3_000, 10_000), (100, 200)


def run(settings: Settings) -> str:
    """Return the table."""
    lines = [
        f"Parts of {small_files_run.SIDE} x {small_files_run.SIDE} pixels of photographs, PNG files"
        " in a folder. `smalti.dask.compress_many(..., shared_palette=True)` counts them, fits one"
        " palette, and compresses each with it, on a cluster of two processes of one thread each on"
        " one machine. Without the start of the cluster; single runs.",
        "",
        "| files | seconds | milliseconds a file | peak of the client | largest peak of a worker |",
        "|---|---|---|---|---|",
    ]
    for number in TRIAL if settings.is_trial else NUMBERS:
        seconds, client, worker, nothing = _measured(settings, number)
        lines.append(
            f"| {number:,} | {seconds:.0f} | {1000 * seconds / number:.1f} | {client:,.0f} MiB |"
            f" {worker:,.0f} MiB |"
        )
    lines += ["", f"A task that does nothing takes {1000 * nothing:.1f} ms there."]
    return "\n".join(lines)


def _measured(settings: Settings, number: int) -> tuple[float, float, float, float]:
    """Return seconds, the peak memory of client and worker in MiB, and seconds of an idle task."""
    with tempfile.TemporaryDirectory() as name:
        small_files_run.put(settings.images.photographs(), Path(name) / "in", number)
        command = [sys.executable, "-m", "bench.dask.small_files_run", name]
        finished = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, client, worker, nothing = map(float, finished.stdout.split())
    return seconds, client, worker, nothing

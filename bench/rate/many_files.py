"""Memory and time of one command over ever more files.

Takes two minutes: ten thousand files need most of them.
"""

import os
import sys
import tempfile
from pathlib import Path

from bench.common.images import UI
from bench.common.machine import run_process
from bench.common.settings import Settings
from bench.rate.icons import parts, save
from smalti.cache_folder import CACHE_VARIABLE

FILES = (100, 1_000, 10_000)
# A trial is quick; its figures are not for the page.
TRIAL_FILES = (20, 40)
# Small, so that what grows with the number of files would show.
SIDE = 32
EFFORT = 1


def run(settings: Settings) -> str:
    """Return the table."""
    pictures = list(settings.images.drawings().values())
    lines = [
        f"Icons of {SIDE} x {SIDE}, parts of {len(pictures)} graphics from"
        f" {settings.images.origin(UI)}, `smalti -r --effort {EFFORT}`, and `smalti palette -r`.",
        "",
        "| files | seconds | peak MiB | second run: seconds | peak MiB | palette: s | peak MiB |",
        "|---|---|---|---|---|---|---|",
    ]
    for count in TRIAL_FILES if settings.is_trial else FILES:
        with tempfile.TemporaryDirectory() as folder:
            icons = parts(pictures, count, SIDE)
            save(Path(folder) / "icons", {f"{n:05}": icon for n, icon in enumerate(icons)})
            cells = " | ".join(_runs(Path(folder)))
        lines.append(f"| {count:,} | {cells} |")
    return "\n".join(lines)


def _runs(folder: Path) -> list[str]:
    """Return seconds and peaks: of a run, of one that finds everything done, and of a palette."""
    os.environ[CACHE_VARIABLE] = str(folder / "cache")
    program = [sys.executable, "-m", "smalti"]
    icons = ["-r", str(folder / "icons")]
    compressing = [*program, *icons, "-o", str(folder / "out"), "--effort", str(EFFORT)]
    cells = []
    for command in (compressing, compressing, [*program, "palette", *icons]):
        run = run_process(command)
        cells += [f"{run.seconds:.2f}", f"{run.peak_bytes / 2**20:.0f}"]
    return cells

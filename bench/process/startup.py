"""How long the program takes apart from what it does: whole processes that take turns."""

import statistics
import sys
import tempfile
from pathlib import Path

from PIL import Image

from bench.common.machine import run_process
from bench.common.settings import Settings

REPEATS = 15


def run(_settings: Settings) -> str:
    """Return the table."""
    with tempfile.TemporaryDirectory() as folder:
        dot = Path(folder) / "dot.png"
        Image.new("RGB", (1, 1)).save(dot)
        commands = {
            "`python -c pass`": ["-c", "pass"],
            "`python -c 'import smalti'`": ["-c", "import smalti"],
            "`python -c 'import numpy'`": ["-c", "import numpy"],
            "`python -c 'import numpy, PIL.Image, click'`": [
                "-c",
                "import numpy, PIL.Image, click",
            ],
            "`smalti --help`": ["-m", "smalti", "--help"],
            "`smalti compress --quiet` of one pixel": [
                "-m",
                "smalti",
                "compress",
                str(dot),
                "--force",
                "--quiet",
            ],
        }
        # The first round, which fills the caches, does not count.
        rounds = [
            [run_process([sys.executable, *command]).seconds for command in commands.values()]
            for _ in range(1 + REPEATS)
        ][1:]
    lines = ["| command | seconds |", "|---|---|"]
    for label, seconds in zip(commands, zip(*rounds, strict=True), strict=True):
        lines.append(f"| {label} | {statistics.median(seconds):.3f} |")
    return "\n".join(lines)

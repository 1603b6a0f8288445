"""How long the program takes apart from what it does: whole processes that take turns."""

import statistics
import sys
import tempfile
from pathlib import Path

from PIL import Image

from bench.common.interfaces import app_icon
from bench.common.machine import run_process
from bench.common.settings import Settings

REPEATS = 15


def run(_settings: Settings) -> str:
    """Return the table."""
    with tempfile.TemporaryDirectory() as folder:
        dot = Path(folder) / "dot.png"
        Image.new("RGB", (1, 1)).save(dot)
        icon = Path(folder) / "icon.png"
        Image.fromarray(app_icon()).save(icon)
        Image.fromarray(app_icon()).save(icon.with_suffix(".webp"), lossless=True)
        Image.fromarray(app_icon()).quantize(256).save(icon.with_suffix(".gif"))
        commands = {
            "`python -c pass`": ["-c", "pass"],
            "`python -c 'import smalti'`": ["-c", "import smalti"],
            "`python -c 'import numpy'`": ["-c", "import numpy"],
            "`python -c 'import numpy, PIL.Image, click'`": [
                "-c",
                "import numpy, PIL.Image, click",
            ],
            "`smalti --help`": ["-m", "smalti", "--help"],
            "`smalti --quiet` of one pixel": _compressing(dot, "--quiet"),
            "`smalti` of an icon, 256 x 256": _compressing(icon),
            "the same with `--effort 1`": _compressing(icon, "--effort", "1"),
            "the same as a lossless WebP": _compressing(icon.with_suffix(".webp"), "--effort", "1"),
            "the same as a GIF of 256 colours": _compressing(
                icon.with_suffix(".gif"), "--effort", "1"
            ),
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


def _compressing(picture: Path, *options: str) -> list[str]:
    return ["-m", "smalti", "compress", str(picture), "--force", *options]

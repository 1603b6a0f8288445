"""A photograph of 24 megapixels through the whole program: time and memory by effort."""

import sys
import tempfile
from pathlib import Path

from PIL import Image

from bench.common.images import LARGE
from bench.common.machine import median_run
from bench.common.settings import Settings

EFFORTS = (1, 3, 5)
REPEATS = 3


def run(settings: Settings) -> str:
    """Return the table."""
    with tempfile.TemporaryDirectory() as folder:
        photo = settings.images.large_photograph(Path(folder))
        with Image.open(photo) as image:
            width, height = image.size
        lines = [
            f"{photo.name} from {settings.images.origin(LARGE)}, {width} x {height}, K = 256,"
            " `smalti compress --effort E --json`, which scores the result too:",
            "",
            "| effort | seconds | peak memory | file bytes |",
            "|---|---|---|---|",
        ]
        output = Path(folder) / "out.png"
        for effort in EFFORTS:
            arguments = [str(photo), "-o", str(output), "--effort", str(effort)]
            command = [sys.executable, "-m", "smalti", "compress", *arguments, "-f", "--json"]
            result = median_run(command, REPEATS)
            lines.append(
                f"| {effort} | {result.seconds:.1f} | {result.peak_bytes / 2**20:,.0f} MiB "
                f"| {output.stat().st_size:,} |"
            )
    return "\n".join(lines)

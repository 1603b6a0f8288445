"""A photograph of 24 megapixels through the whole program: time and memory by effort.

Uses a real photograph of that size where the project's shared data is at hand; otherwise
scikit-image's retina photograph, enlarged to 24 megapixels with grain added, so that it has
as many distinct colours as a camera's picture.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from bench.machine import SHARED_DATA, median_run

EFFORTS = (1, 3, 5)
REPEATS = 3
PHOTO = SHARED_DATA / "large" / "louvre_6056x4000.jpg"


def run() -> str:
    """Return the table."""
    with tempfile.TemporaryDirectory() as folder:
        photo = PHOTO if PHOTO.exists() else _enlarged_retina(Path(folder))
        with Image.open(photo) as image:
            width, height = image.size
        lines = [
            f"{photo.name}, {width} x {height}, K = 256, `smalti compress --effort E --json`, which"
            " scores the result too:",
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


def _enlarged_retina(folder: Path) -> Path:
    import skimage.data

    photo = Image.fromarray(skimage.data.retina()).resize((4900, 4900), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(0).integers(-3, 4, size=(4900, 4900, 3))
    pixels = np.clip(np.asarray(photo, dtype=np.int16) + grain, 0, 255).astype(np.uint8)
    path = folder / "retina_4900x4900.png"
    Image.fromarray(pixels).save(path, compress_level=1)
    return path

"""The photographs, and the lowest distortions known for them.

They come from the project's shared data where it is at hand, otherwise from scikit-image: fewer,
and without known distortions, so that the lowest of the run takes their place.
"""

import csv
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image

from bench.common.machine import SHARED_DATA
from bench.common.measure import Picture

LARGE_PHOTO = SHARED_DATA / "large" / "louvre_6056x4000.jpg"
OBJECTIVES = SHARED_DATA.parent / "reference" / "objectives.tsv"
_FALLBACK = ("astronaut", "chelsea", "coffee")


def photographs(every: int = 1, limit: int | None = None) -> dict[str, Picture]:
    """Return every so-manieth photograph by name, sorted, at most `limit` of them."""
    paths = sorted((SHARED_DATA / "photos").glob("*.png"))
    if paths:
        return {path.name: pixels(path) for path in paths[::every][:limit]}
    return {name: getattr(skimage.data, name)() for name in _FALLBACK[:limit]}


def pixels(path: Path) -> Picture:
    """Return a file's picture as RGB."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def best_known() -> dict[tuple[str, int], float]:
    """Return the lowest distortion known for a photograph's name and K, if there are any."""
    if not OBJECTIVES.exists():
        return {}
    with OBJECTIVES.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {(row["image"], int(row["k"])): float(row["mse"]) for row in rows}


def large_photograph(folder: Path) -> Path:
    """Return a file of 24 megapixels; one that has to be made goes into `folder`.

    Without the shared data it is scikit-image's retina photograph, enlarged and with grain
    added, so that it has as many distinct colours as a camera's picture.
    """
    if LARGE_PHOTO.exists():
        return LARGE_PHOTO
    retina = Image.fromarray(skimage.data.retina()).resize((4900, 4900), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(0).integers(-3, 4, size=(4900, 4900, 3))
    grainy = np.clip(np.asarray(retina, dtype=np.int16) + grain, 0, 255).astype(np.uint8)
    path = folder / "retina_4900x4900.png"
    Image.fromarray(grainy).save(path, compress_level=1)
    return path

"""Folders of small pictures, made of others."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from bench.common.measure import Picture


def parts(pictures: Sequence[Picture], count: int, side: int) -> Iterator[Picture]:
    """Return squares that are parts of pictures, no two of the same part, scaled to `side`."""
    random = np.random.default_rng(1)
    for number in range(count):
        image = Image.fromarray(pictures[number % len(pictures)])
        part = int(min(image.size) * random.uniform(0.4, 1.0))
        left = int(random.integers(0, image.width - part + 1))
        top = int(random.integers(0, image.height - part + 1))
        box = (left, top, left + part, top + part)
        yield np.asarray(image.resize((side, side), box=box))


def save(folder: Path, pictures: Mapping[str, Picture]) -> None:
    """Write pictures as PNG files into a new folder, named by their keys."""
    folder.mkdir()
    for name, picture in pictures.items():
        Image.fromarray(picture).save(folder / f"{Path(name).stem}.png")

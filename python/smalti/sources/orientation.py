"""EXIF's orientation: which way up the pixels of a file are."""

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image

__all__ = ["orientation_in", "orientation_of", "oriented"]

_TAG = 0x0112
_UPRIGHT = 1


def orientation_of(image: Image.Image) -> int:
    """Return EXIF's 1 to 8; damaged metadata do not make a picture unreadable."""
    return _orientation(image.getexif)


def orientation_in(exif: bytes | None) -> int:
    """Return the same of a file's block of EXIF, from its TIFF header on."""

    def tags() -> Image.Exif:
        tags = Image.Exif()
        tags.load(exif or b"")
        return tags

    return _orientation(tags)


def _orientation(tags: Callable[[], Image.Exif]) -> int:
    try:
        return int(tags().get(_TAG, _UPRIGHT))
    except Exception:
        return _UPRIGHT


def oriented(pixels: Any, orientation: int) -> Any:
    """Turn pixels, shape (H, W) or (H, W, C), upright.

    EXIF's 1 to 8 say where the first row and column belong.
    """
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)

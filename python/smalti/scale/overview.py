"""A small copy of a large image, made in passing."""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from smalti.files import write_atomically
from smalti.scale.halved import halved_picture, level_shapes
from smalti.sources.source_image import Pixels
from smalti.sources.tiles.window import Window

__all__ = ["SIDE", "Overview", "small_copy"]

SIDE = 2048
"""Rows and columns of an overview, at most."""

_WHITE = 255


class Overview:
    """A copy whose sides are halved until they are short enough.

    Parameters
    ----------
    path : Path
        A .npy file, which is made or gone on with.
    shape : (int, int)
        Height and width of the image.

    Attributes
    ----------
    halvings : int
        How often sides are halved.
    """

    def __init__(self, path: Path, shape: tuple[int, int]) -> None:
        shapes = level_shapes(shape, SIDE)
        self.halvings = len(shapes) - 1
        if not path.exists():
            empty = io.BytesIO()
            np.save(empty, np.zeros((*shapes[-1], 3), dtype=np.uint8))
            write_atomically(path, empty.getvalue())
        self._pixels = np.lib.format.open_memmap(path, mode="r+")

    def write(self, window: Window, small: NDArray[np.uint8]) -> None:
        """Write the small copy of a window whose corners are at multiples of this one's."""
        self._pixels[window.shrunk(self.halvings).slices] = small

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """What is written so far, shape (h, w, 3)."""
        return np.asarray(self._pixels)


def small_copy(pixels: Pixels, halvings: int) -> NDArray[np.uint8]:
    """Return pixels at a fixed step, every two by two of them averaged."""
    if halvings == 0:
        return _shown(pixels)
    step = 2 ** (halvings - 1)
    return halved_picture(_shown(pixels[::step, ::step]))


def _shown(pixels: Pixels) -> NDArray[np.uint8]:
    """Return colours of 8 bits, white where they are clear."""
    colors = (pixels[..., :3] >> 8 if pixels.dtype == np.uint16 else pixels[..., :3]).astype(
        np.uint8, copy=False
    )
    if pixels.shape[2] == 4 and not pixels[..., 3].all():
        colors = np.where(pixels[..., 3:] > 0, colors, np.uint8(_WHITE))
    return colors

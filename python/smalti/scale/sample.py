"""A part of a large image that stands for all of it: small windows, put side by side.

They are drawn by stratified sampling from a grid, so that the sample depends on the size of the
image alone.
"""

from dataclasses import replace

import numpy as np

from smalti.parallel import each
from smalti.sampling import stratified_positions
from smalti.sources.source_image import Pixels, SourceImage
from smalti.sources.tiles.tiled_image import TiledImage
from smalti.sources.tiles.window import Window

__all__ = ["SAMPLE", "sampled"]

SAMPLE = 1 << 24
"""Pixels of a sample. Smaller images are their own."""

# Rows and columns of a window, and windows in a row.
_SIDE, _IN_A_ROW = 128, 32


def sampled(image: TiledImage, jobs: int) -> SourceImage:
    """Return a sample of an image, read on so many threads; the image itself if it is small."""
    height, width = image.shape
    if height * width <= SAMPLE:
        return image.part(Window.whole(image.shape))
    rows, columns = min(_SIDE, height), min(_SIDE, width)
    down, across = height // rows, width // columns
    wanted = SAMPLE // (rows * columns)
    places = stratified_positions(down * across, wanted).tolist()
    windows = [
        Window(top, left, top + rows, left + columns)
        for top, left in (((p // across) * rows, (p % across) * columns) for p in places)
    ]

    parts = each(windows, image.region, jobs)
    if any(part.shape[2] == 4 for part in parts):
        parts = [_with_alpha(part) for part in parts]
    usable = len(parts) // _IN_A_ROW * _IN_A_ROW or len(parts)
    in_a_row = min(_IN_A_ROW, usable)
    strips = [
        np.concatenate(parts[first : first + in_a_row], axis=1)
        for first in range(0, usable, in_a_row)
    ]
    pixels: Pixels = np.concatenate(strips, axis=0)
    return replace(image.part(windows[0]), pixels=pixels)


def _with_alpha(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4:
        return pixels
    opaque = np.full_like(pixels[..., :1], np.iinfo(pixels.dtype).max)
    joined: Pixels = np.concatenate([pixels, opaque], axis=2)
    return joined

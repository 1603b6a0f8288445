"""A part of a large image that stands for all of it: small windows, put side by side.

They are drawn by stratified sampling from a grid, so that the sample depends on the size of the
image alone.
"""

from collections.abc import Sequence

import numpy as np

from smalti.parallel import Workers, each
from smalti.sampling import stratified_positions
from smalti.sources.source_image import Pixels, SourceImage
from smalti.sources.tiles.tiled_image import TiledImage
from smalti.sources.tiles.window import Window

__all__ = ["SAMPLE", "sample_of", "sample_windows", "sampled"]

SAMPLE = 1 << 24
"""Pixels of a sample. Smaller images are their own."""

# Rows and columns of a window, and windows in a row.
_SIDE, _IN_A_ROW = 128, 32


def sampled(image: TiledImage, workers: Workers) -> SourceImage:
    """Return a sample of an image; the image itself if it is small."""
    parts = list(each(sample_windows(image.shape), image.region, workers))
    return sample_of(parts, image.name, image.pixel_size)


def sample_windows(shape: tuple[int, int]) -> list[Window]:
    """Return the windows of the sample of an image; the only one of a small image is all of it."""
    height, width = shape
    if height * width <= SAMPLE:
        return [Window.whole(shape)]
    rows, columns = min(_SIDE, height), min(_SIDE, width)
    down, across = height // rows, width // columns
    wanted = SAMPLE // (rows * columns)
    places = stratified_positions(down * across, wanted).tolist()
    return [
        Window(top, left, top + rows, left + columns)
        for top, left in (((p // across) * rows, (p % across) * columns) for p in places)
    ]


def sample_of(parts: Sequence[Pixels], name: str, pixel_size: float | None = None) -> SourceImage:
    """Return the windows of a sample, in their order, as one image."""
    if any(part.shape[2] == 4 for part in parts):
        parts = [_with_alpha(part) for part in parts]
    usable = len(parts) // _IN_A_ROW * _IN_A_ROW or len(parts)
    in_a_row = min(_IN_A_ROW, usable)
    strips = [
        np.concatenate(parts[first : first + in_a_row], axis=1)
        for first in range(0, usable, in_a_row)
    ]
    pixels: Pixels = np.concatenate(strips, axis=0)
    return SourceImage(pixels, 8 * pixels.nbytes, name, pixel_size=pixel_size)


def _with_alpha(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4:
        return pixels
    opaque = np.full_like(pixels[..., :1], np.iinfo(pixels.dtype).max)
    joined: Pixels = np.concatenate([pixels, opaque], axis=2)
    return joined

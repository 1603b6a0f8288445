"""Showing a segmentation on its image: tints and boundaries."""

import colorsys

import numpy as np
from numpy.typing import NDArray

from smalti.labelmaps.classes import OUTSIDE
from smalti.sources.source_image import Pixels

__all__ = ["boundaries_of", "distinct_colors", "tinted"]

# Okabe and Ito's colours, which everyone tells apart, in an order that keeps the first ones far
# from those of stained tissue.
_DISTINCT = ("0072B2", "E69F00", "009E73", "F0E442", "56B4E9", "D55E00", "CC79A7")

# Turns of hue from one further colour to the next: multiples of the golden ratio never repeat.
_TURN = 0.6180339887498949

# Saturation falls with this power of what is left of the image: at the usual tint a fifth stays.
_FADING = 4

# BT.601's shares of red, green and blue, in parts of 256.
_LUMA = np.array([77, 150, 29], dtype=np.int32)

# Rows worked on at a time have about so many pixels.
_BAND = 1 << 20


def distinct_colors(count: int) -> NDArray[np.uint8]:
    """Return `count` colours that are easily told apart, uint8, shape (count, 3)."""
    colors = [tuple(bytes.fromhex(code)) for code in _DISTINCT[:count]]
    for i in range(len(colors), count):
        rgb = colorsys.hsv_to_rgb(i * _TURN % 1.0, 0.55 + 0.4 * (i % 2), 0.9 - 0.3 * (i % 3) / 2)
        colors.append(tuple(round(255 * sample) for sample in rgb))
    return np.array(colors, dtype=np.uint8)


def boundaries_of(labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return the pixels that have a neighbour of another label beside, above or below."""
    found = np.zeros(labels.shape, dtype=bool)
    across = labels[:, 1:] != labels[:, :-1]
    found[:, 1:] |= across
    found[:, :-1] |= across
    down = labels[1:] != labels[:-1]
    found[1:] |= down
    found[:-1] |= down
    return found


def tinted(
    pixels: Pixels,
    labels: NDArray[np.uint8],
    colors: NDArray[np.uint8],
    alpha: float,
    boundaries: NDArray[np.bool_] | None,
) -> NDArray[np.uint8]:
    """Return an image with its classes laid over it in their colours, uint8, shape (H, W, 3).

    The image fades to grey where it is tinted, or classes in red tissue would look orange.
    """
    table = np.zeros((OUTSIDE + 1, 3), dtype=np.uint16)
    share = round(256 * alpha)
    table[: len(colors)] = colors.astype(np.uint16) * share
    kept = np.full(OUTSIDE + 1, 256, dtype=np.uint16)
    kept[: len(colors)] = 256 - share
    shown = np.empty((*labels.shape, 3), dtype=np.uint8)
    step = max(1, _BAND // labels.shape[1])
    for start in range(0, len(labels), step):
        rows = slice(start, start + step)
        band = pixels[rows, :, :3]
        if band.dtype == np.uint16:
            band = (band >> 8).astype(np.uint8)
        faded = np.where((labels[rows] == OUTSIDE)[..., np.newaxis], band, _faded(band, alpha))
        mixed = faded * kept[labels[rows]][..., np.newaxis] + table[labels[rows]]
        shown[rows] = (mixed + 128) >> 8
        if boundaries is not None:
            edges = boundaries[rows] & (labels[rows] != OUTSIDE)
            shown[rows][edges] = colors[labels[rows][edges]]
    return shown


def _faded(band: Pixels, alpha: float) -> NDArray[np.uint8]:
    """Return colours nearer to their grey, the more the larger `alpha` is, 0 to 1."""
    saturation = round(256 * (1.0 - alpha) ** _FADING)
    wide = band.astype(np.int32)
    grey = (wide @ _LUMA >> 8)[..., np.newaxis]
    return (grey + ((wide - grey) * saturation >> 8)).astype(np.uint8)

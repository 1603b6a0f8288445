"""A part of many pixels that stands for all of them."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["some_colors", "spread"]

Pixels: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]


def spread(count: int, wanted: int) -> NDArray[np.intp]:
    """Return `wanted` of `count` positions, one at random of each stretch of equal length.

    Positions at even distances would miss what repeats at these, such as columns. The same numbers
    give the same positions.
    """
    starts = np.arange(wanted) + np.random.default_rng(0).random(wanted)
    return (starts * (count / wanted)).astype(np.intp)


def some_colors(pixels: Pixels, inside: NDArray[np.bool_] | None, enough: int) -> Pixels:
    """Return the colours of the pixels inside, of at most `enough` of them.

    Parameters
    ----------
    pixels : uint8 or uint16 array, shape (H, W, 3 or 4)
    inside : bool array, shape (H, W), or None
        The pixels that take part.
    enough : int

    Returns
    -------
    uint8 or uint16 array, shape (n, 3)
    """
    rows = pixels.reshape(-1, pixels.shape[2])
    places = None if inside is None else np.flatnonzero(inside)
    count = len(rows) if places is None else len(places)
    if count > enough:
        chosen = spread(count, enough)
        places = chosen if places is None else places[chosen]
    return rows[:, :3] if places is None else rows[places, :3]

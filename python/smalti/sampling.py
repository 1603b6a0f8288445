"""A part of many points that stands for all of them, by stratified sampling.

The points are cut into strata of equal length, or of equal weight, in their own order. One point of
each stratum is drawn at random. Points at even distances would miss what repeats at these
distances, such as columns of pixels. The same numbers and seed give the same points.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from smalti import _core

__all__ = ["some_colors", "stratified_positions", "weighted_sample"]

Pixels: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]


def stratified_positions(count: int, wanted: int) -> NDArray[np.intp]:
    """Return positions among `count` points, one at random from each of `wanted` equal strata.

    Parameters
    ----------
    count : int
        Points.
    wanted : int
        Strata, at least 1.

    Returns
    -------
    intp array, shape (wanted,)
        Ascending, 0 to `count` - 1.
    """
    return _places(count, wanted).astype(np.intp)


def weighted_sample(
    weights: NDArray[np.float64], size: int, *, seed: int = 0, skipped: int = 0
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the positions of sampled points, ascending, and the weight that each stands for.

    With at most `size` points these are all of them. Otherwise the total weight is cut into `size`
    equal strata, and one place of each is drawn. A point that is drawn several times stands for as
    many strata.

    Parameters
    ----------
    weights : float64 array, shape (n,)
        Above 0.
    size : int
        Strata, at least 1.
    seed : int, default: 0
        0 to 2**64 - 1.
    skipped : int, default: 0
        Random numbers of the seed's stream that another sample has used.

    Returns
    -------
    intp array, shape (m,), and float64 array, shape (m,)
        m is at most `size`.
    """
    if len(weights) <= size:
        return np.arange(len(weights)), weights
    ends = np.cumsum(weights)
    places = _places(ends[-1], size, seed=seed, skipped=skipped)
    drawn = np.minimum(np.searchsorted(ends, places, side="right"), len(weights) - 1)
    distinct, times = np.unique(drawn, return_counts=True)
    return distinct, times * (ends[-1] / size)


def some_colors(pixels: Pixels, mask: NDArray[np.bool_] | None, enough: int) -> Pixels:
    """Return the colours of the pixels that take part, of at most `enough` of them.

    Parameters
    ----------
    pixels : uint8 or uint16 array, shape (H, W, 3 or 4)
    mask : bool array, shape (H, W), or None
        The pixels that take part. None: all.
    enough : int

    Returns
    -------
    uint8 or uint16 array, shape (n, 3)
    """
    rows = pixels.reshape(-1, pixels.shape[2])
    positions = None if mask is None else np.flatnonzero(mask)
    count = len(rows) if positions is None else len(positions)
    if count > enough:
        chosen = stratified_positions(count, enough)
        positions = chosen if positions is None else positions[chosen]
    return rows[:, :3] if positions is None else rows[positions, :3]


def _places(length: float, strata: int, *, seed: int = 0, skipped: int = 0) -> NDArray[np.float64]:
    """Return a random place in each of the equal strata of a line from 0 to `length`."""
    uniform = _core.uniform(skipped + strata, seed)[skipped:]
    places: NDArray[np.float64] = (np.arange(strata) + uniform) * (length / strata)
    return places

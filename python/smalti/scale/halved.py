"""Label maps and pictures of half the size, as the levels of a pyramid are."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["halved", "halved_picture", "level_shapes"]


def level_shapes(shape: tuple[int, int], smallest: int) -> list[tuple[int, int]]:
    """Return the shapes of all levels: sides halved and rounded up until both are `smallest`."""
    shapes = [shape]
    while max(shapes[-1]) > smallest:
        height, width = shapes[-1]
        shapes.append((-(-height // 2), -(-width // 2)))
    return shapes


def halved(labels: NDArray[Any]) -> NDArray[Any]:
    """Return the label that most of every four neighbours have; of two pairs the first one's.

    Parameters
    ----------
    labels : array of whole numbers, shape (H, W)
        At an odd side the last row or column counts twice.

    Returns
    -------
    array, shape (ceil(H / 2), ceil(W / 2))
    """
    a, b, c, d = _quarters(labels)
    # Where a has no equal, the label of a pair of the others is that of most.
    of_pair = np.where((b == c) | (b == d), b, np.where(c == d, c, a))
    is_first = (a == b) | (a == c) | (a == d)
    most: NDArray[Any] = np.where(is_first, a, of_pair)
    return most


def halved_picture(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the means of every four neighbours, of samples of shape (H, W, C)."""
    quarters = _quarters(pixels)
    total = np.add(quarters[0], quarters[1], dtype=np.uint16)
    total += quarters[2]
    total += quarters[3]
    means: NDArray[np.uint8] = ((total + 2) >> 2).astype(np.uint8)
    return means


def _quarters(values: NDArray[Any]) -> list[NDArray[Any]]:
    height, width = values.shape[:2]
    if height % 2 or width % 2:
        edges = [(0, height % 2), (0, width % 2)] + [(0, 0)] * (values.ndim - 2)
        values = np.pad(values, edges, mode="edge")
    return [values[top::2, left::2] for top in (0, 1) for left in (0, 1)]

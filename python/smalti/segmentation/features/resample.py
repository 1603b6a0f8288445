"""Smoothing, halving and enlarging planes, with sums of few terms in a fixed order.

Samples are the middles of squares: of a plane halved, the first sample lies between the first two
of the original. Beyond the borders planes are mirrored.
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["bilinear", "blurred", "halved", "padded"]

Plane = NDArray[np.float32]

# Python's numbers would do, but not to a type checker.
_THREE, _EIGHTH = np.float32(3), np.float32(1 / 8)
_FOUR, _SIX, _SIXTEENTH = np.float32(4), np.float32(6), np.float32(1 / 16)

# Pixels of the result worked on at a time.
_BAND = 1 << 16


def padded(plane: Plane, before: int, after: tuple[int, int]) -> Plane:
    """Mirror rows and columns beyond the borders: `before` and, by axis, `after` of them."""
    return np.pad(plane, [(before, count) for count in after], mode="symmetric")


def halved(plane: Plane) -> Plane:
    """Halve both sides, weighting 4 samples in a row by 1, 3, 3, 1.

    Parameters
    ----------
    plane : float32 array, shape (2 h + 2, 2 w + 2)
        With one sample more on each side than the result is made of.

    Returns
    -------
    float32 array, shape (h, w)
    """
    for _ in range(2):
        outer, inner = plane[:-3:2] + plane[3::2], plane[1:-2:2] + plane[2:-1:2]
        plane = ((outer + inner * _THREE) * _EIGHTH).T
    return np.ascontiguousarray(plane)


def blurred(plane: Plane) -> Plane:
    """Smooth by binomial weights 1, 4, 6, 4, 1: a Gaussian of standard deviation 1."""
    plane = padded(plane, 2, (2, 2))
    for _ in range(2):
        outer, inner = plane[:-4] + plane[4:], plane[1:-3] + plane[3:-1]
        plane = ((outer + inner * _FOUR + plane[2:-2] * _SIX) * _SIXTEENTH).T
    return np.ascontiguousarray(plane)


def bilinear(planes: Plane, shape: tuple[int, int], times: int) -> Plane:
    """Enlarge planes, linearly between their samples.

    Parameters
    ----------
    planes : float32 array, shape (h, w, T)
    shape : (int, int)
        H and W of the result, at most h and w times `times`.
    times : int

    Returns
    -------
    float32 array, shape (H, W, T)
    """
    height, width = shape
    above, below, down = _neighbours(planes.shape[0], height, times)
    left, right, across = _neighbours(planes.shape[1], width, times)
    # Once for every plane, for loops over a few planes each would cost more than the arithmetic.
    across = np.repeat(across[:, np.newaxis], planes.shape[2], axis=1)
    large = np.empty((height, width, planes.shape[2]), dtype=np.float32)
    step = max(1, _BAND // width)
    for start in range(0, height, step):
        band = slice(start, start + step)
        share = down[band, np.newaxis, np.newaxis]
        rows = planes[above[band]] * (1 - share) + planes[below[band]] * share
        np.multiply(rows[:, left], 1 - across, out=large[band])
        large[band] += rows[:, right] * across
    return large


def _neighbours(
    small: int, large: int, times: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], Plane]:
    """Return which two samples each place is between, and how far it is from the first."""
    places = np.clip((np.arange(large) + 0.5) / times - 0.5, 0, small - 1)
    first = places.astype(np.intp)
    return first, np.minimum(first + 1, small - 1), (places - first).astype(np.float32)

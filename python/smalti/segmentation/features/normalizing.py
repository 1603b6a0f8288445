"""Coordinates of colour in units of how much they vary: over the image, or from block to block.

Neighbouring blocks of pixels differ in texture, noise and light. These vary within classes rather
than between them. Distances in units of such differences tell apart what differs between classes:
that is the minimum noise fraction of remote sensing (A. A. Green, M. Berman, P. Switzer and M. D.
Craig, 1988, doi:10.1109/36.3001), with blocks of pixels in the place of pixels. Neighbours that lie
in different classes would spoil it. They are few and differ much, so the largest quarter of the
differences is left out, as robust estimates of scatter do (P. J. Rousseeuw and K. Van Driessen,
1999, doi:10.1080/00401706.1999.10485670).

All sums are taken in one order, and no library is asked for decompositions: the same image gives
the same coordinates on any machine.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.segmentation.features.feature_space import FeatureSpace, Matrix, diagonal
from smalti.segmentation.features.points import sample_points
from smalti.sources.source_image import SourceImage

__all__ = ["normalized"]

# Blocks of 8 x 8 pixels, so that differences are those of light and texture more than of noise;
# smaller ones where there would be fewer than these.
_HALVINGS = 3
_MIN_BLOCKS = 64

# With fewer differences than these, coordinates stay as they are.
_MIN_DIFFERENCES = 16

# The share of the differences that counts.
_KEPT = 0.75

# Local variance counts as at least this share of all variance, for flat areas have none.
_FLOOR = 1e-4


def normalized(
    space: FeatureSpace,
    how: str,
    source: SourceImage,
    mask: NDArray[np.bool_] | None,
) -> FeatureSpace:
    """Return a space whose coordinates of colour vary by 1, in all or from place to place.

    Parameters
    ----------
    space : FeatureSpace
        Without factors of its own.
    how : {"variance", "local"}
    source : SourceImage
    mask : bool array, shape (H, W), or None
        The pixels that take part.
    """
    variances = sample_points(space, source.samples, mask).variances()
    if how == "variance":
        return replace(space, matrix=diagonal([1 / v**0.5 if v > 0 else 1.0 for v in variances]))
    differences = _differences(space, source, mask)
    floor = _FLOOR * sum(variances) / len(variances)
    if len(differences) < _MIN_DIFFERENCES or floor == 0.0:
        return space
    return replace(space, matrix=_whitening(_scatter(differences, floor), floor))


def _differences(
    space: FeatureSpace, source: SourceImage, mask: NDArray[np.bool_] | None
) -> NDArray[np.float64]:
    """Return how the means of neighbouring blocks differ, shape (n, D)."""
    features = space.of_samples(source.samples)
    count = features.shape[0] * features.shape[1] if mask is None else int(mask.sum())
    halvings = _HALVINGS
    while halvings > 0 and count >> 2 * halvings < _MIN_BLOCKS:
        halvings -= 1
    means, counts = _core.block_means(features, halvings, mask=mask)
    whole = counts * 2 >= 4**halvings
    across = (means[:, 1:] - means[:, :-1])[whole[:, 1:] & whole[:, :-1]]
    down = (means[1:] - means[:-1])[whole[1:] & whole[:-1]]
    return np.concatenate([across, down]).astype(np.float64)


def _scatter(differences: NDArray[np.float64], floor: float) -> list[list[float]]:
    """Return the covariance of the smaller differences."""
    middle = np.maximum(np.median(np.abs(differences), axis=0), floor**0.5)
    lengths = ((differences / middle) ** 2).sum(axis=1)
    last = int(_KEPT * (len(lengths) - 1))
    limit = np.partition(lengths, last)[last]
    kept = differences[lengths <= limit]
    dim = kept.shape[1]
    return [
        [float((kept[:, i] * kept[:, j]).sum()) / len(kept) for j in range(dim)] for i in range(dim)
    ]


def _whitening(scatter: list[list[float]], floor: float) -> Matrix:
    """Return a matrix after which coordinates of this covariance have that of the identity.

    The inverse of the transposed Cholesky factor: all such matrices give the same distances.
    """
    dim = len(scatter)
    factor = np.zeros((dim, dim))
    for i in range(dim):
        for j in range(i + 1):
            rest = scatter[i][j] + (floor if i == j else 0.0)
            rest -= sum(float(factor[i, k] * factor[j, k]) for k in range(j))
            factor[i, j] = rest**0.5 if i == j else rest / factor[j, j]
    inverse = np.zeros((dim, dim))
    for j in range(dim):
        for i in range(j, dim):
            known = sum(float(factor[i, k] * inverse[k, j]) for k in range(j, i))
            inverse[i, j] = ((1.0 if i == j else 0.0) - known) / factor[i, i]
    return tuple(tuple(float(value) for value in row) for row in inverse.T)

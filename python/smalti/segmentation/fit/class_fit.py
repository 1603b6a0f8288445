"""The classes of an image: K-Means on its colours, weighted by how often each occurs.

Where only colour counts, the distinct colours are clustered, which gives the same as all pixels.
With a spatial weight, the means of blocks of pixels are clustered. Several starts are tried on a
sample of the points, and the best goes on with all of them. The method is that of `smalti.kmeans`;
some centroids may be given, and some of these locked.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.progress import Progress
from smalti.sampling import some_colors, stratified_positions
from smalti.segmentation.features.feature_space import Features, FeatureSpace
from smalti.segmentation.features.points import Points, block_points, color_points
from smalti.sources.source_image import Bands, Pixels

__all__ = ["InitialCentroids", "fit_classes", "learning_points"]

# Starts of k-means++, of which the best is taken, and the points that they are tried on.
_STARTS = 8
_STARTED_ON = 1 << 15

# Pixels that tell whether an image has more than a few colours.
_LOOKED_AT = 1 << 12

# Blocks are made smaller where there would be fewer than these.
_MIN_BLOCKS = 1 << 8
_MAX_HALVINGS = 6


class InitialCentroids(NamedTuple):
    """Centroids to begin with, shape (m, D), the locked ones first, and how many are locked."""

    centroids: NDArray[np.float64]
    locked: int


def learning_points(
    space: FeatureSpace,
    samples: "Pixels | Bands",
    features: Features,
    mask: NDArray[np.bool_] | None,
    *,
    spatial_weight: float,
    k: int,
) -> Points:
    """Return what the classes of an image are learnt from.

    Parameters
    ----------
    space : FeatureSpace
    samples : uint8 or uint16 array, shape (H, W, 3 or 4), or Bands
    features : float32 array, shape (H, W, D)
        Those of the pixels.
    mask : bool array, shape (H, W), or None
        The pixels that take part.
    spatial_weight : float
        The weight of boundaries.
    k : int
        Classes wanted. An image with no more colours than that is learnt from its colours.
    """
    count = features.shape[0] * features.shape[1] if mask is None else int(mask.sum())
    halvings = _halvings(spatial_weight, count)
    if isinstance(samples, Bands) or not space.is_color_only:
        return block_points(features, mask, halvings)
    if halvings == 0 or not _has_more_colors(samples, mask, k):
        colors = color_points(space, samples, mask)
        if halvings == 0 or len(colors.values) <= k:
            return colors
    return block_points(features, mask, halvings)


def _has_more_colors(pixels: Pixels, mask: NDArray[np.bool_] | None, k: int) -> bool:
    """Whether a part of the pixels has more than `k` colours, so that all of them have."""
    return len(np.unique(some_colors(pixels, mask, _LOOKED_AT), axis=0)) > k


def _halvings(spatial_weight: float, count: int) -> int:
    """Return the power of two that blocks of pixels have for their side.

    A spatial weight gives up what is thinner than twice the weight, in pixels. Blocks with a side
    of four times the weight lose nothing else, and noise and grain average out in their means.
    Blocks are smaller where there would be few of them.
    """
    halvings = 0
    while halvings < _MAX_HALVINGS and 2**halvings < 4 * spatial_weight:
        halvings += 1
    while halvings > 0 and count >> 2 * halvings < _MIN_BLOCKS:
        halvings -= 1
    return halvings


def fit_classes(
    points: Points,
    k: int,
    initial: InitialCentroids,
    seed: int,
    progress: Progress | None,
) -> NDArray[np.float64]:
    """Return the centroids of up to `k` classes, the initial ones first.

    Classes that no point belongs to are left out unless they began with an initial centroid.
    """
    centroids, count = initial.centroids, len(initial.centroids)
    if len(points.values) > 2 * _STARTED_ON and count < k:
        positions = stratified_positions(len(points.values), _STARTED_ON)
        sample = Points(points.values[positions], points.weights[positions])
        centroids, _ = _fitted(
            sample, k, InitialCentroids(centroids, initial.locked), seed, progress
        )
    centroids, weights = _fitted(
        points, k, InitialCentroids(centroids, initial.locked), seed, progress
    )
    kept = weights > 0.0
    kept[:count] = True
    return centroids[kept]


def _fitted(
    points: Points,
    k: int,
    initial: InitialCentroids,
    seed: int,
    progress: Progress | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    starts = 1 if len(initial.centroids) == k else _STARTS
    centroids, locked = np.ascontiguousarray(initial.centroids), initial.locked
    return _core.fit_classes(
        *points, k, centroids, locked, n_init=starts, seed=seed, progress=progress
    )

"""The classes of an image: K-Means on its colours, each as often as it occurs.

Where only colour counts, distinct colours are clustered, which gives the same as all pixels;
where pixels are to lie together, means of blocks of them. Starts are tried on a part of the
points, and the best goes on with all: the method is that of `smalti.kmeans`, with some centroids
given and some locked.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.sampling import some_colors, spread
from smalti.segmentation.features.feature_space import Features, FeatureSpace
from smalti.segmentation.features.points import Points, block_points, color_points
from smalti.sources.source_image import Pixels

__all__ = ["InitialCentroids", "fit_classes", "learning_points"]

# Starts of k-means++ of which the best counts, and the points that they are tried on.
_STARTS = 8
_STARTED_ON = 1 << 15

# Pixels that tell whether an image has more than a few colours.
_LOOKED_AT = 1 << 12

# Fewer blocks tell less than smaller ones do.
_MIN_BLOCKS = 1 << 8
_MAX_HALVINGS = 6


class InitialCentroids(NamedTuple):
    """Centroids to begin with, of shape (m, D), those that stay first, and how many stay."""

    centroids: NDArray[np.float64]
    locked: int


def learning_points(
    space: FeatureSpace,
    pixels: Pixels,
    features: Features,
    inside: NDArray[np.bool_] | None,
    *,
    spatial_weight: float,
    k: int,
) -> Points:
    """Return what the classes of an image are learnt from.

    Parameters
    ----------
    space : FeatureSpace
    pixels : uint8 or uint16 array, shape (H, W, 3 or 4)
    features : float32 array, shape (H, W, D)
        Those of the pixels.
    inside : bool array, shape (H, W), or None
        The pixels that take part.
    spatial_weight : float
        That of boundaries.
    k : int
        Classes wanted; where there are no more colours, these are the points.
    """
    count = features.shape[0] * features.shape[1] if inside is None else int(inside.sum())
    halvings = _halvings(spatial_weight, count)
    if space.is_color_only and (halvings == 0 or not _has_more_colors(pixels, inside, k)):
        colors = color_points(space, pixels, inside)
        if halvings == 0 or len(colors.values) <= k:
            return colors
    return block_points(features, inside, halvings)


def _has_more_colors(pixels: Pixels, inside: NDArray[np.bool_] | None, k: int) -> bool:
    """Whether a part of the pixels has more than `k` colours, so that all of them have."""
    return len(np.unique(some_colors(pixels, inside, _LOOKED_AT), axis=0)) > k


def _halvings(spatial_weight: float, count: int) -> int:
    """Return the power of two that blocks of pixels have for their side.

    What is thinner than twice the weight is given up: blocks that are as long as four times that
    lose nothing else, and in their means noise and grain have averaged out. They are smaller where
    there would be few of them.
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
    given: InitialCentroids,
    seed: int,
    progress: Callable[[str, float], object] | None,
) -> NDArray[np.float64]:
    """Return the centroids of up to `k` classes, those given first.

    Classes that no point belongs to are left out unless they were given.
    """
    centroids, count = given.centroids, len(given.centroids)
    if len(points.values) > 2 * _STARTED_ON and count < k:
        places = spread(len(points.values), _STARTED_ON)
        some = Points(points.values[places], points.weights[places])
        centroids, _ = _fitted(some, k, InitialCentroids(centroids, given.locked), seed, progress)
    centroids, weights = _fitted(
        points, k, InitialCentroids(centroids, given.locked), seed, progress
    )
    kept = weights > 0.0
    kept[:count] = True
    return centroids[kept]


def _fitted(
    points: Points,
    k: int,
    given: InitialCentroids,
    seed: int,
    progress: Callable[[str, float], object] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    starts = 1 if len(given.centroids) == k else _STARTS
    centroids, locked = np.ascontiguousarray(given.centroids), given.locked
    return _core.fit_classes(
        *points, k, centroids, locked, n_init=starts, seed=seed, progress=progress
    )

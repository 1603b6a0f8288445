"""The colours that classes begin with, and which of them are locked."""

import numpy as np

from smalti.options import SegmentOptions
from smalti.segmentation.features.feature_space import FeatureSpace
from smalti.segmentation.fit.class_fit import InitialCentroids

__all__ = ["initial_centroids"]


def initial_centroids(space: FeatureSpace, options: SegmentOptions, dim: int) -> InitialCentroids:
    """Return the centroids to begin with, of `dim` coordinates, locked ones first."""
    if options.init_colors is None:
        return InitialCentroids(np.empty((0, dim)), 0)
    colors = np.array(options.init_colors, dtype=np.uint8)[:, :3]
    locked = np.array(options.locked)
    ordered = np.concatenate([colors[locked], colors[~locked]])
    centroids = space.of_colors(np.ascontiguousarray(ordered)[np.newaxis])[0]
    return InitialCentroids(centroids.astype(np.float64), int(locked.sum()))

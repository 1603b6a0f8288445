"""Colours of classes to begin with, and those of them that stay."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.colors import colors_of
from smalti.exceptions import InvalidParameterError
from smalti.segmentation.features.feature_space import FeatureSpace
from smalti.segmentation.fit.class_fit import InitialCentroids

__all__ = ["initial_centroids"]


def initial_centroids(
    space: FeatureSpace, init_colors: Any, locked: Any, k: int, dim: int
) -> InitialCentroids:
    """Return the centroids to begin with, locked ones first."""
    if init_colors is None:
        if locked is not None and not (isinstance(locked, bool) and not locked):
            raise InvalidParameterError("locked says which of init_colors stay, but there are none")
        return InitialCentroids(np.empty((0, dim)), 0)
    if not space.is_color_only:
        raise InvalidParameterError(
            "init_colors cannot be given with a texture or spatial_method 'position': they say "
            "nothing of these"
        )
    colors = colors_of("init_colors", init_colors)[:, :3]
    if not 1 <= len(colors) <= k:
        raise InvalidParameterError(
            f"init_colors must be 1 to {k} colours, as many as there are classes, got {len(colors)}"
        )
    stay = _locked(locked, len(colors))
    ordered = np.concatenate([colors[stay], colors[~stay]])
    centroids = space.of_colors(np.ascontiguousarray(ordered)[np.newaxis])[0]
    return InitialCentroids(centroids.astype(np.float64), int(stay.sum()))


def _locked(locked: Any, count: int) -> NDArray[np.bool_]:
    """Return for each of the initial colours whether it stays."""
    if locked is None or isinstance(locked, bool | np.bool_):
        return np.full(count, bool(locked))
    try:
        array = np.asarray(locked)
    except ValueError:  # a ragged list
        array = np.array(["ragged"])
    if array.dtype == bool and array.shape == (count,):
        return array
    stay = np.zeros(count, dtype=bool)
    whole = array.dtype.kind in "iu" or array.size == 0
    if array.ndim != 1 or not whole or (array.size and not 0 <= array.min() <= array.max() < count):
        raise InvalidParameterError(
            f"locked must be True, False, {count} of these, or positions among the {count} "
            f"init_colors from 0 on, got {locked!r}"
        )
    stay[array.astype(np.intp)] = True
    return stay

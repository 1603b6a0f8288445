"""Features of superpixels in place of those of pixels."""

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.segmentation.features.feature_space import Features
from smalti.segmentation.features.superpixels import COMPACTNESS
from smalti.validation import whole_number

__all__ = ["superpixel_means"]


def superpixel_means(features: Features, count: int, inside: NDArray[np.bool_] | None) -> Features:
    """Return for every pixel the mean features of its superpixel.

    Parameters
    ----------
    features : float32 array, shape (H, W, D)
    count : int
        Superpixels wanted, at least 1.
    inside : bool array, shape (H, W), or None
        The pixels that take part.

    Returns
    -------
    float32 array, shape (H, W, D)
    """
    pixels = features.shape[0] * features.shape[1]
    wanted = min(whole_number("superpixels", count, 1), pixels)
    labels = _core.superpixels(features, wanted, compactness=COMPACTNESS, mask=inside)
    flat = labels.ravel()
    sizes = np.maximum(np.bincount(flat), 1)
    means = np.empty((len(sizes), features.shape[2]), dtype=np.float32)
    for d in range(features.shape[2]):
        means[:, d] = np.bincount(flat, weights=features[..., d].ravel()) / sizes
    return means[labels]

"""How well superpixels keep to the regions of a picture whose segmentation is known.

P. Neubert and P. Protzel, "Superpixel benchmark and comparison", 2012, compares them by the first
two measures, M.-Y. Liu et al., "Entropy rate superpixel segmentation", 2011,
doi:10.1109/CVPR.2011.5995323, by the third.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

Labels = NDArray[np.unsignedinteger[Any]]

# Pixels in either direction within which a border counts as found.
TOLERANCE = 2


class Measures(NamedTuple):
    """What is measured, each 0 to 1, and the number of superpixels."""

    boundary_recall: float
    undersegmentation_error: float
    achievable_accuracy: float
    found: int


def measures(superpixels: Labels, truth: Labels) -> Measures:
    """Measure superpixels against the true regions; both have shape (H, W).

    Boundary recall is the part of the true borders within `TOLERANCE` pixels of a border between
    superpixels. The undersegmentation error charges a superpixel for each region that it touches
    with the smaller of its two parts, within the region and beyond, and is divided by the number of
    pixels. The achievable accuracy is that of the labels that come out when each superpixel takes
    the region that most of it is in.

    >>> truth = np.repeat([[0, 0, 0, 1, 1, 1, 1, 1, 1, 1]], 2, axis=0).astype(np.uint8)
    >>> halves = np.repeat([[1, 1, 1, 1, 1, 2, 2, 2, 2, 2]], 2, axis=0).astype(np.uint32)
    >>> measures(halves, truth)
    Measures(boundary_recall=1.0, undersegmentation_error=0.4, achievable_accuracy=0.8, found=2)
    >>> measures(np.ones_like(halves), truth)
    Measures(boundary_recall=0.0, undersegmentation_error=0.6, achievable_accuracy=0.7, found=1)
    """
    borders = _borders(truth)
    found = maximum_filter(_borders(superpixels), size=2 * TOLERANCE + 1)
    recall = int((found & borders).sum()) / max(int(borders.sum()), 1)
    regions = int(truth.max()) + 1
    pairs = superpixels.astype(np.int64) * regions + truth
    parts = np.bincount(pairs.reshape(-1), minlength=(int(superpixels.max()) + 1) * regions)
    parts = parts.reshape(-1, regions)
    sizes = parts.sum(axis=1, keepdims=True)
    return Measures(
        float(recall),
        float(np.minimum(parts, sizes - parts).sum() / truth.size),
        float(parts.max(axis=1).sum() / truth.size),
        int(np.count_nonzero(sizes)),
    )


def _borders(labels: Labels) -> NDArray[np.bool_]:
    """Return the pixels with another label above, below, left or right of them."""
    borders = np.zeros(labels.shape, dtype=bool)
    for one, other in (
        (np.s_[1:], np.s_[:-1]),
        (np.s_[:, 1:], np.s_[:, :-1]),
    ):
        differ = labels[one] != labels[other]
        borders[one] |= differ
        borders[other] |= differ
    return borders

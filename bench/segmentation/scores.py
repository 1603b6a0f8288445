"""How well a map of classes agrees with the truth, and how coherent it is in itself.

Both measures of agreement come from the table of how many pixels each class shares with each true
one; the names of the classes do not matter. Needs NumPy and SciPy only.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Labels = NDArray[Any]


def adjusted_rand(truth: Labels, labels: Labels) -> float:
    """Return the adjusted Rand index: 1 where both agree, 0 on the mean for labels by chance.

    It counts pairs of pixels that are together in both maps (Hubert and Arabie, "Comparing
    partitions", Journal of Classification, 1985, doi:10.1007/BF01908075).

    >>> truth = np.array([[0, 0], [1, 1]])
    >>> adjusted_rand(truth, 1 - truth)
    1.0
    >>> round(adjusted_rand(truth, np.array([[0, 1], [0, 1]])), 6)
    -0.5
    """
    shared = contingency(truth, labels)
    together = _pairs(shared)
    in_truth, in_labels = _pairs(shared.sum(axis=1)), _pairs(shared.sum(axis=0))
    by_chance = in_truth * in_labels / _pairs(shared.sum())
    highest = (in_truth + in_labels) / 2
    return 1.0 if highest == by_chance else (together - by_chance) / (highest - by_chance)


def dice(truth: Labels, labels: Labels) -> float:
    """Return the mean Dice coefficient of the true classes, matched one to one with the others.

    The matching is the one with the highest mean; a true class without a partner counts as 0
    (Dice, "Measures of the amount of ecologic association between species", Ecology, 1945,
    doi:10.2307/1932409).

    >>> truth = np.array([[0, 0, 0, 1]])
    >>> dice(truth, 1 - truth)
    1.0
    >>> dice(truth, np.array([[0, 0, 1, 1]])) == (4 / 5 + 2 / 3) / 2
    True
    >>> dice(truth, np.array([[0, 0, 0, 0]])) == (6 / 7 + 0) / 2
    True
    """
    shared = contingency(truth, labels)
    sizes = shared.sum(axis=1)[:, None] + shared.sum(axis=0)[None, :]
    coefficients = 2 * shared / sizes
    rows, columns = linear_sum_assignment(coefficients, maximize=True)
    return float(coefficients[rows, columns].sum() / len(shared))


def contingency(truth: Labels, labels: Labels) -> NDArray[np.int64]:
    """Return how many pixels each true class (rows) shares with each of the others (columns)."""
    _, rows = np.unique(truth, return_inverse=True)
    _, columns = np.unique(labels, return_inverse=True)
    width = int(columns.max()) + 1
    height = int(rows.max()) + 1
    counts = np.bincount(rows.ravel() * width + columns.ravel(), minlength=height * width)
    return counts.reshape(height, width)


def boundary_length(labels: Labels) -> int:
    """Return how many pairs of neighbours, side by side or one above the other, differ.

    >>> boundary_length(np.array([[0, 0], [0, 1]]))
    2
    """
    across = np.count_nonzero(labels[:, 1:] != labels[:, :-1])
    return int(across + np.count_nonzero(labels[1:] != labels[:-1]))


def coherence(labels: Labels) -> float:
    """Return the share of such pairs that are equal.

    >>> coherence(np.array([[0, 0], [0, 1]]))
    0.5
    """
    height, width = labels.shape
    pairs = int(height * (width - 1) + width * (height - 1))
    return 1 - boundary_length(labels) / pairs


def _pairs(counts: NDArray[np.int64]) -> float:
    numbers = np.asarray(counts, np.float64)
    return float((numbers * (numbers - 1) / 2).sum())

"""How well points fit their clusters: the silhouette.

P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster
analysis", 1987, doi:10.1016/0377-0427(87)90125-7. For a point, a is its mean distance to the
other members of its cluster and b the least mean distance to those of another cluster; its
silhouette is ``(b - a) / max(a, b)``, and 0 when it is alone. The mean over all points is 1 for
clusters far apart, about 0 for touching ones.

It takes the distances of all pairs, m^2 D products for m points, and m^2 floats of memory: so it
is taken on a sample. No matrix product is used: it would lose digits of small distances, and
libraries of linear algebra differ in the last ones.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["distances_of_pairs", "silhouette"]

# Differences held at a time while distances are computed: 8 MiB.
_CHUNK = 1 << 20


def distances_of_pairs(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean distances of all pairs, float64 (m, m), of points of shape (m, D)."""
    distances = np.empty((len(points), len(points)))
    rows = max(1, _CHUNK // points.size)
    for start in range(0, len(points), rows):
        apart = points[start : start + rows, np.newaxis] - points
        np.sqrt(np.einsum("ijk,ijk->ij", apart, apart), out=distances[start : start + rows])
    return distances


def silhouette(distances: NDArray[np.float64], labels: NDArray[np.unsignedinteger[Any]]) -> float:
    """Mean silhouette of points.

    Parameters
    ----------
    distances : float64 array, shape (m, m)
        Those of all pairs.
    labels : unsigned array, shape (m,)
        The cluster of each point.

    Returns
    -------
    float
        -1 to 1; NaN when all points are in one cluster.
    """
    order = np.argsort(labels, kind="stable")
    _, own, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    if len(sizes) < 2:
        return float("nan")
    # Sums of distances from the members of every cluster to every point.
    starts = np.cumsum(sizes) - sizes
    means = np.add.reduceat(distances[order], starts, axis=0)
    every = np.arange(len(own))
    within = means[own, every] / np.maximum(sizes[own] - 1, 1)
    means /= sizes[:, np.newaxis]
    means[own, every] = np.inf
    between = means.min(axis=0)
    larger = np.maximum(within, between)
    # Points alone, and those at no distance from anything, count 0.
    counted = (sizes[own] > 1) & (larger > 0.0)
    scores = np.zeros(len(own))
    np.divide(between - within, larger, out=scores, where=counted)
    return float(scores.mean())

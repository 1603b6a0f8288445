"""How well points fit their clusters: the silhouette.

P. J. Rousseeuw, "Silhouettes: a graphical aid to the interpretation and validation of cluster
analysis", 1987, doi:10.1016/0377-0427(87)90125-7. For a point, a is its mean distance to the
other members of its cluster and b the least mean distance to those of another cluster; its
silhouette is ``(b - a) / max(a, b)``, and 0 when it is alone. The mean over all points is 1 for
clusters far apart, about 0 for touching ones.

Weights are ours: a weight of 3 counts as three equal points. Of its own weight a point leaves out
1, the point itself, and the rest are its repeats, at distance 0. A weight below 1 has no repeats.

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


def silhouette(
    distances: NDArray[np.float64],
    labels: NDArray[np.unsignedinteger[Any]],
    weights: NDArray[np.float64] | None = None,
    repeats: NDArray[np.float64] | None = None,
) -> float:
    """Mean silhouette of points.

    Parameters
    ----------
    distances : float64 array, shape (m, m)
        Those of all pairs.
    labels : unsigned array, shape (m,)
        The cluster of each point.
    weights : float64 array, shape (m,), optional
        What each point stands for, above 0. Default: 1 each.
    repeats : float64 array, shape (m,), optional
        Weight at the place of a point that is not the point itself. Default: by how much its weight
        is above 1; for a point drawn from many it is by how much its weight among them is.

    Returns
    -------
    float
        -1 to 1; NaN when all points are in one cluster.
    """
    if weights is None:
        weights = np.ones(len(labels))
    if repeats is None:
        repeats = np.maximum(weights - 1.0, 0.0)
    clusters, own = np.unique(labels, return_inverse=True)
    if len(clusters) < 2:
        return float("nan")
    totals = np.bincount(own, weights)
    # Sums of distances from the members of every cluster to every point.
    order = np.argsort(own, kind="stable")
    parts = distances[order]
    parts *= weights[order, np.newaxis]
    means = np.add.reduceat(parts, np.searchsorted(own[order], np.arange(len(clusters))), axis=0)
    every = np.arange(len(own))
    others = totals[own] - weights + repeats
    within = means[own, every] / np.where(others > 0.0, others, 1.0)
    means /= totals[:, np.newaxis]
    means[own, every] = np.inf
    between = means.min(axis=0)
    larger = np.maximum(within, between)
    # A point alone in its cluster counts 0; so does one that equals all others.
    counted = (others > 0.0) & (larger > 0.0)
    scores = np.zeros(len(own))
    np.divide(between - within, larger, out=scores, where=counted)
    return float((scores * weights).sum() / weights.sum())

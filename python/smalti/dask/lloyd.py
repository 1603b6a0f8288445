"""Lloyd's algorithm on points in chunks (S. P. Lloyd, 1982, doi:10.1109/TIT.1982.1056489).

The same steps, in the same order, as `smalti.kmeans` takes on distinct points. Every iteration is
one pass over the chunks. Sums are exact. So labels that stay as they are leave sums as they are,
and it is known without comparing labels that nothing changes any more.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smalti.dask.chunked_points import ChunkedPoints
from smalti.dask.clusters import Clusters, Grid
from smalti.progress import Progress, tell

__all__ = ["Fit", "lloyd", "mean_variance"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """Centroids and how the iterations went."""

    centroids: Floats
    history: list[float]
    ended_by: str


def lloyd(
    points: ChunkedPoints,
    grid: Grid,
    centroids: Floats,
    *,
    max_iter: int,
    tolerance: float,
    progress: Progress | None,
) -> Fit:
    """Move centroids to the means of their members until nothing changes.

    Parameters
    ----------
    points : ChunkedPoints
    grid : Grid
        Of all points.
    centroids : float64 array, shape (k, D)
        Where to begin.
    max_iter : int
        Largest number of iterations, at least 1.
    tolerance : float
        Ends when the squared moves add up to at most this.
    progress : callable or None

    Returns
    -------
    Fit
    """
    history: list[float] = []
    tell(progress, "kmeans")
    clusters = points.clusters(centroids, grid)
    while len(history) < max_iter:
        updated = _updated(points, centroids, clusters)
        moved = math.fsum(((updated - centroids) ** 2).ravel())
        tell(progress, "kmeans", len(history) / max_iter)
        following = points.clusters(updated, grid)
        if following.inertia > clusters.inertia:
            # Only rounding can raise it: further iterations would only shuffle the last bits.
            return Fit(centroids, [*history, clusters.inertia], "labels")
        unchanged = following.have_members_of(clusters)
        centroids, clusters = updated, following
        history.append(clusters.inertia)
        if moved <= tolerance:
            return Fit(centroids, history, "tol")
        if unchanged:
            return Fit(centroids, history, "labels")
    return Fit(centroids, history, "max_iter")


def mean_variance(points: ChunkedPoints, grid: Grid) -> float:
    """Return the mean of the coordinates' variances: the unit of a relative tolerance."""
    middle = 0.5 * grid.low + 0.5 * grid.high
    clusters = points.clusters(middle[np.newaxis], grid)
    away = clusters.means(np.array([0])) - middle
    of_mean = points.count * math.fsum((away**2).ravel())
    return max(clusters.inertia - of_mean, 0.0) / (points.count * points.dim)


def _updated(points: ChunkedPoints, centroids: Floats, clusters: Clusters) -> Floats:
    """Return the means of the members; empty clusters move to the costliest points."""
    means = centroids.copy()
    used = np.flatnonzero(clusters.counts)
    means[used] = clusters.means(used)
    empty = np.flatnonzero(clusters.counts == 0)
    if len(empty):
        picks = points.costliest(centroids, means, len(empty))
        # The means of their old clusters go on without them.
        means[used] = clusters.without(picks).means(used)
        means[empty[: len(picks.rows)]] = picks.rows
    return means

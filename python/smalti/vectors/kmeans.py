"""K-Means clustering of vectors."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.progress import Progress
from smalti.validation import MAX_SEED, called_otherwise, one_of, real_number, whole_number
from smalti.values import Value, counted
from smalti.vectors.arrays import Points, as_points, as_weights
from smalti.vectors.counted import CountedBytes

__all__ = ["KMeansResult", "kmeans"]


@dataclass(frozen=True, eq=False, repr=False)
class KMeansResult(Value):
    """A codebook and the assignment that goes with it.

    Results with equal attributes are equal. Attributes cannot be set, nor arrays written to.

    Attributes
    ----------
    centroids : float64 array, shape (k, D)
        At the fixed point each is the weighted mean of its members; when `max_iter` or `tol`
        ends the iterations earlier, of the members it had before the last assignment.
    labels : unsigned array, shape (n,)
        For every point the position of its nearest centroid, in the smallest type that holds k.
    inertia : float
        Weighted sum of the squared distances of the points to their centroids: n times the
        distortion J.
    n_iter : int
        Iterations done, each an update and an assignment step.
    history : float64 array, shape (n_iter,)
        Inertia after each iteration; it never rises.
    ended_by : {"tol", "labels", "max_iter"}
        Why there are no more: the centroids moved by no more than `tol` allows (if that is 0, not
        at all), no label changed, or there were `max_iter` iterations.
    """

    centroids: NDArray[np.float64]
    labels: NDArray[np.unsignedinteger[Any]]
    inertia: float
    n_iter: int
    history: NDArray[np.float64]
    ended_by: str

    def __repr__(self) -> str:
        k, dim = self.centroids.shape
        return (
            f"<KMeansResult of {counted(k, 'centroid')}, {counted(dim, 'coordinate')}: "
            f"inertia {self.inertia:.6g} after {counted(self.n_iter, 'iteration')}, "
            f"ended by {self.ended_by}>"
        )


@called_otherwise(n_clusters="k", random_state="seed")
def kmeans(
    points: ArrayLike,
    k: int,
    *,
    sample_weight: ArrayLike | None = None,
    init: str | ArrayLike = "k-means++",
    n_init: int = 1,
    max_iter: int = 300,
    tol: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> KMeansResult:
    """Find k centroids that minimise the squared distance of the points to the nearest.

    Lloyd's algorithm (doi:10.1109/TIT.1982.1056489): points join their nearest centroid,
    centroids move to the mean of their members, until nothing changes. Equal points are worked
    on once and weigh as many as they are; the order of the points does not change the result
    (weights that are not whole numbers may change its last bits when they are added up in another
    order). The same seed gives the same result on any number of threads.

    Parameters
    ----------
    points : array, shape (n, D)
        Numbers within -1e90 to 1e90. float32 stays so, and types of up to 16 bits become float32;
        distances, sums and results are float64's all the same.
    k : int
        Number of centroids, at least 1. With fewer than k distinct points there are only as
        many centroids, and the inertia is 0.
    sample_weight : array, shape (n,), optional
        Within 1e-90 to 1e90; a weight of 3 counts as three equal points. Default: 1 each.
    init : {"k-means++", "random", "wu"} or array of shape (k, D), default: "k-means++"
        Initial centroids: data points far apart (greedy k-means++,
        https://dl.acm.org/doi/10.5555/1283383.1283494), data points drawn at random, the means
        of clusters split where that lowers the variance most (doi:10.1145/146443.146475; for
        3 or 4 coordinates, and without chance), or given.
    n_init : int, default: 1
        Starts, of which the one with the lowest inertia counts. Where the initial centroids are
        not drawn, there is one.
    max_iter : int, default: 300
        Largest number of iterations of a start.
    tol : float, default: 0.0
        Ends when the squared moves of the centroids add up to at most `tol` times the mean
        variance of the coordinates; 0 goes on until no label changes.
    seed : int, default: 0
        0 to 2**64 - 1.
    progress : callable, optional
        Called with a `smalti.progress.Stage` and its done fraction, 0 to 1; raise to stop.

    Returns
    -------
    KMeansResult

    Raises
    ------
    InvalidParameterError
        If an argument is outside its range or the shapes do not fit.

    Notes
    -----
    Time is ``O(n k D)`` an iteration, with n the number of distinct points. With up to 4
    coordinates nearly all of it is left out; with more, single precision decides what it can, and
    points whose centroid cannot have changed are left out, with the same result (docs/kmeans.md).
    Memory is that of the points once more and some 50 bytes each.

    Examples
    --------
    >>> import smalti
    >>> result = smalti.kmeans([[0.0], [2.0], [10.0], [12.0]], k=2)
    >>> sorted(result.centroids.ravel().tolist())
    [1.0, 11.0]
    >>> result.inertia
    4.0
    """
    counted = CountedBytes.of(points) if sample_weight is None else None
    colors = _as_colors(points) if sample_weight is None else None
    values: Points | NDArray[np.uint8]
    weights: NDArray[np.float64] | None
    if counted is not None:
        values, weights = counted.values, counted.counts
    else:
        values = as_points("points", points) if colors is None else colors
        weights = as_weights(sample_weight, (len(values),))
    k = whole_number("k", k, 1)
    start = _as_init(init, k, values.shape[1])
    if isinstance(start, np.ndarray):
        # Of more given centroids than points only as many are used.
        start = start[: max(len(values), 1)]
    centroids, labels, inertia, n_iter, history, ended_by = _core.kmeans(
        values,
        weights,
        min(k, max(len(values), 1)),
        start,
        n_init=min(whole_number("n_init", n_init, 1), MAX_SEED),
        max_iter=min(whole_number("max_iter", max_iter, 1), MAX_SEED),
        tol=real_number("tol", tol, 0.0),
        seed=whole_number("seed", seed, 0, MAX_SEED),
        progress=progress,
    )
    if counted is not None:
        labels = counted.labels_of_all(labels)
    return KMeansResult(centroids, labels, inertia, n_iter, history, ended_by)


def _as_colors(points: ArrayLike) -> NDArray[np.uint8] | None:
    """Return points that are 8-bit colours as they are, to be counted rather than compared."""
    if isinstance(points, np.ndarray) and points.dtype == np.uint8 and points.shape[1:] == (3,):
        return np.ascontiguousarray(points) if len(points) else None
    return None


def _as_init(init: str | ArrayLike, k: int, dim: int) -> str | NDArray[np.float64]:
    if isinstance(init, str):
        return one_of("init", init, ("k-means++", "random", "wu"))
    centroids = as_points("init", init).astype(np.float64, copy=False)
    if centroids.shape != (k, dim):
        raise InvalidParameterError(
            f"init must have shape ({k}, {dim}), one row for each centroid, got {centroids.shape}"
        )
    return centroids

"""K-Means of the rows of a dask array."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti.dask.chunked_points import ChunkedPoints
from smalti.dask.clusters import Grid
from smalti.dask.initial_centroids import kmeans_parallel
from smalti.dask.lloyd import Fit, lloyd, mean_variance
from smalti.exceptions import InvalidParameterError
from smalti.progress import Progress, tell
from smalti.validation import MAX_SEED, called_otherwise, one_of, real_number, whole_number
from smalti.values import Value, counted
from smalti.vectors import kmeans as vectors
from smalti.vectors.arrays import as_points, check_size

__all__ = ["DaskKMeansResult", "kmeans"]

# More different colours are not clustered at once: that would take more than half a gigabyte. 20
# megapixels of all kinds of photographs have 3 million.
_MAX_COLORS = 1 << 23


@dataclass(frozen=True, eq=False, repr=False)
class DaskKMeansResult(Value):
    """A codebook, how the iterations went, and labels that are not computed yet.

    Results with equal attributes are equal; labels, which follow from the centroids and the points,
    are not compared. Attributes cannot be set, nor arrays written to.

    Attributes
    ----------
    centroids : float64 array, shape (k, D)
        At the fixed point each is the mean of its members; when `max_iter` or `tol` ends the
        iterations earlier, of the members it had before the last assignment.
    labels : dask array, shape (n,)
        For every point the position of its nearest centroid, in the smallest unsigned type that
        holds k and in the chunks of the points. Computing it is one more pass over them.
    inertia : float
        Sum of the squared distances of the points to their centroids: n times the distortion J.
    n_iter : int
        Iterations done, each an update and an assignment step.
    history : float64 array, shape (n_iter,)
        Inertia after each iteration; it never rises.
    ended_by : {"tol", "labels", "max_iter"}
        Why there are no more: the centroids moved by no more than `tol` allows (if that is 0, not
        at all), no label changed, or there were `max_iter` iterations.
    """

    centroids: NDArray[np.float64]
    labels: Any = field(compare=False)
    inertia: float
    n_iter: int
    history: NDArray[np.float64]
    ended_by: str

    def __repr__(self) -> str:
        k, dim = self.centroids.shape
        return (
            f"<DaskKMeansResult of {counted(k, 'centroid')}, {counted(dim, 'coordinate')}: "
            f"inertia {self.inertia:.6g} after {counted(self.n_iter, 'iteration')}, "
            f"ended by {self.ended_by}>"
        )


@called_otherwise(n_clusters="k", random_state="seed", oversampling_factor="oversampling")
def kmeans(
    points: Any,
    k: int,
    *,
    init: str | ArrayLike = "k-means||",
    max_iter: int = 300,
    tol: float = 0.0,
    seed: int = 0,
    oversampling: float = 2.0,
    rounds: int = 5,
    progress: Progress | None = None,
) -> DaskKMeansResult:
    """Find k centroids of the rows of a dask array, which may be larger than memory.

    Lloyd's algorithm (doi:10.1109/TIT.1982.1056489), as `smalti.kmeans` runs it: points join their
    nearest centroid, centroids move to the mean of their members, until nothing changes. Whatever
    scheduler dask is set to does the work: threads, processes, or the workers of a
    ``distributed.Client``. The same points and seed give the same bytes, whatever the chunks, the
    scheduler and the number of workers, and also when workers are lost on the way.

    Parameters
    ----------
    points : dask array, shape (n, D)
        Real numbers within -1e90 to 1e90, up to 2**40 rows, in chunks of any sizes. float32 stays
        so, and types of up to 16 bits become float32; distances, sums and results are float64's all
        the same. Other arrays, lists and dask dataframes become dask arrays. Unknown sizes of
        chunks are computed first.
    k : int
        Number of centroids, at least 1. With fewer than k distinct points there are only as
        many centroids, and the inertia is 0.
    init : {"k-means||", "random"} or array of shape (k, D), default: "k-means||"
        Initial centroids: K-Means of candidates far apart (doi:10.14778/2180912.2180915), distinct
        points drawn at random, or given.
    max_iter : int, default: 300
        Largest number of iterations, at least 1.
    tol : float, default: 0.0
        Ends when the squared moves of the centroids add up to at most `tol` times the mean
        variance of the coordinates; 0 goes on until no label changes.
    seed : int, default: 0
        0 to 2**64 - 1.
    oversampling : float, default: 2.0
        Candidates that each round of K-Means|| draws, as a multiple of k; above 0.
    rounds : int, default: 5
        Rounds of K-Means||, at least 1. ``oversampling * rounds`` must be at least 1.
    progress : callable, optional
        Called with a `smalti.progress.Stage` and its done fraction, 0 to 1, before each pass over
        the points; raise to stop.

    Returns
    -------
    DaskKMeansResult

    Raises
    ------
    InvalidParameterError
        If an argument is outside its range or the shapes do not fit.
    ChunkError
        If a chunk cannot be computed; the message names its rows.

    Notes
    -----
    8-bit colours, points of uint8 and shape (n, 3), are counted in one pass. If there are at most
    2**23 different ones, the result is that of `smalti.kmeans`, with "k-means++" where "k-means||"
    is asked for.

    Otherwise every iteration is one pass over the points, of ``O(n k D)`` operations, most of which
    are left out (docs/kmeans.md). The start takes ``rounds + 2`` passes, or one if it is not by
    K-Means||, and a `tol` above 0 another one. A pass computes or reads every chunk anew:
    ``points.persist()`` before the call keeps chunks in memory if there is room for them. While a
    chunk is worked on, it needs some 30 bytes more for each of its points. Chunks tell the members
    of their clusters by sums, of 24 bytes a coordinate of each centroid, which are added up in a
    tree. Each process works on a chunk with as many threads as there are processors, or as the
    environment variable ``RAYON_NUM_THREADS`` says.

    For the sums, coordinates are rounded to multiples of at most 2**-61 of the largest magnitude in
    their column, and squared distances to multiples of at most 2**-84 of the squared diagonal of
    the box around the points. The multiples are integers, which have one sum in any order. The
    means are rounded once, to float64.

    An empty cluster moves to the point that lies farthest from the mean of its cluster. Equal
    points count once there: `smalti.kmeans` counts each, so that it may take another one.

    Examples
    --------
    >>> import dask.array as da
    >>> import smalti.dask
    >>> points = da.from_array([[0.0], [2.0], [10.0], [12.0]], chunks=(2, 1))
    >>> result = smalti.dask.kmeans(points, k=2)
    >>> sorted(result.centroids.ravel().tolist())
    [1.0, 11.0]
    >>> result.inertia
    4.0
    >>> smalti.dask.kmeans(points, k=2, init=[[0.0], [2.0]]).labels.compute()
    array([0, 0, 1, 1], dtype=uint8)
    """
    k = whole_number("k", k, 1)
    max_iter = whole_number("max_iter", max_iter, 1)
    tol = real_number("tol", tol, 0.0)
    seed = whole_number("seed", seed, 0, MAX_SEED)
    drawn, rounds = _as_rounds(oversampling, rounds, k)
    rows = ChunkedPoints(points)
    start = _as_init(init, k, rows.dim)
    tell(progress, "initial-centroids")
    if rows.are_colors:
        colors, counts, _ = rows.colors().distinct()
        if len(colors) <= _MAX_COLORS:
            options = {"max_iter": max_iter, "tol": tol, "seed": seed, "progress": progress}
            return _of_colors(rows, colors, counts, k, start, **options)
    # One point more than centroids: if there is none, these are all the points.
    survey = rows.survey(min(k, rows.count) + 1, seed)
    found = survey.picks.rows
    if len(found) <= k:
        return _of_points_themselves(rows, found)
    grid = Grid(survey.low, survey.high)
    if not isinstance(start, str):
        centroids = start
    elif start == "random":
        centroids = found[:k]
    else:
        centroids = kmeans_parallel(
            rows, grid, survey.picks, k, drawn=drawn, rounds=rounds, seed=seed, progress=progress
        )
    tolerance = tol * mean_variance(rows, grid) if tol > 0.0 else 0.0
    fit = lloyd(rows, grid, centroids, max_iter=max_iter, tolerance=tolerance, progress=progress)
    return _result(rows, fit)


def _of_colors(
    rows: ChunkedPoints,
    colors: NDArray[np.uint16],
    counts: NDArray[np.float64],
    k: int,
    start: str | NDArray[np.float64],
    **options: Any,
) -> DaskKMeansResult:
    """Return the result for points that are equal to some colours."""
    # What K-Means|| approximates where points cannot be looked at again and again.
    init = "k-means++" if isinstance(start, str) and start == "k-means||" else start
    points = colors[:, :3].astype(np.float32)
    fit = vectors.kmeans(points, k, sample_weight=counts, init=init, **options)
    return _result(rows, Fit(fit.centroids, fit.history.tolist(), fit.ended_by))


def _of_points_themselves(rows: ChunkedPoints, distinct: NDArray[np.float64]) -> DaskKMeansResult:
    """Return the result whose centroids are all the points there are, ascending."""
    return _result(rows, Fit(distinct[np.lexsort(distinct.T[::-1])], [0.0], "tol"))


def _result(rows: ChunkedPoints, fit: Fit) -> DaskKMeansResult:
    return DaskKMeansResult(
        centroids=fit.centroids,
        labels=rows.labels(fit.centroids),
        inertia=fit.history[-1],
        n_iter=len(fit.history),
        history=np.array(fit.history),
        ended_by=fit.ended_by,
    )


def _as_rounds(oversampling: float, rounds: int, k: int) -> tuple[int, int]:
    """Return the candidates of each round, and the number of rounds."""
    factor = real_number("oversampling", oversampling, 0.0)
    rounds = whole_number("rounds", rounds, 1)
    if factor * rounds < 1.0:
        raise InvalidParameterError(
            f"oversampling * rounds must be at least 1, so that there are k candidates, "
            f"got {factor:g} * {rounds}"
        )
    return max(1, round(factor * k)), rounds


def _as_init(init: str | ArrayLike, k: int, dim: int) -> str | NDArray[np.float64]:
    if isinstance(init, str):
        return one_of("init", init, ("k-means||", "random"))
    centroids = as_points("init", init).astype(np.float64, copy=False)
    if centroids.shape != (k, dim):
        raise InvalidParameterError(
            f"init must have shape ({k}, {dim}), one row for each centroid, got {centroids.shape}"
        )
    check_size("init", centroids)
    return centroids

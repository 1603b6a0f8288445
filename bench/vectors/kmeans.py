"""Vectors of many dimensions: smalti.kmeans against faiss and scikit-learn.

All begin with the same centroids. Runs are single where they take seconds, and the tools take
turns. faiss has no stopping rule: where others go on until they have converged, it does as many
iterations as they. Inertia is computed from the centroids, by one program for all.
"""

import statistics
import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import faiss
import numpy as np
import sklearn.cluster
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

import smalti
import smalti.sklearn
from bench import THREADS
from bench.common.images import photographs
from bench.common.measure import once
from bench.common.settings import Settings

Vectors = NDArray[np.float32]

# faiss's default.
ITERATIONS = 25
# So many in which roundings do not add up yet.
SHORT = 2
# scikit-learn's default.
TOLERANCE = 1e-4
MAX_ITERATIONS = 300
# Every sixth photograph.
EVERY = 6
SMALL_REPEATS = 300


class Size(NamedTuple):
    """So many vectors of so many coordinates, so many clusters, and the sides of patches."""

    n: int
    dim: int
    k: int
    patch: tuple[int, int]


SIZES = (Size(1_000_000, 16, 256, (4, 4)), Size(200_000, 128, 1024, (8, 16)))
Tool = Callable[[Vectors, Vectors, int, float], NDArray[Any]]


def run(settings: Settings) -> str:
    """Return the tables."""
    faiss.omp_set_num_threads(THREADS)
    # Both tell that they have been stopped before the end, which is what is asked for.
    warnings.simplefilter("ignore", ConvergenceWarning)
    lines = [
        f"{ITERATIONS} iterations from the same centroids, drawn from the vectors, or fewer where"
        " nothing changes any more: seconds for all of them, the ratio to smalti's, and the inertia"
        f" against smalti's: the largest difference after {SHORT} iterations, and the differences"
        " at the end. They are those of roundings, which grow to other local optima, and, for"
        " groups of 128 coordinates, of clusters left empty, which each tool fills in its own way.",
        "",
        *_heading("vectors", f"after {SHORT}", "iterations"),
    ]
    converged = [
        "",
        f"Until the centroids move by less than {TOLERANCE:g} of the variance, from the same ones:",
        "",
        *_heading("vectors", "iterations"),
    ]
    started = [
        "",
        "Greedy k-means++ and one iteration, smalti's and scikit-learn's:",
        "",
        "| vectors | smalti | scikit-learn | its inertia |",
        "|---|---|---|---|",
    ]
    for size in SIZES:
        for name, vectors in _data(size, settings.photos):
            row = f"{name}, {size.n:,} x {size.dim}, K = {size.k:,}"
            print(row, flush=True)
            early = f"{row} | {_early_difference(vectors, size.k):.0e}"
            lines.append(_row(early, vectors, size.k, ITERATIONS, 0.0))
            if name != "noise":
                converged.append(_row(row, vectors, size.k, MAX_ITERATIONS, TOLERANCE))
                started.append(_start(row, vectors, size.k))
    return "\n".join([*lines, *converged, *started, "", *_small()])


def _data(size: Size, limit: int | None) -> list[tuple[str, Vectors]]:
    """Return grey patches of photographs, groups that overlap a little, and noise."""
    random = np.random.default_rng(0)
    photos = [photo.mean(axis=2, dtype=np.float32) for photo in photographs(EVERY, limit).values()]
    windows = [np.lib.stride_tricks.sliding_window_view(photo, size.patch) for photo in photos]
    share = -(-size.n // len(windows))
    patches = []
    for window in windows:
        rows = random.integers(0, window.shape[0], share)
        columns = random.integers(0, window.shape[1], share)
        patches.append(window[rows, columns].reshape(share, size.dim))
    centers = 2 * random.normal(size=(size.k, size.dim)).astype(np.float32)
    noise = random.normal(size=(size.n, size.dim)).astype(np.float32)
    groups = centers[random.integers(0, size.k, size.n)] + noise
    return [("patches", np.concatenate(patches)[: size.n]), ("groups", groups), ("noise", noise)]


def _heading(*columns: str) -> list[str]:
    tools = ["smalti", "faiss", "scikit-learn", "faiss's inertia", "scikit-learn's"]
    names = [*columns, *tools]
    return [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]


def _row(name: str, vectors: Vectors, k: int, iterations: int, tolerance: float) -> str:
    start = _start_of(vectors, k)
    seconds, result = once(
        partial(smalti.kmeans, vectors, k, init=start, max_iter=iterations, tol=tolerance)
    )
    cells, differences = [f"{result.n_iter} | {seconds:.2f}"], []
    inertia = _inertia(vectors, result.centroids)
    tools: tuple[Tool, ...] = (_faiss, _scikit_learn)
    for tool in tools:
        many = result.n_iter if tool is _faiss else iterations
        other_seconds, centroids = once(partial(tool, vectors, start, many, tolerance))
        cells.append(f"{other_seconds:.2f} ({other_seconds / seconds:.1f} x)")
        differences.append(f"{_inertia(vectors, centroids) / inertia - 1:+.0e}")
    return f"| {name} | {' | '.join([*cells, *differences])} |"


def _early_difference(vectors: Vectors, k: int) -> float:
    """Return the largest difference of inertia to smalti's after a few iterations."""
    start = _start_of(vectors, k)
    ours = _inertia(vectors, smalti.kmeans(vectors, k, init=start, max_iter=SHORT).centroids)
    tools: tuple[Tool, ...] = (_faiss, _scikit_learn)
    theirs = [_inertia(vectors, tool(vectors, start, SHORT, 0.0)) for tool in tools]
    return max(abs(inertia / ours - 1) for inertia in theirs)


def _start_of(vectors: Vectors, k: int) -> Vectors:
    """Draw k vectors, all different: equal centroids leave clusters empty."""
    random = np.random.default_rng(1)
    drawn = np.unique(vectors[random.choice(len(vectors), 4 * k, replace=False)], axis=0)
    start: Vectors = random.permutation(drawn)[:k]
    return start


def _faiss(vectors: Vectors, start: Vectors, iterations: int, _tolerance: float) -> NDArray[Any]:
    k, dim = start.shape
    # By default faiss samples 256 points a centroid; here it gets all, as the others do.
    fit = faiss.Kmeans(dim, k, niter=iterations, max_points_per_centroid=len(vectors))
    fit.train(vectors, init_centroids=start)
    return np.asarray(fit.centroids)


def _scikit_learn(
    vectors: Vectors, start: Vectors, iterations: int, tolerance: float
) -> NDArray[Any]:
    fit = sklearn.cluster.KMeans(
        len(start), init=start, n_init=1, max_iter=iterations, tol=tolerance
    )
    centroids: NDArray[Any] = fit.fit(vectors).cluster_centers_
    return centroids


def _start(name: str, vectors: Vectors, k: int) -> str:
    seconds, result = once(partial(smalti.kmeans, vectors, k, max_iter=1))
    peer = sklearn.cluster.KMeans(k, n_init=1, max_iter=1, random_state=0)
    peer_seconds, fit = once(partial(peer.fit, vectors))
    ratio, difference = peer_seconds / seconds, fit.inertia_ / result.inertia - 1
    theirs = f"{peer_seconds:.1f} s ({ratio:.1f} x)"
    return f"| {name} | {seconds:.1f} s | {theirs} | {difference:+.1%} |"


def _inertia(vectors: Vectors, centroids: NDArray[Any]) -> float:
    return smalti.Codebook(centroids).distortion(vectors)


def _small() -> list[str]:
    """Return what the smallest fits take."""
    points = np.random.default_rng(0).normal(size=(100, 2))
    single = points.astype(np.float32)
    fits: dict[str, Callable[[], object]] = {
        "`smalti.kmeans`": partial(smalti.kmeans, points, 8),
        "`smalti.sklearn.KMeans`": lambda: smalti.sklearn.KMeans(8, random_state=0).fit(points),
        "scikit-learn": lambda: sklearn.cluster.KMeans(8, n_init=1, random_state=0).fit(points),
        "faiss": lambda: faiss.Kmeans(2, 8, min_points_per_centroid=1).train(single),
    }
    lines = ["100 vectors of 2 coordinates, K = 8, median milliseconds:", ""]
    lines += [f"| {' | '.join(fits)} |", "|---" * len(fits) + "|"]
    cells = []
    for fit in fits.values():
        seconds = statistics.median(once(fit)[0] for _ in range(SMALL_REPEATS))
        cells.append(f"{1000 * seconds:.2f}")
    return [*lines, f"| {' | '.join(cells)} |"]

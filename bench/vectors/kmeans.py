"""Vectors of many dimensions: smalti.kmeans against faiss and scikit-learn.

All begin with the same centroids. Runs are single where they take seconds, and the tools take
turns. faiss has no stopping rule: where others go on until they have converged, it does as many
iterations as they. Inertia is computed from the centroids, by one program for all.
"""

import statistics
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import sklearn.cluster
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

import smalti
import smalti.sklearn
from bench import THREADS
from bench.common.images import PHOTOS, Images
from bench.common.measure import once
from bench.common.modules import importable
from bench.common.settings import Settings

Vectors = NDArray[np.float32]

# faiss's default.
ITERATIONS = 25
# After so few iterations the differences of rounding have not grown yet.
SHORT = 2
# scikit-learn's default.
TOLERANCE = 1e-4
MAX_ITERATIONS = 300
# Every sixth photograph.
EVERY = 6
SMALL_REPEATS = 300


class Size(NamedTuple):
    """Numbers of vectors, of their coordinates and of clusters, and the sides of patches."""

    n: int
    dim: int
    k: int
    patch: tuple[int, int]


# A trial has this many times fewer vectors.
TRIAL = 20
SIZES = (Size(1_000_000, 16, 256, (4, 4)), Size(200_000, 128, 1024, (8, 16)))


class Stop(NamedTuple):
    """The most iterations, and the movement, of the variance, below which a fit ends."""

    iterations: int
    tolerance: float


class Peer(NamedTuple):
    """A name, what fits vectors from given centroids, and whether it ends by a tolerance."""

    name: str
    fit: Callable[[Vectors, Vectors, Stop], NDArray[Any]]
    has_tolerance: bool


def run(settings: Settings) -> str:
    """Return the tables."""
    faiss, left_out = _faiss_module()
    peers = [SCIKIT_LEARN]
    if faiss:
        peers.insert(0, Peer("faiss", partial(_faiss, faiss), has_tolerance=False))
    # scikit-learn warns that it was stopped early, which is what is asked for here.
    warnings.simplefilter("ignore", ConvergenceWarning)
    lines = [
        f"{ITERATIONS} iterations from the same centroids, drawn from the vectors, or fewer where"
        " nothing changes any more: seconds for all of them, the ratio to smalti's, and the inertia"
        f" against smalti's: the largest difference after {SHORT} iterations, and the differences"
        " at the end. They are those of roundings, which grow to other local optima, and, for"
        " groups of 128 coordinates, of clusters left empty, which each tool fills in its own way."
        f" Patches are of photographs from {settings.images.origin(PHOTOS)}.",
        "",
        *_heading(peers, "vectors", f"after {SHORT}", "iterations"),
    ]
    converged = [
        "",
        f"Until the centroids move by less than {TOLERANCE:g} of the variance, from the same ones:",
        "",
        *_heading(peers, "vectors", "iterations"),
    ]
    started = [
        "",
        "Greedy k-means++ and one iteration, smalti's and scikit-learn's:",
        "",
        "| vectors | smalti | scikit-learn | its inertia |",
        "|---|---|---|---|",
    ]
    for size in SIZES:
        n, k = size.n // TRIAL if settings.is_trial else size.n, size.k
        for name, vectors in _data(size._replace(n=n), settings.images):
            row = f"{name}, {n:,} x {size.dim}, K = {k:,}"
            print(row, file=sys.stderr, flush=True)
            early = f"{row} | {_early_difference(peers, vectors, k):.0e}"
            lines.append(_row(early, peers, vectors, k, Stop(ITERATIONS, 0.0)))
            if name != "noise":
                converged.append(_row(row, peers, vectors, k, Stop(MAX_ITERATIONS, TOLERANCE)))
                started.append(_start(row, vectors, k))
    lines += [*converged, *started, "", *_small(faiss)]
    return "\n".join([*lines, *(f"\nLeft out, {reason}." for reason in left_out)])


def _faiss_module() -> tuple[Any, list[str]]:
    """Return faiss or None, and what to say then."""
    modules, left_out = importable({"faiss": "faiss"})
    for faiss in modules.values():
        faiss.omp_set_num_threads(THREADS)
    return modules.get("faiss"), left_out


def _data(size: Size, images: Images) -> list[tuple[str, Vectors]]:
    """Return grey patches of photographs, groups that overlap a little, and noise."""
    random = np.random.default_rng(0)
    photos = [photo.mean(axis=2, dtype=np.float32) for photo in images.photographs(EVERY).values()]
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


def _heading(peers: Sequence[Peer], *columns: str) -> list[str]:
    names = [*columns, "smalti", *(peer.name for peer in peers)]
    names += [f"{peer.name}'s inertia" for peer in peers]
    return [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]


def _row(name: str, peers: Sequence[Peer], vectors: Vectors, k: int, stop: Stop) -> str:
    start = _start_of(vectors, k)
    seconds, result = once(
        partial(smalti.kmeans, vectors, k, init=start, max_iter=stop.iterations, tol=stop.tolerance)
    )
    cells, differences = [f"{result.n_iter} | {seconds:.2f}"], []
    inertia = _inertia(vectors, result.centroids)
    for peer in peers:
        until = stop if peer.has_tolerance else Stop(result.n_iter, 0.0)
        other_seconds, centroids = once(partial(peer.fit, vectors, start, until))
        cells.append(f"{other_seconds:.2f} ({other_seconds / seconds:.1f} x)")
        differences.append(f"{_inertia(vectors, centroids) / inertia - 1:+.0e}")
    return f"| {name} | {' | '.join([*cells, *differences])} |"


def _early_difference(peers: Sequence[Peer], vectors: Vectors, k: int) -> float:
    """Return the largest difference of inertia to smalti's after a few iterations."""
    start = _start_of(vectors, k)
    ours = _inertia(vectors, smalti.kmeans(vectors, k, init=start, max_iter=SHORT).centroids)
    theirs = [_inertia(vectors, peer.fit(vectors, start, Stop(SHORT, 0.0))) for peer in peers]
    return max(abs(inertia / ours - 1) for inertia in theirs)


def _start_of(vectors: Vectors, k: int) -> Vectors:
    """Draw k vectors, all different: equal centroids leave clusters empty."""
    random = np.random.default_rng(1)
    drawn = np.unique(vectors[random.choice(len(vectors), 4 * k, replace=False)], axis=0)
    start: Vectors = random.permutation(drawn)[:k]
    return start


def _faiss(faiss: Any, vectors: Vectors, start: Vectors, stop: Stop) -> NDArray[Any]:
    k, dim = start.shape
    # By default faiss samples 256 points a centroid. Here it gets all points, as the others do.
    fit = faiss.Kmeans(dim, k, niter=stop.iterations, max_points_per_centroid=len(vectors))
    fit.train(vectors, init_centroids=start)
    return np.asarray(fit.centroids)


def _scikit_learn(vectors: Vectors, start: Vectors, stop: Stop) -> NDArray[Any]:
    fit = sklearn.cluster.KMeans(
        len(start), init=start, n_init=1, max_iter=stop.iterations, tol=stop.tolerance
    )
    centroids: NDArray[Any] = fit.fit(vectors).cluster_centers_
    return centroids


SCIKIT_LEARN = Peer("scikit-learn", _scikit_learn, has_tolerance=True)


def _start(name: str, vectors: Vectors, k: int) -> str:
    seconds, result = once(partial(smalti.kmeans, vectors, k, max_iter=1))
    peer = sklearn.cluster.KMeans(k, n_init=1, max_iter=1, random_state=0)
    peer_seconds, fit = once(partial(peer.fit, vectors))
    ratio, difference = peer_seconds / seconds, fit.inertia_ / result.inertia - 1
    theirs = f"{peer_seconds:.1f} s ({ratio:.1f} x)"
    return f"| {name} | {seconds:.1f} s | {theirs} | {difference:+.1%} |"


def _inertia(vectors: Vectors, centroids: NDArray[Any]) -> float:
    return smalti.Codebook(centroids).distortion(vectors)


def _small(faiss: Any) -> list[str]:
    """Return what the smallest fits take."""
    points = np.random.default_rng(0).normal(size=(100, 2))
    single = points.astype(np.float32)
    fits: dict[str, Callable[[], object]] = {
        "`smalti.kmeans`": partial(smalti.kmeans, points, 8),
        "`smalti.sklearn.KMeans`": lambda: smalti.sklearn.KMeans(8, random_state=0).fit(points),
        "scikit-learn": lambda: sklearn.cluster.KMeans(8, n_init=1, random_state=0).fit(points),
    }
    if faiss:
        fits["faiss"] = lambda: faiss.Kmeans(2, 8, min_points_per_centroid=1).train(single)
    lines = ["100 vectors of 2 coordinates, K = 8, median milliseconds:", ""]
    lines += [f"| {' | '.join(fits)} |", "|---" * len(fits) + "|"]
    cells = []
    for fit in fits.values():
        seconds = statistics.median(once(fit)[0] for _ in range(SMALL_REPEATS))
        cells.append(f"{1000 * seconds:.2f}")
    return [*lines, f"| {' | '.join(cells)} |"]

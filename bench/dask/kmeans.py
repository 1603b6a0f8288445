"""Rows of dask arrays: smalti.dask.kmeans against dask-ml's KMeans.

Both get the same array, in memory and in the same chunks, the same K and the same budget: as many
rounds of K-Means||, each of as many candidates, and then as many iterations. Neither stops
earlier, unless nothing changes any more. dask-ml rounds centroids to the type of the array, so that
it gets 8-bit colours as float32. The mean squared error is computed from the centroids, by one
program for both. Runs are single.
"""

import sys
from functools import partial
from typing import Any, NamedTuple

import dask
import dask.array as da
import numpy as np
from numpy.typing import NDArray

import smalti.dask
from bench import THREADS
from bench.common.images import PHOTOS, Images
from bench.common.measure import once
from bench.common.modules import importable, versions
from bench.common.settings import Settings

# Rows by K: with more centroids dask-ml takes minutes for a million.
ROWS = {16: 20_000_000, 256: 1_000_000}
CHUNKS = 20
# A trial has this many times fewer rows.
TRIAL = 20
DIM, GROUPS = 8, 100
ROUNDS, OVERSAMPLING, ITERATIONS = 5, 2, 10


class Fitted(NamedTuple):
    """Centroids, how many iterations led to them, and the seconds that these took."""

    centroids: NDArray[Any]
    iterations: int
    seconds: float


def run(settings: Settings) -> str:
    """Return the table."""
    modules, left_out = importable({"dask-ml": "dask_ml.cluster"})
    peer = modules.get("dask-ml")
    lines = [
        f"{ROUNDS} rounds of K-Means||, of {OVERSAMPLING} K candidates, and at most {ITERATIONS}"
        f" iterations on the threads of one machine; {CHUNKS} chunks, all in memory. Colours are"
        f" those of photographs from {settings.images.origin(PHOTOS)}, repeated.",
        "",
        "| rows | K | smalti | dask-ml | its time | its mean squared error |",
        "|---|---|---|---|---|---|",
    ]
    with dask.config.set(scheduler="threads", num_workers=THREADS):
        for k, full in ROWS.items():
            rows = full // TRIAL if settings.is_trial else full
            colors = _chunked(_colors(settings.images, rows))
            lines += _rows("colours", [colors, _chunked(colors.astype(np.float32))], k, peer)
            lines += _rows("groups", [_chunked(_groups(rows))], k, peer)
    lines += ["", f"{', '.join(versions(('dask', 'dask-ml')))}."]
    return "\n".join([*lines, *(f"\nLeft out, {reason}." for reason in left_out)])


def _chunked(array: Any) -> Any:
    return da.asarray(array).rechunk((len(array) // CHUNKS, -1)).persist()


def _colors(images: Images, rows: int) -> NDArray[np.uint8]:
    pixels = [photo.reshape(-1, 3) for photo in images.photographs().values()]
    return np.resize(np.concatenate(pixels), (rows, 3))


def _groups(rows: int) -> NDArray[np.float32]:
    """Return groups of different sizes that overlap."""
    random = np.random.default_rng(0)
    centers = 3 * random.normal(size=(GROUPS, DIM)).astype(np.float32)
    groups = random.choice(GROUPS, size=rows, p=random.dirichlet(np.ones(GROUPS)))
    return centers[groups] + random.standard_normal(size=(rows, DIM), dtype=np.float32)


def _rows(name: str, arrays: list[Any], k: int, peer: Any) -> list[str]:
    """Return a line for each of some arrays of the same values; the peer gets the last one."""
    points = arrays[-1]
    print(f"{name}, K = {k}", file=sys.stderr, flush=True)
    theirs = None if peer is None else _dask_ml(peer, points, k)
    lines = []
    for array in arrays:
        ours = _smalti(array, k)
        kind = f"{name}, {array.dtype}, {len(array):,} x {array.shape[1]}"
        cells = [kind, str(k), f"{ours.seconds:.1f} s, {ours.iterations} iterations", "", "", ""]
        if theirs is not None:
            difference = _error(points, theirs.centroids) / _error(points, ours.centroids) - 1
            cells[3] = f"{theirs.seconds:.1f} s, {theirs.iterations} iterations"
            cells[4:] = [f"{theirs.seconds / ours.seconds:.1f} x", f"{difference:+.2%}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _smalti(points: Any, k: int) -> Fitted:
    fit = partial(
        smalti.dask.kmeans, points, k, rounds=ROUNDS, oversampling=OVERSAMPLING, max_iter=ITERATIONS
    )
    seconds, found = once(fit)
    return Fitted(found.centroids, found.n_iter, seconds)


def _dask_ml(peer: Any, points: Any, k: int) -> Fitted:
    model = peer.KMeans(
        k,
        init_max_iter=ROUNDS,
        # Candidates of a round.
        oversampling_factor=OVERSAMPLING * k,
        max_iter=ITERATIONS,
        tol=0.0,
        random_state=0,
    )
    seconds, fit = once(partial(model.fit, points))
    return Fitted(np.asarray(fit.cluster_centers_, dtype=np.float64), fit.n_iter_, seconds)


def _error(points: Any, centroids: NDArray[Any]) -> float:
    distortion = smalti.Codebook(centroids).distortion
    return float(np.mean([distortion(block.compute()) for block in points.blocks]))

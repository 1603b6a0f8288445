"""Rows of dask arrays: smalti.dask.kmeans against dask-ml's KMeans.

Both get the same array, in memory and in the same chunks, the same K and the same budget: as many
rounds of K-Means||, each of as many candidates, and then as many iterations. Neither stops
earlier, unless nothing changes any more. The mean squared error is computed from the centroids, by
one program for both. Runs are single.
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

ROWS = 20_000_000
CHUNK = 1_000_000
# A trial has this many times fewer rows.
TRIAL = 20
DIM = 8
KS = (16, 256)
ROUNDS, OVERSAMPLING, ITERATIONS = 5, 2, 10


class Fitted(NamedTuple):
    """Centroids and how many iterations led to them."""

    centroids: NDArray[Any]
    iterations: int


def run(settings: Settings) -> str:
    """Return the table."""
    modules, left_out = importable({"dask-ml": "dask_ml.cluster"})
    peer = modules.get("dask-ml")
    rows = ROWS // TRIAL if settings.is_trial else ROWS
    lines = [
        f"{ROUNDS} rounds of K-Means|| and at most {ITERATIONS} iterations on the threads of one"
        f" machine, {CHUNK:,} rows a chunk, all in memory. Colours are those of photographs from"
        f" {settings.images.origin(PHOTOS)}, repeated.",
        "",
        "| rows | K | smalti | dask-ml | its time | its mean squared error |",
        "|---|---|---|---|---|---|",
    ]
    with dask.config.set(scheduler="threads", num_workers=THREADS):
        for name, data in (("colours", _colors(settings.images, rows)), ("mix", _mix(rows))):
            points = da.from_array(data, chunks=(CHUNK, -1)).persist()
            lines += [_row(f"{name}, {rows:,} x {data.shape[1]}", points, k, peer) for k in KS]
    lines += ["", f"{', '.join(versions(('dask', 'dask-ml')))}."]
    return "\n".join([*lines, *(f"\nLeft out, {reason}." for reason in left_out)])


def _colors(images: Images, rows: int) -> NDArray[np.float32]:
    pixels = [photo.reshape(-1, 3) for photo in images.photographs().values()]
    colors = np.concatenate(pixels).astype(np.float32)
    return np.resize(colors, (rows, 3))


def _mix(rows: int) -> NDArray[np.float32]:
    """Return groups of different sizes that overlap."""
    random = np.random.default_rng(0)
    centers = 3 * random.normal(size=(100, DIM)).astype(np.float32)
    sizes = random.dirichlet(np.ones(len(centers)))
    groups = random.choice(len(centers), size=rows, p=sizes)
    return centers[groups] + random.standard_normal(size=(rows, DIM), dtype=np.float32)


def _row(name: str, points: Any, k: int, peer: Any) -> str:
    print(f"{name}, K = {k}", file=sys.stderr, flush=True)
    seconds, ours = once(partial(_smalti, points, k))
    cells = [f"{name} | {k} | {seconds:.1f} s, {ours.iterations} iterations"]
    if peer is None:
        return f"| {cells[0]} | | | |"
    peer_seconds, theirs = once(partial(_dask_ml, peer, points, k))
    difference = _error(points, theirs.centroids) / _error(points, ours.centroids) - 1
    cells.append(f"{peer_seconds:.1f} s, {theirs.iterations} iterations")
    cells += [f"{peer_seconds / seconds:.1f} x", f"{difference:+.2%}"]
    return f"| {' | '.join(cells)} |"


def _smalti(points: Any, k: int) -> Fitted:
    found = smalti.dask.kmeans(
        points, k, rounds=ROUNDS, oversampling=OVERSAMPLING, max_iter=ITERATIONS
    )
    return Fitted(found.centroids, found.n_iter)


def _dask_ml(peer: Any, points: Any, k: int) -> Fitted:
    fit = peer.KMeans(
        k,
        init_max_iter=ROUNDS,
        oversampling_factor=OVERSAMPLING,
        max_iter=ITERATIONS,
        tol=0.0,
        random_state=0,
    ).fit(points)
    return Fitted(np.asarray(fit.cluster_centers_, dtype=np.float64), fit.n_iter_)


def _error(points: Any, centroids: NDArray[Any]) -> float:
    distortion = smalti.Codebook(centroids).distortion
    return float(np.mean([distortion(block.compute()) for block in points.blocks]))

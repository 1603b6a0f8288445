"""A gigapixel on a cluster: one worker against two, what moves between them, and dask-ml."""

import statistics
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
from distributed import Client
from numpy.typing import NDArray

import smalti.dask
from bench.common.gigapixel_image import SIDE, made
from bench.common.measure import once
from bench.common.modules import importable
from bench.common.settings import Settings
from bench.dask.local_cluster import local_cluster
from smalti.sources.tiles.tiff_pages import open_tiff
from smalti.sources.tiles.window import Window

REPEATS = 3

# The part of the image that dask-ml gets, which takes long, and its chunks.
PART, CHUNK = 4096, 1024

COLORS = 16


def run(settings: Settings) -> str:
    """Return the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = made(settings, folder)
        works: dict[str, Callable[[Any], Any]] = {
            "palette, K = 256": partial(_palette, image),
            "compress, K = 16, to OME-Zarr": partial(_compress, image, folder / "out.ome.zarr"),
        }
        alone, two = (_measured(works, workers) for workers in (1, 2))
        lines = [
            f"The gigapixel above, {SIDE:,} x {SIDE:,}, on a cluster of processes of one thread"
            f" each on one machine, without their start; medians of {REPEATS}. Bytes are those that"
            " workers sent to each other.",
            "",
            "| | one worker | two workers | ratio | bytes moved |",
            "|---|---|---|---|---|",
        ]
        for words in works:
            (first, _), (second, moved) = alone[words], two[words]
            lines.append(
                f"| {words} | {first:.1f} s | {second:.1f} s | {first / second:.2f} x |"
                f" {moved / 1e6:.1f} MB |"
            )
        return "\n".join([*lines, "", *_against_dask_ml(image)])


def _palette(image: Path, _workers: Any) -> None:
    smalti.dask.fit_palette(image, 256)


def _compress(image: Path, out: Path, workers: Any) -> None:
    smalti.compress_large(image, out, 16, workers=workers)


def _measured(
    works: dict[str, Callable[[Any], Any]], workers: int
) -> dict[str, tuple[float, float]]:
    """Return the median seconds of each work, and the bytes that it moves."""
    found = {}
    for words, work in works.items():
        with local_cluster(workers) as client:
            cluster = smalti.dask.Cluster(client)
            seconds = [once(partial(work, cluster))[0] for _ in range(REPEATS)]
            found[words] = statistics.median(seconds), _moved(client) / REPEATS
    return found


def _moved(client: Client) -> int:
    """Return the bytes that workers have sent each other so far."""
    counts = client.run(lambda dask_worker: dask_worker.transfer_outgoing_bytes_total)
    return sum(counts.values())


def _against_dask_ml(image: Path) -> list[str]:
    """Return what dask-ml takes for the same classes of a part of the image."""
    modules, left_out = importable({"dask-ml": "dask_ml.cluster"})
    if left_out:
        return [f"Left out, {reason}." for reason in left_out]
    pixels = open_tiff(image).region(Window(0, 0, PART, PART))
    array = da.from_array(pixels, chunks=(CHUNK, CHUNK, 3)).persist()
    points = array.reshape(-1, 3).astype(np.float32).persist()
    mine, palette = once(lambda: smalti.dask.fit_palette(array, COLORS, space="srgb"))
    model = modules["dask-ml"].KMeans(COLORS, random_state=0)
    theirs, fit = once(lambda: model.fit(points))
    ours: Any = palette.centroids
    ratio = _error(pixels, np.asarray(fit.cluster_centers_)) / _error(pixels, ours)
    return [
        f"dask-ml's `KMeans(n_clusters={COLORS})` on {PART:,} x {PART:,} pixels of it, in chunks of"
        f" {CHUNK:,} x {CHUNK:,} in memory, on threads: {theirs:.1f} s;"
        f' `smalti.dask.fit_palette(array, {COLORS}, space="srgb")` on the same array'
        f" {mine:.2f} s ({theirs / mine:,.0f} times faster). dask-ml's mean squared error is"
        f" {ratio:.3f} times smalti's.",
    ]


def _error(pixels: NDArray[Any], centroids: NDArray[Any]) -> float:
    distortion = smalti.Codebook(centroids).distortion
    return float(np.mean([distortion(row.astype(np.float64)) for row in pixels]))

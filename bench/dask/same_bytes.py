"""Whether results depend on chunks and workers, of which one is killed each time."""

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask.array as da
import numpy as np
from dask.base import compute
from numpy.typing import NDArray

import smalti.dask
from bench.common.measure import Picture
from bench.common.settings import Settings
from bench.dask.local_cluster import local_cluster

CHUNKINGS = 20
WORKERS = (1, 2, 4)
COLORS, CLASSES, WEIGHT = 64, 4, 0.4

# Rows and columns of the picture, which is labelled in four windows.
_SHAPE = (2100, 2200)


def run(settings: Settings) -> str:
    """Return the table."""
    picture = _picture(settings)
    expected = _whole(picture)
    lines = [
        f"A photograph, {_SHAPE[1]:,} x {_SHAPE[0]:,}, cut into chunks in {CHUNKINGS} ways by"
        " chance, each with cuts of its own along both sides. Workers are processes; in every run"
        " the first to take one of the chunks is killed.",
        "",
        f"| workers | runs | killed | palette, K = {COLORS} | its indices |"
        f" {CLASSES} classes, weight {WEIGHT} |",
        "|---|---|---|---|---|---|",
    ]
    for workers in WORKERS:
        found = list(_runs(picture, workers))
        killed = sum(was_killed for was_killed, _ in found)
        equal = [
            sum(_is_same(results[i], wanted) for _, results in found)
            for i, wanted in enumerate(expected)
        ]
        cells = " | ".join(f"{count} the same" for count in equal)
        lines.append(f"| {workers} | {len(found)} | {killed} | {cells} |")
    return "\n".join(lines)


def _picture(settings: Settings) -> Picture:
    """Return a photograph that is repeated as far as it has to be."""
    photograph = next(iter(settings.images.photographs(every=3).values()))[..., :3]
    times = [-(-side // of) for side, of in zip(_SHAPE, photograph.shape[:2], strict=True)]
    tiled = np.tile(photograph, (*times, 1))
    return np.ascontiguousarray(tiled[: _SHAPE[0], : _SHAPE[1]])


def _whole(picture: Picture) -> list[Any]:
    """Return the results of one process that has the whole picture."""
    palette = smalti.fit_palette(picture, COLORS)
    indices = smalti.compress(picture, palette=palette, rate_weight=0, dither=0).indices
    labels = smalti.segment(picture, CLASSES, spatial_weight=WEIGHT).labels
    return [palette, indices, labels]


def _runs(picture: Picture, workers: int) -> Iterator[tuple[bool, list[Any]]]:
    """Yield whether a worker was killed, and the results, for each way to cut the picture."""
    with tempfile.TemporaryDirectory() as folder:
        stored = f"{folder}/picture.zarr"
        da.from_array(picture, chunks=(512, 512, 3)).to_zarr(stored)
        for number in range(CHUNKINGS):
            rng = np.random.default_rng(number)
            chunks = (*(_cut(side, rng) for side in _SHAPE), (3,))
            marker = Path(folder) / str(number)
            # Dask gives up a lone worker that is killed again and again.
            with local_cluster(workers):
                array = da.from_zarr(stored).rechunk(chunks)
                array = array.map_blocks(
                    _killing, marker, dtype=picture.dtype, meta=np.empty((0, 0, 0), picture.dtype)
                )
                yield _results(array, marker)


def _results(array: Any, marker: Path) -> tuple[bool, list[Any]]:
    palette = smalti.dask.fit_palette(array, COLORS)
    was_killed = marker.exists()
    indices = smalti.dask.encode(array, palette)
    labels = smalti.dask.segment(array, CLASSES, spatial_weight=WEIGHT)
    return was_killed, [palette, *compute(indices, labels)]


def _cut(side: int, rng: np.random.Generator) -> tuple[int, ...]:
    """Return the lengths of up to six pieces of a side."""
    inner = rng.choice(np.arange(1, side), int(rng.integers(0, 6)), replace=False)
    places = np.array([0, *np.sort(inner), side])
    return tuple(int(length) for length in np.diff(places))


def _killing(block: NDArray[Any], marker: Path) -> NDArray[Any]:
    """Return a block; the process that is the first to have one is killed."""
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return block
    os.kill(os.getpid(), signal.SIGKILL)
    return block


def _is_same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, smalti.Palette):
        return bool(found == wanted)
    return found.dtype == wanted.dtype and bool(np.array_equal(found, wanted))

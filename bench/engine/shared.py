"""One palette for the tiles of a picture, beside one for the picture in one piece."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.cluster import MiniBatchKMeans

import smalti
from bench.common.images import LARGE, rgb
from bench.common.measure import Picture
from bench.common.settings import Settings
from bench.engine.seams import seam_table
from bench.engine.shared_memory import KINDS

# Tiles along each side.
SIDE = 16
COLORS = (16, 256)
REPEATS = 5


class _Timed(NamedTuple):
    seconds: float
    result: Any


def run(settings: Settings) -> str:
    """Return the table."""
    with tempfile.TemporaryDirectory() as folder:
        path = settings.images.large_photograph(Path(folder))
        whole = rgb(path)
    height, width = (side // SIDE * SIDE for side in whole.shape[:2])
    whole = np.ascontiguousarray(whole[:height, :width])
    rows = [part for band in np.split(whole, SIDE) for part in np.split(band, SIDE, axis=1)]
    tiles = [np.ascontiguousarray(tile) for tile in rows]
    lines = [
        f"{path.name} from {settings.images.origin(LARGE)}, {width} x {height}, in one piece and in"
        f" {len(tiles)} tiles, in memory; median of {REPEATS}, of scikit-learn's one turn. MSE is"
        " that of nearest colours in sRGB.",
        "",
        "| palette | K = 16: seconds | MSE | K = 256: seconds | MSE |",
        "|---|---|---|---|---|",
    ]
    fits: dict[str, Callable[[int], Any]] = {
        "`smalti.fit_palette`, one piece": lambda k: smalti.fit_palette([whole], k, space="srgb"),
        "`smalti.fit_palette`, tiles": lambda k: smalti.fit_palette(tiles, k, space="srgb"),
        "scikit-learn, `MiniBatchKMeans.partial_fit` of each tile": lambda k: _mini_batch(tiles, k),
    }
    found = {name: [_timed(fit, k, "smalti" in name) for k in COLORS] for name, fit in fits.items()}
    for name, runs in found.items():
        cells = [f"{fit.seconds:.2f} | {_error(whole, fit.result):.2f}" for fit in runs]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    pieces, parts = (found[name] for name in list(fits)[:2])
    same = all(one.result == other.result for one, other in zip(pieces, parts, strict=True))
    lines += [
        "",
        f"Palettes of both are {'equal' if same else 'different'}, and so are"
        f" {_equal_tiles(whole, tiles, pieces[-1].result)} of {len(tiles)} tiles mapped singly.",
    ]
    return "\n".join([*lines, "", *seam_table(settings), "", *_memory_table()])


def _memory_table() -> list[str]:
    lines = [
        "The most memory above an image of 4096 x 4096, K = 256:",
        "",
        "| images | one | four |",
        "|---|---|---|",
    ]
    for kind in KINDS:
        peaks = [_memory(kind, images) for images in (1, 4)]
        lines.append(f"| {kind} | {' | '.join(f'{peak / 2**20:,.0f} MiB' for peak in peaks)} |")
    return lines


def _memory(kind: str, images: int) -> int:
    command = [sys.executable, "-m", "bench.engine.shared_memory", kind, str(images)]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def _timed(fit: Callable[[int], Any], k: int, is_repeated: bool) -> _Timed:
    seconds = []
    for _ in range(REPEATS if is_repeated else 1):
        began = time.perf_counter()
        result = fit(k)
        seconds.append(time.perf_counter() - began)
    return _Timed(statistics.median(seconds), result)


def _mini_batch(tiles: list[Picture], k: int) -> smalti.Palette:
    model = MiniBatchKMeans(k, random_state=0, n_init=1)
    for tile in tiles:
        model.partial_fit(tile.reshape(-1, 3).astype(np.float32))
    return smalti.Palette.of(np.rint(model.cluster_centers_).astype(np.uint8))


def _error(picture: Picture, palette: smalti.Palette) -> float:
    return 3 * smalti.metrics.mse(picture, _plain(picture, palette).reconstruct())


def _equal_tiles(whole: Picture, tiles: list[Picture], palette: smalti.Palette) -> int:
    """Return how many tiles get the indices that they have in the whole picture."""
    indices = _plain(whole, palette).indices
    parts = [part for band in np.split(indices, SIDE) for part in np.split(band, SIDE, axis=1)]
    return sum(
        np.array_equal(part, _plain(tile, palette).indices)
        for part, tile in zip(parts, tiles, strict=True)
    )


def _plain(picture: Picture, palette: smalti.Palette) -> smalti.CompressedImage:
    """Return a picture of nearest colours."""
    return smalti.compress(picture, palette=palette, space="srgb", rate_weight=0, dither=0)

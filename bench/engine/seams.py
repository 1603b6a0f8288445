"""Tiles that are mapped one by one, beside the picture in one piece."""

from typing import Any

import numpy as np

import smalti
from bench.common.measure import Picture
from bench.common.settings import Settings

# Pixels on a side of a tile: a multiple of both masks' sides.
TILE = 128
COLORS = (16, 256)

LABELS: dict[str, dict[str, Any]] = {
    "nearest colours": {"rate_weight": 0, "dither": 0},
    "blue noise": {"rate_weight": 0, "dither": 0.5, "dither_method": "blue-noise"},
    "Bayer's matrix": {"rate_weight": 0, "dither": 0.5, "dither_method": "ordered"},
    "diffusion": {"rate_weight": 0, "dither": 0.5},
    "the default": {},
}


def seam_table(settings: Settings) -> list[str]:
    """Return how far tiles are from the picture in one piece, and whether borders show."""
    pictures = [_cut(photo) for photo in settings.images.photographs().values()][:6]
    lines = [
        f"{len(pictures)} photographs in tiles of {TILE} x {TILE}, mapped one by one: pixels that"
        " differ from the picture in one piece, and the steps of the error across borders beside"
        " those within tiles.",
        "",
        "| labels | K = 16: pixels | steps | K = 256: pixels | steps |",
        "|---|---|---|---|---|",
    ]
    for name, options in LABELS.items():
        cells = []
        for k in COLORS:
            found = np.mean([_seams(picture, k, options) for picture in pictures], axis=0)
            cells.append(f"{100 * found[0]:.2f} % | {found[1]:.2f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _cut(picture: Picture) -> Picture:
    """Return the part of a picture that whole tiles cover."""
    height, width = (side // TILE * TILE for side in picture.shape[:2])
    return np.ascontiguousarray(picture[:height, :width, :3])


def _seams(picture: Picture, k: int, options: dict[str, Any]) -> tuple[float, float]:
    """Return the share of pixels that differ, and the ratio of steps."""
    palette = smalti.fit_palette(picture, k)
    whole = smalti.compress(picture, palette=palette, **options).reconstruct()
    tiled = np.empty_like(whole)
    for top in range(0, picture.shape[0], TILE):
        for left in range(0, picture.shape[1], TILE):
            place = np.s_[top : top + TILE, left : left + TILE]
            tile = np.ascontiguousarray(picture[place])
            tiled[place] = smalti.compress(tile, palette=palette, **options).reconstruct()
    return float((whole != tiled).any(axis=2).mean()), _steps(tiled, picture)


def _steps(tiled: Picture, picture: Picture) -> float:
    """Return the mean step of the error across borders of columns, over that within tiles."""
    error = (tiled.astype(float) - picture).sum(axis=2)
    steps = np.abs(np.diff(error, axis=1)).mean(axis=0)
    is_border = np.arange(1, picture.shape[1]) % TILE == 0
    return float(steps[is_border].mean() / steps[~is_border].mean())

"""A gigapixel made from real images, the same each time."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.common.measure import Picture
from bench.common.settings import Settings

SIDE = 32_768
"""Rows and columns."""

_BLOCK, _TILE = 2048, 512


def made(settings: Settings, folder: Path) -> Path:
    """Write the image into a folder, and return its file."""
    from tifffile import TiffWriter

    pictures = [*settings.images.photographs(every=3).values(), *settings.images.tissue().values()]
    blocks = [filled(picture) for picture in pictures]
    path = folder / "gigapixel.tif"
    with TiffWriter(path, bigtiff=True) as tiff:
        tiff.write(
            _tiles(blocks),
            shape=(SIDE, SIDE, 3),
            dtype=np.uint8,
            tile=(_TILE, _TILE),
            photometric="rgb",
            compression="jpeg",
            compressionargs={"level": 90},
            maxworkers=2,
        )
    return path


def filled(picture: Picture) -> Picture:
    """Return a block of 2048 x 2048 that a picture and its mirror images fill."""
    height, width = picture.shape[:2]
    rows = np.pad(np.arange(height), (0, max(_BLOCK - height, 0)), mode="symmetric")[:_BLOCK]
    columns = np.pad(np.arange(width), (0, max(_BLOCK - width, 0)), mode="symmetric")[:_BLOCK]
    return np.ascontiguousarray(picture[..., :3][rows][:, columns])


def _tiles(blocks: list[Picture]) -> Iterator[Picture]:
    """Yield tiles row by row; every block is another picture, or the same turned over."""
    across = SIDE // _BLOCK
    for top in range(0, SIDE, _TILE):
        for left in range(0, SIDE, _TILE):
            number = top // _BLOCK * across + left // _BLOCK
            block = blocks[number % len(blocks)][:: 1 - 2 * (number // len(blocks) % 2)]
            row, column = top % _BLOCK, left % _BLOCK
            yield np.ascontiguousarray(block[row : row + _TILE, column : column + _TILE])

"""Palette TIFF in tiles, with a pyramid in SubIFDs: what libtiff, QuPath and GDAL read.

Compressed by deflate; BigTIFF from two gigapixels on. The same labels give the same bytes.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.scale.label_store import LabelStore
from smalti.scale.outputs.labelled import Labelled
from smalti.scale.pyramid_store import CHUNK
from smalti.sources.tiles.window import grid

__all__ = ["write_palette_tiff"]

_TILE = 512
_LEVEL = 6

# Bytes of tiles that are compressed at a time.
_BUFFER = 1 << 24
_BIG_FROM = 1 << 31
_ENTRIES = 256
_MICROMETRES_PER_CENTIMETRE = 10_000


def write_palette_tiff(labelled: Labelled, path: Path) -> None:
    """Write a label map, indices of at most 256 opaque colours, as TIFF."""
    from tifffile import TiffWriter

    store, pixel_size, colors = labelled.store, labelled.pixel_size, labelled.palette.colors
    colormap = np.zeros((3, _ENTRIES), dtype=np.uint16)
    colormap[:, : len(colors)] = colors[:, :3].T.astype(np.uint16) * 257
    density = None if pixel_size is None else _MICROMETRES_PER_CENTIMETRE / pixel_size
    pixels = store.shape[0] * store.shape[1]
    with TiffWriter(path, bigtiff=pixels >= _BIG_FROM, byteorder="<", shaped=False) as tiff:
        for number, level in enumerate(store.levels):
            scaled = None if density is None else (density / 2**number,) * 2
            tiff.write(
                _tiles(store, number, labelled.tell if number == 0 else None),
                shape=level.shape,
                dtype=np.uint8,
                tile=(_TILE, _TILE),
                photometric="palette",
                colormap=colormap,
                compression="zlib",
                compressionargs={"level": _LEVEL},
                maxworkers=labelled.jobs,
                buffersize=_BUFFER,
                subifds=len(store.levels) - 1 if number == 0 else None,
                subfiletype=1 if number else 0,
                resolution=scaled,
                resolutionunit=None if scaled is None else "CENTIMETER",
                software="smalti",
                metadata=None,
            )


def _tiles(
    store: LabelStore, level: int, tell: Callable[[float], None] | None
) -> Iterator[NDArray[Any]]:
    """Yield the tiles of a level row by row, filled up at the edges.

    A row of chunks is read at a time.
    """
    height, width = store.levels[level].shape
    for rows in grid((height, width), (max(CHUNK, _TILE), width)):
        if tell is not None:
            tell(rows.top / height)
        strip = store.read(rows, level)
        for tile in grid(rows.shape, (_TILE, _TILE)):
            part = strip[tile.slices]
            if part.shape != (_TILE, _TILE):
                missing = [(0, _TILE - side) for side in part.shape]
                part = np.pad(part, missing, mode="edge")
            yield part

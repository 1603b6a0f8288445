"""Regions of a label map that is stored, as a table and as outlines.

The rows of the map go by once, some at a time; a region that lies in many windows is one. Regions
are written when they have ended, and numbered in that order: by their last row, and then by their
first pixel. Memory follows the regions that are open, and not their number. With outlines an open
region keeps its corners, and those of its holes.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.labelmaps.export.geojson import END, START, Drawing, features
from smalti.labelmaps.region_table import RegionTable, figures
from smalti.scale.label_store import LabelStore
from smalti.scale.pyramid_store import CHUNK
from smalti.sources.tiles.window import Window, grid

__all__ = ["Listing", "Totals", "write_regions"]

# Pixels of the rows that are read at a time, at most, and of those that are handed over.
_READ, _ROWS_OF = 1 << 27, 1 << 22


class Listing(NamedTuple):
    """What is written of regions.

    Attributes
    ----------
    names : tuple of str
        What the classes are called.
    colors : uint8 array, shape (K, 3)
        In which outlines are drawn.
    pixel_size : float or None
        Side of a pixel in micrometres.
    min_area : int
        Pixels that a region needs to be listed.
    table : Path
        The CSV file.
    outlines : Path or None
        The GeoJSON file, if there is to be one.
    """

    names: tuple[str, ...]
    colors: NDArray[np.uint8]
    pixel_size: float | None
    min_area: int
    table: Path
    outlines: Path | None


class Totals(NamedTuple):
    """What was counted on the way.

    Attributes
    ----------
    listed : int
        Regions that are listed.
    areas : int64 array, shape (256,)
        Pixels of each class; of none at the end.
    coherence : float
        Share of the pairs of neighbouring pixels that are of one class; 1 without pairs.
    """

    listed: int
    areas: NDArray[np.int64]
    coherence: float


def write_regions(store: LabelStore, listing: Listing, tell: Callable[[float], None]) -> Totals:
    """Write the regions of labels that count from 1, and count their pixels.

    Parameters
    ----------
    store : LabelStore
    listing : Listing
    tell : callable
        Hears the done share.
    """
    height, width = store.shape
    wants_outlines = listing.outlines is not None
    stream = _core.RegionStream(
        width, height, min_area=max(listing.min_area, 1), outlines=wants_outlines
    )
    drawing = Drawing("annotation", 1.0, listing.colors)
    count = 0
    with ExitStack() as files:
        table = files.enter_context(listing.table.open("w", encoding="utf-8", newline=""))
        outlines = None
        if listing.outlines is not None:
            outlines = files.enter_context(listing.outlines.open("wb"))
            outlines.write(START)
        for rows in _rows(store):
            tell(rows.top / height)
            # In 8 bits 0 - 1 is 255, for pixels of no class.
            labels = store.read(rows) - np.uint8(1)
            for part in grid(labels.shape, (max(_ROWS_OF // width, 1), width)):
                columns, geometries = stream.push(np.ascontiguousarray(labels[part.slices]))
                found = RegionTable(
                    **figures(columns),
                    colors=None,
                    names=listing.names,
                    pixel_size=listing.pixel_size,
                )
                found.write_csv(table, before=count, names=rows.top == part.top == 0)
                if outlines is not None:
                    numbered = list(enumerate(geometries, 1))
                    for i, text in enumerate(features(found, numbered, drawing, count)):
                        outlines.write(b"," if count or i else b"")
                        outlines.write(text)
                count += len(found)
        if outlines is not None:
            outlines.write(END)
    areas, pairs, same = stream.totals()
    return Totals(count, np.array(areas, dtype=np.int64), same / pairs if pairs else 1.0)


def _rows(store: LabelStore) -> Iterator[Window]:
    """Yield windows of whole rows, of chunks where these are not too wide."""
    height, width = store.shape
    return grid((height, width), (max(min(CHUNK, _READ // width), 1), width))

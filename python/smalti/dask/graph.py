"""Graphs of tasks: work on windows of a picture, and trees that merge what comes of it.

The work on a window needs its pixels and some around them. Of a chunk it takes only those, and they
are taken where the chunk is: little moves between workers.
"""

from collections.abc import Callable, Iterable
from functools import partial
from operator import getitem
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
from dask.base import compute, tokenize
from dask.delayed import Delayed
from dask.highlevelgraph import HighLevelGraph
from numpy.typing import NDArray

from smalti.dask.picture import NAME, Picture, pixels_of, stitched
from smalti.exceptions import ChunkError, SmaltiError
from smalti.sources.tiles.window import Window

if TYPE_CHECKING:
    from smalti.sources.source_image import Pixels

__all__ = ["Layer", "Work", "computed", "labelled"]

Work = Callable[..., Any]
"""Is called with pixels, shape (h, w, C), where they lie, and the window that is asked for."""

# Results that are merged at a time.
_FAN_IN = 8


class Layer:
    """Tasks that dask knows by keys.

    Parameters
    ----------
    title : str
        What dask shows.
    *told : object
        What makes it differ from other layers of this title.

    Attributes
    ----------
    name : str
    tasks : dict
        Tasks by their keys.
    """

    def __init__(self, title: str, *told: object) -> None:
        self.name = f"smalti-{title}-{tokenize(*told)}"
        self.tasks: dict[Any, Any] = {}
        self._needed: list[Any] = []

    def need(self, *collections: Any) -> None:
        """Add collections of dask whose keys are used."""
        self._needed += collections

    def graph(self) -> HighLevelGraph:
        """Return the graph of these tasks and of what they need."""
        return HighLevelGraph.from_collections(self.name, self.tasks, dependencies=self._needed)

    def add_work(
        self,
        key: Any,
        picture: Picture,
        window: Window,
        work: Work,
        *,
        reach: int = 0,
        known: Iterable[Any] = (),
    ) -> None:
        """Add a task on a window; `known` are keys whose results are passed to it last."""
        larger = window.grown(reach, picture.shape)
        samples = [self._taken(picture, array, larger) for array in range(len(picture.arrays))]
        bands = [array.shape[2:] for array in picture.arrays]
        called = partial(_worked, work, picture.nodata, bands, (larger, window))
        self.tasks[key] = (called, samples, *known)

    def _taken(self, picture: Picture, array: int, window: Window) -> list[list[Any]]:
        """Return the keys of what a window takes of chunks: rows of them."""
        return [
            [self._part(chunk, slices) for chunk, slices in row]
            for row in picture.parts(array, window)
        ]

    def _part(self, chunk: Any, slices: tuple[slice, slice] | None) -> Any:
        """Return the key of a part of a chunk."""
        if slices is None:
            return chunk
        bounds = [bound for side in slices for bound in (side.start, side.stop)]
        key = (f"{self.name}-part", *chunk, *bounds)
        self.tasks[key] = (getitem, chunk, slices)
        return key

    def merged(self, keys: list[Any], merge: Callable[[list[Any]], Any]) -> Delayed:
        """Return what a tree of calls makes of results, some of them at a time, in order."""
        level = 0
        while level == 0 or len(keys) > 1:
            firsts = range(0, len(keys), _FAN_IN)
            groups = [keys[first : first + _FAN_IN] for first in firsts] or [[]]
            keys = [(f"{self.name}-merged", level, i) for i in range(len(groups))]
            self.tasks.update(
                (key, (merge, group)) for key, group in zip(keys, groups, strict=True)
            )
            level += 1
        return Delayed(keys[0], self.graph(), layer=self.name)


def computed(later: Delayed, name: str) -> Any:
    """Return what was asked for later.

    Raises
    ------
    ChunkError
        If something of `name` cannot be computed; errors of smalti come through.
    """
    try:
        (found,) = compute(later)
    except (SmaltiError, MemoryError):
        raise
    except Exception as error:  # whatever computes an array raises errors of its own
        reason = str(error) or type(error).__name__
        raise ChunkError(f"{name} cannot be computed: {reason}") from error
    return found


def labelled(
    picture: Picture,
    rows: list[list[Window]],
    work: Work,
    *,
    reach: int = 0,
    known: Delayed | None = None,
    dtype: Any,
) -> Any:
    """Return the array of labels, shape (H, W), that work on each window gives.

    Parameters
    ----------
    picture : Picture
    rows : list of list of Window
        A grid, each window of which becomes a chunk.
    work : callable
        Returns the labels of its window.
    reach : int
        Rows and columns around a window that it needs.
    known : Delayed, optional
        What is computed first, and passed to `work` last.
    dtype : numpy.dtype
    """
    first = [] if known is None else [known]
    keys = [each.key for each in first]
    layer = Layer("labels", picture.token, rows, work, reach, keys)
    layer.need(*picture.arrays, *first)
    for i, row in enumerate(rows):
        for j, window in enumerate(row):
            layer.add_work((layer.name, i, j), picture, window, work, reach=reach, known=keys)
    chunks = tuple(row[0].shape[0] for row in rows), tuple(each.shape[1] for each in rows[0])
    meta: NDArray[Any] = np.empty((0, 0), dtype=dtype)
    return da.Array(layer.graph(), layer.name, chunks, dtype=dtype, meta=meta)


def _worked(
    work: Work,
    nodata: float | None,
    bands: list[tuple[int, ...]],
    windows: tuple[Window, Window],
    samples: list[list[list[NDArray[Any]]]],
    *known: Any,
) -> Any:
    larger, window = windows
    parts = [stitched(each) for each in samples]
    for part, of_pixel in zip(parts, bands, strict=True):
        if part.shape != (*larger.shape, *of_pixel):
            raise ChunkError(
                f"{NAME}: {larger} are computed in shape {part.shape} instead of "
                f"{(*larger.shape, *of_pixel)}"
            )
    mask = parts[1] if len(parts) > 1 else None
    pixels: Pixels = pixels_of(parts[0], larger, mask, nodata)
    return work(pixels, larger, window, *known)

"""Arrays of dask as pictures: which hold colours, and the pixels of their windows."""

import math
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import dask.array as da
import numpy as np
from dask.base import tokenize
from dask.delayed import Delayed
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.scale.pyramid_store import WINDOW
from smalti.sources.source_image import Pixels
from smalti.sources.tiles.lazy_array import open_lazy
from smalti.sources.tiles.masked import masked
from smalti.sources.tiles.tiled_image import Failures, Samples, Store, TiledImage
from smalti.sources.tiles.window import Window, grid

__all__ = ["NAME", "Picture", "color_array", "pixels_of", "stitched", "window_rows"]

NAME = "the array"
"""What messages call an array."""


def color_array(array: Any, name: str = NAME, *, several: bool = False) -> Any:
    """Return an array of dask that holds colours, with all bands of a pixel in one chunk.

    Parameters
    ----------
    array : array of dask, or of another kind
        Shape (H, W) or (H, W, C), or (N, H, W, C) for `several` pictures.
    name : str
        What messages call it.
    several : bool, default: False

    Raises
    ------
    InvalidParameterError, ImageReadError
        If it holds no colours.
    """
    # What is delayed has every attribute.
    if isinstance(array, Delayed) or not hasattr(array, "shape"):
        raise InvalidParameterError(f"{name} must be an array, got {type(array).__name__}")
    try:
        array = da.asanyarray(array)
    except Exception as error:  # arrays of other libraries raise errors of their own
        raise InvalidParameterError(f"{name} cannot be made one of dask: {error}") from None
    is_several = several and array.ndim == 4
    if is_several and math.isnan(array.shape[0]):
        raise InvalidParameterError(f"{name} must have a known shape, got {array.shape}")
    if is_several and array.shape[0] == 0:
        raise InvalidParameterError(f"{name} has no picture: its shape is {array.shape}")
    open_lazy(array[0] if is_several else array, name)
    bands = [-1] if array.ndim > 2 else []
    sides = array.chunks[: array.ndim - len(bands)]
    # Chunks may be empty.
    return array.rechunk((*(tuple(filter(None, each)) for each in sides), *bands))


class Picture:
    """An array of one picture, and what of it takes part.

    Parameters
    ----------
    array : dask array, shape (H, W) or (H, W, C)
    mask : dask array, shape (H, W) or (H, W, C), optional
        Pixels that are black or clear in it take no part.
    nodata : float, optional
        Pixels of which all colours have this value take no part.

    Attributes
    ----------
    arrays : tuple of dask.array.Array
        The array, and the mask if there is one.

    Raises
    ------
    InvalidParameterError, ImageReadError
        If one of them holds no colours, or the mask has another size.
    """

    def __init__(self, array: Any, mask: Any = None, nodata: float | None = None) -> None:
        self.arrays: tuple[Any, ...] = (color_array(array),)
        self.nodata = nodata
        if mask is not None:
            self.arrays = (*self.arrays, color_array(mask, "mask"))
        image, *inside = map(open_lazy, self.arrays, (NAME, "mask"))
        # It refuses a mask of another size, and what is no number.
        masked(image, inside[0] if inside else None, nodata)

    @cached_property
    def token(self) -> str:
        """What differs for other pictures."""
        return str(tokenize([array.name for array in self.arrays], self.nodata))

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.arrays[0].shape[:2]
        return height, width

    @cached_property
    def _sides(self) -> list[tuple[list[int], list[int]]]:
        """For each array, where its chunks begin and the last ends: rows and columns."""
        return [(_bounds(array.chunks[0]), _bounds(array.chunks[1])) for array in self.arrays]

    @cached_property
    def chunk_rows(self) -> list[list[Window]]:
        """Where the array's chunks lie, row by row."""
        tops, lefts = self._sides[0]
        return [
            [Window(top, left, bottom, right) for left, right in pairwise(lefts)]
            for top, bottom in pairwise(tops)
        ]

    def parts(
        self, array: int, window: Window
    ) -> list[list[tuple[Any, tuple[slice, slice] | None]]]:
        """Return the chunks that a window meets, and what of each it takes: rows of them.

        Parameters
        ----------
        array : int
            The position of the array.
        window : Window

        Returns
        -------
        list of list of (key, slices)
            Keys are those of dask; slices are None where all of a chunk is taken.
        """
        chunks = self.arrays[array]
        tops, lefts = self._sides[array]
        down, across = _met(tops, *window[::2]), _met(lefts, *window[1::2])
        bands = (0,) * (chunks.ndim - 2)
        return [
            [
                (
                    (chunks.name, i, j, *bands),
                    None if is_all_down and is_all_across else (rows, columns),
                )
                for j, columns, is_all_across in across
            ]
            for i, rows, is_all_down in down
        ]


def _bounds(sides: tuple[int, ...]) -> list[int]:
    """Return where chunks of so many rows begin, and where the last ends."""
    return [0, *accumulate(sides)]


def _met(bounds: list[int], first: int, last: int) -> list[tuple[int, slice, bool]]:
    """Return the chunks that some rows meet, what is taken of each, and whether it is all."""
    begin = bisect_right(bounds, first) - 1
    found = []
    for i in range(begin, bisect_left(bounds, last)):
        start, end = bounds[i], bounds[i + 1]
        taken = slice(max(first - start, 0), min(last, end) - start)
        found.append((i, taken, taken == slice(0, end - start)))
    return found


def window_rows(shape: tuple[int, int]) -> list[list[Window]]:
    """Return the windows in which `segment_large` labels, row by row."""
    rows: dict[int, list[Window]] = {}
    for window in grid(shape, (WINDOW, WINDOW)):
        rows.setdefault(window.top, []).append(window)
    return list(rows.values())


def stitched(parts: list[list[NDArray[Any]]]) -> NDArray[Any]:
    """Return one array of rows of parts."""
    if len(parts) == len(parts[0]) == 1:
        # What comes from another process may lie anywhere in memory.
        alone: NDArray[Any] = np.require(parts[0][0], requirements="A")
        return alone
    is_masked = any(isinstance(part, np.ma.MaskedArray) for row in parts for part in row)
    join: Any = np.ma.concatenate if is_masked else np.concatenate
    joined: NDArray[Any] = join([join(row, axis=1) for row in parts], axis=0)
    return joined


def pixels_of(
    samples: NDArray[Any],
    place: Window,
    mask: NDArray[Any] | None = None,
    nodata: float | None = None,
) -> Pixels:
    """Return the pixels of a part of an array, as `TiledImage.region` does.

    Parameters
    ----------
    samples : array, shape (h, w) or (h, w, C)
    place : Window
        Where it lies in the array.
    mask : array, shape (h, w) or (h, w, C), or None
    nodata : float or None

    Raises
    ------
    InvalidParameterError
        If floats lie outside 0 to 1.
    """
    inside = None if mask is None else _part(mask, place)
    return masked(_part(samples, place), inside, nodata).region(place)


def _part(samples: NDArray[Any], place: Window) -> TiledImage:
    """Return an image of which a part is known."""
    known = samples.reshape(*place.shape, -1)

    def read(window: Window, _failures: Failures) -> Samples:
        return known[window.within(place)], None

    shape = (place.bottom, place.right, known.shape[2])
    return TiledImage(NAME, Store(shape, known.dtype, place.shape, read), str)

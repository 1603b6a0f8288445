"""An image and its pyramid in Zarr, written window by window.

The windows are those of a grid, and as large as whole chunks of the lowest levels. So several
threads write without meeting, and an interrupted run leaves whole windows. Higher levels are made
in the end, from the level below.

The arrays lie as OME-Zarr wants them, 0.4 (Zarr 2) or 0.5 (Zarr 3). Windows that hold nothing but
0 are not stored.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from smalti.batch.storage import storage_of
from smalti.exceptions import ImageWriteError
from smalti.parallel import Workers, each
from smalti.scale.halved import level_shapes
from smalti.sources.tiles.window import Window, grid
from smalti.sources.tiles.zarr_array import require_zarr
from smalti.sources.tiles.zarr_folder import is_zarr_at
from smalti.urls import absolute, at_storage, is_url

if TYPE_CHECKING:
    import numpy as np

__all__ = ["CHUNK", "OME_VERSIONS", "WINDOW", "PyramidStore", "within"]

OME_VERSIONS = ("0.4", "0.5")
"""Versions of OME-Zarr that can be written: with Zarr 2, which most programs read, and Zarr 3."""

CHUNK = 1024
"""Rows and columns of a chunk."""

WINDOW = 2048
"""Rows and columns that are worked on at a time."""

# Levels that a window has whole chunks of.
_OWN_LEVELS = 2

# zarr looks for empty chunks on one thread, and takes as long for it as for compressing.
_CONFIG: Any = {"write_empty_chunks": True}

_NESTED = {"name": "v2", "separator": "/"}


class PyramidStore(ABC):
    """The levels of an image.

    Parameters
    ----------
    name : str
        The path or URL of the folder where the group is, or will be.
    shape : (int, int)
        Height and width.
    dtype : numpy.dtype
        uint8 or uint16.
    version : {"0.4", "0.5"}
        Of OME-Zarr.

    Attributes
    ----------
    group : zarr.Group
    levels : list of zarr.Array
        The first has the size of the image.
    planes : int or None
        How many numbers each pixel has; they are the first axis. None is one number without an
        axis.
    """

    planes: int | None = None

    def __init__(
        self, name: str, shape: tuple[int, int], dtype: "np.dtype[Any]", version: str
    ) -> None:
        require_zarr(name)
        import zarr

        self.shape = shape
        self.version = version
        # Other processes are at work in folders of their own.
        self._name, self._dtype = absolute(name), dtype
        shapes = level_shapes(shape, CHUNK)
        with at_storage():
            self.group = zarr.open_group(
                self._name, mode="a", zarr_format=3 if version == "0.5" else 2
            )
            self.levels = [self._array(str(i), sides, dtype) for i, sides in enumerate(shapes)]

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how another process opens it."""
        return _reached, (type(self), self._name, self.shape, self._dtype, self.version)

    @staticmethod
    @abstractmethod
    def halved(values: NDArray[Any], /) -> NDArray[Any]:
        """Return the level above this one."""

    def tidy(self) -> None:
        """Remove what zarr was writing when a process was killed."""
        if not is_url(self._name):
            for litter in Path(self._name).rglob("*.partial"):
                litter.unlink(missing_ok=True)

    def _array(self, name: str, shape: tuple[int, int], dtype: "np.dtype[Any]") -> Any:
        """Return an array of the group, made if it is not there."""
        if name in self.group:
            array: Any = self.group[name]
            return array.with_config(_CONFIG)
        chunks, first = (min(CHUNK, shape[0]), min(CHUNK, shape[1])), self.planes
        kind: Any = {"chunk_key_encoding": _NESTED}
        if self.version == "0.5":
            kind = {"dimension_names": ("y", "x") if first is None else ("c", "y", "x")}
        return self.group.create_array(
            name,
            shape=shape if first is None else (first, *shape),
            chunks=chunks if first is None else (1, *chunks),
            dtype=dtype,
            compressors=self._compressor(),
            fill_value=0,
            config=_CONFIG,
            **kind,
        )

    def _compressor(self) -> Any:
        """Return Blosc with Zstandard, which programs that read Zarr 2 know, too."""
        if self.version == "0.5":
            from zarr.codecs import BloscCodec

            return BloscCodec(cname="zstd", clevel=1, shuffle="noshuffle")
        from numcodecs import Blosc

        return Blosc("zstd", clevel=1, shuffle=Blosc.NOSHUFFLE)

    @cached_property
    def windows(self) -> list[Window]:
        """The windows that are written, row by row."""
        return list(grid(self.shape, (WINDOW, WINDOW)))

    def write(self, window: Window, values: NDArray[Any]) -> None:
        """Write one of the windows, on all levels that it has whole chunks of.

        Parameters
        ----------
        window : Window
        values : array, shape (h, w), or (planes, h, w)
        """
        # Of windows that are empty zarr removes what an earlier run may have left.
        is_empty = not values.any()
        for halvings, level in enumerate(self.levels[:_OWN_LEVELS]):
            values = self.halved(values) if halvings and not is_empty else values
            place = (..., *window.shrunk(halvings).slices)
            with at_storage():
                if is_empty:
                    level.with_config({"write_empty_chunks": False})[place] = 0
                else:
                    level[place] = values

    def describe(self, attributes: Mapping[str, Any]) -> None:
        """Write what is said of the image."""
        with at_storage():
            self.group.attrs.update(attributes)

    def read(self, window: Window, level: int = 0) -> NDArray[Any]:
        """Return a window of a level."""
        with at_storage():
            values: NDArray[Any] = self.levels[level][(..., *window.slices)]
        return values

    def write_upper_levels(self, workers: Workers, tell: Callable[[float], None]) -> None:
        """Make the higher levels, when all windows are written.

        `tell` hears the done share.
        """
        # Whoever has been writing windows is done, or was killed.
        self.tidy()
        steps = [
            (below, level, list(grid(level.shape[-2:], (CHUNK, CHUNK))))
            for below, level in pairwise(self.levels[_OWN_LEVELS - 1 :])
        ]
        total, done = sum(len(windows) for _, _, windows in steps), 0
        for below, level, windows in steps:
            before, share = done / total, len(windows) / total
            halve, heard = partial(_halve, self.halved, below, level), within(tell, before, share)
            done += sum(1 for _ in each(windows, halve, workers, heard))


def within(tell: Callable[[float], None], before: float, share: float) -> Callable[[float], None]:
    """Return what hears of a part, that has a share, and others before it."""
    return lambda fraction: tell(min(before + share * fraction, 1.0))


def _reached(
    kind: type[PyramidStore],
    name: str,
    shape: tuple[int, int],
    dtype: "np.dtype[Any]",
    version: str,
) -> PyramidStore:
    """Return a store that another process has made.

    Raises
    ------
    ImageWriteError
        If it is not there.
    """
    with at_storage():
        is_there = is_zarr_at(name)
    if not is_there:
        parent = storage_of(name).parent
        raise ImageWriteError(
            f"{parent(parent(name))}: workers of the cluster do not find there what this process "
            "has begun; name a folder that all of them reach"
        )
    return kind(name, shape, dtype, version)


def _halve(
    halved: Callable[[NDArray[Any]], NDArray[Any]], below: Any, level: Any, window: Window
) -> None:
    """Write a window of a level, from the level below."""
    doubled = Window(*(2 * place for place in window)).meeting(Window.whole(below.shape[-2:]))
    with at_storage():
        values = below[(..., *doubled.slices)]
        if values.any():
            level[(..., *window.slices)] = halved(values)

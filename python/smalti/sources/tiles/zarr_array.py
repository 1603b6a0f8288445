"""Zarr arrays of versions 2 and 3, and the OME-Zarr images (0.4 and 0.5) that they are part of.

Of an OME-Zarr image the largest level is read: the first moment and plane, with its one or three
channels. What zarr opens can be a folder, a .zip, or a URL that fsspec knows.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import ImageReadError, MissingExtraError
from smalti.sources.note import FRAMES, Note
from smalti.sources.pixel_size import square
from smalti.sources.tiles.tiled_image import Failures, Samples, Store, TiledImage, check_samples
from smalti.sources.tiles.window import Window

__all__ = ["open_zarr", "require_zarr"]

_MICROMETRES = {
    "nanometer": 1e-3,
    "micrometer": 1.0,
    "millimeter": 1e3,
    "centimeter": 1e4,
    "meter": 1e6,
}


def require_zarr(name: str) -> None:
    """Raise `MissingExtraError` unless zarr is installed."""
    try:
        import zarr  # noqa: F401 - whether it is there is the question
    except ImportError:
        raise MissingExtraError(
            f"{name}: Zarr needs zarr, which is not installed: pip install 'smalti[large]'"
        ) from None


class _Axes(NamedTuple):
    """Where the axes of an array are: rows, columns, bands if there are some, and the others."""

    row: int
    column: int
    band: int | None
    others: tuple[int, ...]


def open_zarr(path: str | os.PathLike[str]) -> TiledImage:
    """Open a Zarr array, or the largest level of an OME-Zarr image.

    Parameters
    ----------
    path : path or URL

    Raises
    ------
    ImageReadError
        If it cannot be read, or holds no colours.
    MissingExtraError
        If zarr is not installed.
    """
    name = os.fspath(path)
    require_zarr(name)
    import zarr

    if "://" not in name and not Path(name).exists():
        raise ImageReadError(f"{name}: no such file")
    try:
        found: Any = zarr.open(_store_of(name), mode="r")
    except Exception as error:  # zarr and fsspec's file systems raise errors of many kinds
        reason = str(error).strip() or type(error).__name__
        raise ImageReadError(f"{name}: cannot be read as Zarr: {reason}") from None
    if hasattr(found, "shape"):
        return _of_array(name, found, _plain_axes(name, found.shape))
    return _of_group(name, found)


def _store_of(name: str) -> Any:
    if name.lower().endswith(".zip") and "://" not in name:
        from zarr.storage import ZipStore

        return ZipStore(name, mode="r")
    return name


def _of_group(name: str, group: Any) -> TiledImage:
    """Return the largest level of an OME-Zarr image."""
    attributes = dict(group.attrs)
    attributes |= attributes.get("ome", {})
    try:
        multiscale = attributes["multiscales"][0]
        level = multiscale["datasets"][0]
        array = group[level["path"]]
        axes = _ome_axes(multiscale.get("axes"), len(array.shape))
    except (KeyError, IndexError, TypeError, AttributeError):
        inner = ", ".join(sorted(key for key, _ in group.members())[:3]) or "nothing"
        raise ImageReadError(
            f"{name}: is a Zarr group without an OME-Zarr image; it holds {inner}: name an array "
            "or an image in it"
        ) from None
    size = _pixel_size(multiscale, level, axes)
    return _of_array(name, array, axes, size)


def _ome_axes(listed: Any, dimensions: int) -> _Axes:
    """Return where axes are by their names, which are strings in versions before 0.4."""
    names = [axis if isinstance(axis, str) else axis["name"] for axis in listed or "tczyx"]
    if len(names) != dimensions:
        raise KeyError("axes")
    band = names.index("c") if "c" in names else None
    others = tuple(i for i, axis in enumerate(names) if axis not in ("y", "x", "c"))
    return _Axes(names.index("y"), names.index("x"), band, others)


def _plain_axes(name: str, shape: tuple[int, ...]) -> _Axes:
    if len(shape) not in (2, 3):
        raise ImageReadError(f"{name}: has shape {shape}; (H, W) or (H, W, C) are read")
    return _Axes(0, 1, 2 if len(shape) == 3 else None, ())


def _pixel_size(
    multiscale: Mapping[str, Any], level: Mapping[str, Any], axes: _Axes
) -> float | None:
    """Return the side of a pixel in micrometres, if both axes have it in a unit of length."""
    try:
        factors = [_MICROMETRES[multiscale["axes"][i]["unit"]] for i in (axes.row, axes.column)]
        scales = [
            change["scale"]
            for owner in (level, multiscale)
            for change in owner.get("coordinateTransformations", ())
            if change["type"] == "scale"
        ]
        down, across = (
            float(np.prod([scale[i] for scale in scales])) * factor
            for i, factor in zip((axes.row, axes.column), factors, strict=True)
        )
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    return square(across, down) if scales else None


def _of_array(name: str, array: Any, axes: _Axes, pixel_size: float | None = None) -> TiledImage:
    bands = 1 if axes.band is None else array.shape[axes.band]
    shape = (array.shape[axes.row], array.shape[axes.column], bands)
    chunk = (min(array.chunks[axes.row], shape[0]), min(array.chunks[axes.column], shape[1]))
    dtype = np.dtype(array.dtype)
    check_samples(name, shape, dtype, _stored(array))
    notes = []
    if any(array.shape[i] > 1 for i in axes.others):
        notes.append(Note(FRAMES, f"{name}: has several pictures; only the first is read"))
    chunks = _Chunks(array, axes, chunk)
    store = Store(shape, dtype, chunk, chunks.read)
    return TiledImage(name, store, _identity(array), pixel_size, notes=tuple(notes))


def _stored(array: Any) -> tuple[int, ...]:
    """Return the shape of the chunks that are read, within shards where there are some."""
    return tuple(map(min, array.chunks, array.shape))


def _identity(array: Any) -> str:
    """Return what the metadata say; chunks may change without it."""
    return repr((array.shape, array.dtype, array.chunks, dict(array.attrs), str(array.store)))


class _Chunks:
    """Reads windows of an array, chunk by chunk where one of them is damaged."""

    def __init__(self, array: Any, axes: _Axes, chunk: tuple[int, int]) -> None:
        self._array = array
        self._axes = axes
        self._chunk = chunk

    def read(self, window: Window, failures: Failures) -> Samples:
        """Return samples, and where there are none: see `Store`."""
        try:
            return self._taken(window), None
        except Exception:  # stores and codecs raise whatever they stumble over
            return self._mended(window, failures)

    def _taken(self, window: Window) -> NDArray[Any]:
        axes = self._axes
        places: list[Any] = [slice(None)] * self._array.ndim
        for axis in axes.others:
            places[axis] = slice(0, 1)
        places[axes.row], places[axes.column] = window.slices
        order = [axes.row, axes.column, *([] if axes.band is None else [axes.band]), *axes.others]
        taken = np.asarray(self._array[tuple(places)]).transpose(order)
        return taken.reshape(*window.shape, -1)

    def _mended(self, window: Window, failures: Failures) -> tuple[NDArray[Any], Any]:
        """Return what can be read of a window."""
        samples, missing = None, np.zeros(window.shape, dtype=bool)
        for piece in self._met(window):
            target = piece.within(window)
            try:
                taken = self._taken(piece)
            except Exception as error:  # as above
                failures.add(piece, error)
                missing[target] = True
                continue
            if samples is None:
                samples = np.zeros((*window.shape, taken.shape[2]), dtype=taken.dtype)
            samples[target] = taken
        if samples is None:
            bands = 1 if self._axes.band is None else self._array.shape[self._axes.band]
            samples = np.zeros((*window.shape, bands), dtype=self._array.dtype)
        return samples, missing

    def _met(self, window: Window) -> Sequence[Window]:
        rows, columns = self._chunk
        return [
            Window(top, left, top + rows, left + columns).meeting(window)
            for top in range(window.top // rows * rows, window.bottom, rows)
            for left in range(window.left // columns * columns, window.right, columns)
        ]

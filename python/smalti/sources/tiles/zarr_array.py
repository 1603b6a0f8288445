"""Zarr arrays of versions 2 and 3, and the OME-Zarr images (0.4 and 0.5) that they are part of.

Of an OME-Zarr image the largest level is read: the first moment and plane, with its one or three
channels. What zarr opens can be a folder, a .zip, or a URL that fsspec knows.
"""

import hashlib
import os
import weakref
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import ImageReadError, MissingExtraError, SmaltiError
from smalti.sources.note import FRAMES, Note
from smalti.sources.pixel_size import square
from smalti.sources.tiles.tiled_image import (
    Failures,
    Samples,
    Store,
    TiledImage,
    check_channels,
    check_samples,
)
from smalti.sources.tiles.window import Window, pieces_met
from smalti.sources.tiles.zarr_folder import is_zarr_folder
from smalti.urls import is_url

__all__ = ["open_zarr", "require_zarr"]

_MICROMETRES = {
    "picometer": 1e-6,
    "angstrom": 1e-4,
    "nanometer": 1e-3,
    "micrometer": 1.0,
    "millimeter": 1e3,
    "centimeter": 1e4,
    "meter": 1e6,
}


def require_zarr(name: str) -> None:
    """Raise `MissingExtraError` unless zarr 3 is installed."""
    try:
        from zarr import create_array  # noqa: F401 - zarr 2 has none
    except ImportError:
        raise MissingExtraError(
            f"{name}: needs zarr 3, for Python 3.11 and later, which is not installed: "
            "pip install 'smalti[large]'"
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

    if not is_url(name) and not Path(name).exists():
        raise ImageReadError(f"{name}: no such file")
    with ExitStack() as stack:
        try:
            found: Any = zarr.open(_store_of(name, stack), mode="r")
            image, chunks = (
                _of_array(name, found, _plain_axes(name, found.shape))
                if hasattr(found, "shape")
                else _of_group(name, found)
            )
        except (SmaltiError, MemoryError):
            raise
        except Exception as error:  # zarr and fsspec's file systems raise errors of many kinds
            reason = str(error).strip() or type(error).__name__
            raise ImageReadError(f"{name}: cannot be read as Zarr: {reason}") from None
        weakref.finalize(chunks, stack.pop_all().close)
    return image


def _store_of(name: str, stack: ExitStack) -> Any:
    """Return what zarr opens. The stack closes an archive."""
    if name.lower().endswith(".zip") and not is_url(name):
        from zarr.storage import ZipStore

        store = ZipStore(name, mode="r")
        stack.callback(_close, store)
        return store
    return name


def _close(store: Any) -> None:
    # One that is no archive has nothing to close.
    with suppress(AttributeError):
        store.close()


def _of_group(name: str, group: Any) -> "tuple[TiledImage, _Chunks]":
    """Return the largest level of an OME-Zarr image."""
    try:
        attributes = dict(group.attrs)
        attributes |= attributes.get("ome", {})
        multiscale = attributes["multiscales"][0]
        level = multiscale["datasets"][0]
        array = group[level["path"]]
        axes = _ome_axes(multiscale.get("axes"), len(array.shape))
    except MemoryError:
        raise
    except Exception:  # metadata may be of any kind, and zarr raises errors of its own
        inner = _inner(name)
        held = "" if inner is None else f"; it holds {inner}"
        raise ImageReadError(
            f"{name}: is a Zarr group without an OME-Zarr image{held}: name an array or an image "
            "in it"
        ) from None
    if axes.band is not None:
        check_channels(name, array.shape[axes.band])
    return _of_array(name, array, axes, _pixel_size(multiscale, level, axes))


def _inner(name: str) -> str | None:
    """Return what there is in a group, if that is a folder: zarr warns of anything else in it."""
    try:
        inner = [entry.name for entry in Path(name).iterdir() if is_zarr_folder(str(entry))]
    except OSError:
        return None
    return ", ".join(sorted(inner)[:3]) or "nothing"


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
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError):
        return None
    return square(across, down) if scales else None


def _of_array(
    name: str, array: Any, axes: _Axes, pixel_size: float | None = None
) -> "tuple[TiledImage, _Chunks]":
    bands = 1 if axes.band is None else array.shape[axes.band]
    shape = (array.shape[axes.row], array.shape[axes.column], bands)
    chunk = (min(array.chunks[axes.row], shape[0]), min(array.chunks[axes.column], shape[1]))
    dtype = np.dtype(array.dtype)
    check_samples(name, shape, dtype, _stored(array, axes))
    notes = []
    if any(array.shape[i] > 1 for i in axes.others):
        notes.append(Note(FRAMES, f"{name}: has several pictures; only the first is read"))
    chunks = _Chunks(array, axes, chunk)
    store = Store(shape, dtype, chunk, chunks.read)
    identify = partial(_identity, name, array)
    return TiledImage(name, store, identify, pixel_size, notes=tuple(notes)), chunks


def _stored(array: Any, axes: _Axes) -> tuple[int, ...]:
    """Return the sides of the chunks that are read, but for bands: all of these are read."""
    sides = map(min, array.chunks, array.shape)
    return tuple(side for axis, side in enumerate(sides) if axis != axes.band)


def _identity(name: str, array: Any) -> str:
    """Return what changes with any of the files; nothing of what lies at a URL."""
    path = Path(name)
    if is_url(name) or not path.exists():
        return ""
    files = [path] if path.is_file() else sorted((path / array.path).rglob("*"))
    digest = hashlib.sha256()
    for file in files:
        status = file.stat()
        digest.update(repr((str(file), status.st_size, status.st_mtime_ns)).encode())
    return digest.hexdigest()


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
        except MemoryError:
            raise
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
        shape = self._array.shape[self._axes.row], self._array.shape[self._axes.column]
        for _, _, piece in pieces_met(window, self._chunk, shape):
            common = piece.meeting(window)
            target = common.within(window)
            try:
                taken = self._taken(common)
            except MemoryError:
                raise
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

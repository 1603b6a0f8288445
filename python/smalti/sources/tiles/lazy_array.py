"""Arrays that are computed or read by chunks: those of dask, and files mapped to memory."""

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.sources.tiles.tiled_image import Failures, Store, TiledImage, check_samples
from smalti.sources.tiles.window import Window

__all__ = ["is_lazy", "is_mapped", "open_lazy"]

# What arrays without chunks are taken to be stored in: rows.
_ROWS = 64


def is_lazy(source: Any) -> bool:
    """Whether something is an array that knows chunks."""
    is_array = all(hasattr(source, name) for name in ("shape", "dtype", "chunks", "__getitem__"))
    return is_array and not isinstance(source, np.ndarray)


def is_mapped(source: Any) -> bool:
    """Whether something is an array that maps a file to memory."""
    return isinstance(source, np.memmap)


def open_lazy(array: Any, name: str = "the image array") -> TiledImage:
    """Open an array by parts.

    Parameters
    ----------
    array : array of shape (H, W) or (H, W, C)
        `numpy.asarray` of a part of it must return that part's samples.
    name : str, default: "the image array"
        What to call it in messages.

    Raises
    ------
    InvalidParameterError, ImageReadError
        If it holds no colours.
    """
    if len(array.shape) not in (2, 3):
        raise InvalidParameterError(
            f"{name} must have shape (H, W) or (H, W, C), got {tuple(array.shape)}"
        )
    if any(math.isnan(size) for size in array.shape):
        raise InvalidParameterError(f"{name} must have a known shape, got {tuple(array.shape)}")
    height, width, *bands = map(int, array.shape)
    shape = (height, width, bands[0] if bands else 1)
    chunk = _chunk(array, shape)
    dtype = np.dtype(array.dtype)
    check_samples(name, shape, dtype, chunk)

    def read(window: Window, _failures: Failures) -> tuple[NDArray[Any], None]:
        try:
            taken = array[window.slices]
            # As an array of NumPy one of dask would lose its mask.
            taken = np.asanyarray(taken.compute() if hasattr(taken, "compute") else taken)
        except MemoryError:
            raise
        except Exception as error:  # whatever computes the array raises errors of its own
            reason = str(error) or type(error).__name__
            raise ImageReadError(f"{name}: {window} cannot be computed: {reason}") from error
        expected = (*window.shape, *bands)
        if taken.shape != expected:
            raise ImageReadError(
                f"{name}: {window} are computed in shape {taken.shape} instead of {expected}"
            )
        return taken.reshape(*window.shape, shape[2]), None

    return TiledImage(name, Store(shape, dtype, chunk, read), partial(_identity, array))


def _identity(array: Any) -> str:
    """Return what identifies an array: nothing unless it is one of dask or maps a file."""
    if hasattr(array, "__dask_graph__"):
        # A hash of what the array is computed from.
        return str(array.name)
    if is_mapped(array) and array.filename is not None:
        status, whole = Path(array.filename).stat(), array
        while isinstance(whole.base, np.ndarray):
            whole = whole.base
        place = array.offset + array.ctypes.data - whole.ctypes.data
        return repr((str(array.filename), status.st_size, status.st_mtime_ns, place, array.strides))
    return ""


def _chunk(array: Any, shape: tuple[int, int, int]) -> tuple[int, int]:
    """Return rows and columns of the largest chunk."""
    chunks = getattr(array, "chunks", None)
    if not chunks:
        return min(_ROWS, shape[0]), shape[1]
    sides = [max(side) if isinstance(side, tuple) else int(side) for side in chunks[:2]]
    return min(sides[0], shape[0]), min(sides[1], shape[1])

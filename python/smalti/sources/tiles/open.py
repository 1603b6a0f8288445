"""Which images are read by parts."""

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from smalti.sources.tiff import TIFF_MAGICS
from smalti.validation import pixel_limit

if TYPE_CHECKING:
    from smalti.sources.tiles.tiled_image import TiledImage

__all__ = ["by_parts", "is_zarr", "opened_by_parts"]

_ZARR_ENDINGS = (".zarr", ".zarr.zip")
_ZARR_FILES = ("zarr.json", ".zgroup", ".zarray")

# What files at URLs are called that are looked at.
_TIFF_ENDINGS = (".tif", ".tiff", ".svs", ".btf")


def opened_by_parts(source: Any, *, max_pixels: int | None = None) -> "TiledImage | None":
    """Open an image by parts, if it is one that is not to be read as a whole.

    Parameters
    ----------
    source : path, URL or array
        Anything else is none.
    max_pixels : int, optional
        Pixels up to which a TIFF file is read as a whole: see `smalti.read`.

    Returns
    -------
    TiledImage or None
        Of Zarr, of arrays with chunks, and of TIFF files and mapped arrays of more pixels.

    Raises
    ------
    ImageReadError, InvalidParameterError, MissingExtraError
        If it is one, but cannot be read.
    """
    limit = pixel_limit(max_pixels)
    if not isinstance(source, str | os.PathLike):
        return _of_array(source, limit)
    name = os.fspath(source)
    if is_zarr(name):
        from smalti.sources.tiles.zarr_array import open_zarr

        return open_zarr(name)
    if not _is_large_tiff(name, limit):
        return None
    from smalti.sources.tiles.tiff_pages import open_tiff

    return open_tiff(name)


def by_parts(source: Any, *, max_pixels: int | None = None) -> "TiledImage":
    """Open any image by parts: one that `opened_by_parts` does not know is read as a whole.

    Raises
    ------
    ImageReadError, InvalidParameterError, MissingExtraError
        If it cannot be read.
    """
    opened = opened_by_parts(source, max_pixels=max_pixels)
    if opened is not None:
        return opened
    from smalti.sources.read import read
    from smalti.sources.tiles.whole_image import of_whole

    return of_whole(read(source, max_pixels=max_pixels))


def is_zarr(name: str) -> bool:
    """Whether a path or URL is one of Zarr: by its ending, or a folder of it."""
    if name.rstrip("/").lower().endswith(_ZARR_ENDINGS):
        return True
    return "://" not in name and any((Path(name) / file).is_file() for file in _ZARR_FILES)


def _of_array(source: Any, limit: int) -> "TiledImage | None":
    if not hasattr(source, "shape") or not hasattr(source, "dtype"):
        return None
    from smalti.sources.tiles.lazy_array import is_lazy, is_mapped, open_lazy

    is_large = is_mapped(source) and source.ndim in (2, 3) and source[..., :1].size > limit
    return open_lazy(source) if is_large or is_lazy(source) else None


def _is_large_tiff(name: str, limit: int) -> bool:
    """Whether a TIFF file has more pixels, or is of a kind that Pillow does not know."""
    if "://" in name and not name.lower().endswith(_TIFF_ENDINGS):
        return False
    try:
        with _file(name) as file:
            if file.read(len(TIFF_MAGICS[0])) not in TIFF_MAGICS:
                return False
            file.seek(0)
            return _pixels_in(file) > limit
    except Exception:  # it is told when pixels are read
        return False


def _file(name: str) -> Any:
    if "://" not in name:
        return Path(name).open("rb")
    import fsspec

    return fsspec.open(name, "rb")


def _pixels_in(file: BinaryIO) -> float:
    """Return the pixels of a TIFF file; infinity for what Pillow does not know."""
    from PIL import UnidentifiedImageError

    from smalti.sources.pixel_limit import header_opened

    try:
        with header_opened(file) as image:
            return image.width * image.height
    except UnidentifiedImageError:
        return math.inf

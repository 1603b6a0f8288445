"""Which images are read by parts."""

import math
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from smalti.sources.tiff import TIFF_MAGICS
from smalti.sources.tiles.tiff_header import pixels_in_tiff
from smalti.sources.tiles.zarr_folder import is_zarr_folder
from smalti.urls import absolute, is_url
from smalti.validation import pixel_limit, whole_number

if TYPE_CHECKING:
    from smalti.sources.tiles.tiled_image import TiledImage

__all__ = ["by_parts", "is_likely_by_parts", "is_read_by_parts", "is_zarr", "opened_by_parts"]

_ZARR_ENDINGS = (".zarr", ".zarr.zip")

# What TIFF files are called. Of files at URLs only these are looked at.
_TIFF_ENDINGS = (".tif", ".tiff", ".svs", ".ndpi", ".btf")


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
    if max_pixels is not None:
        max_pixels = whole_number("max_pixels", max_pixels, 1)
    if not isinstance(source, str | os.PathLike):
        return _of_array(source, pixel_limit(max_pixels))
    name = os.fspath(source)
    if not is_read_by_parts(name, max_pixels):
        return None
    if is_zarr(name):
        from smalti.sources.tiles.zarr_array import open_zarr

        opened = open_zarr(name)
    else:
        from smalti.sources.tiles.tiff_pages import open_tiff

        opened = open_tiff(name)
    return _named(opened, name, max_pixels)


def is_read_by_parts(name: str, max_pixels: int | None) -> bool:
    """Whether `opened_by_parts` opens a path or URL: Zarr, and TIFF of more pixels."""
    return is_zarr(name) or _is_large_tiff(name, pixel_limit(max_pixels))


def is_likely_by_parts(name: str) -> bool:
    """Whether a name ends as those of images that may be read by parts, which is quick to tell."""
    return name.rstrip("/").lower().endswith((*_TIFF_ENDINGS, *_ZARR_ENDINGS))


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

    whole = of_whole(read(source, max_pixels=max_pixels))
    is_name = isinstance(source, str | os.PathLike)
    return _named(whole, os.fspath(source), max_pixels) if is_name else whole


def _named(image: "TiledImage", name: str, max_pixels: int | None) -> "TiledImage":
    """Return an image that other processes open, which may be at work in other folders."""
    return replace(image, opened_by=partial(by_parts, absolute(name), max_pixels=max_pixels))


def is_zarr(name: str) -> bool:
    """Whether a path or URL is one of Zarr: by its ending, or a folder of it."""
    return name.rstrip("/").lower().endswith(_ZARR_ENDINGS) or is_zarr_folder(name)


def _of_array(source: Any, limit: int) -> "TiledImage | None":
    if not hasattr(source, "shape") or not hasattr(source, "dtype"):
        return None
    from smalti.sources.tiles.lazy_array import is_lazy, is_mapped, open_lazy

    is_picture = is_mapped(source) and source.ndim in (2, 3)
    is_large = is_picture and source.shape[0] * source.shape[1] > limit
    return open_lazy(source) if is_large or is_lazy(source) else None


def _is_large_tiff(name: str, limit: int) -> bool:
    """Whether a TIFF file has more pixels, or is of a kind that Pillow does not know."""
    if is_url(name) and not name.lower().endswith(_TIFF_ENDINGS):
        return False
    try:
        with _file(name) as file:
            magic = file.read(len(TIFF_MAGICS[0]))
            # Pillow warns of some tags, so that it is asked only about files that seem small.
            return magic in TIFF_MAGICS and (
                pixels_in_tiff(file) > limit or _pillows_pixels(file) > limit
            )
    except Exception:  # it is told when pixels are read
        return False


def _file(name: str) -> Any:
    if not is_url(name):
        return Path(name).open("rb")
    import fsspec

    return fsspec.open(name, "rb")


def _pillows_pixels(file: BinaryIO) -> float:
    """Return the pixels of a TIFF file; infinity for what Pillow does not know."""
    from PIL import UnidentifiedImageError

    from smalti.sources.pixel_limit import header_opened

    file.seek(0)
    try:
        with header_opened(file) as image:
            return image.width * image.height
    except UnidentifiedImageError:
        return math.inf

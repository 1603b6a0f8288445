"""TIFF files: BigTIFF, SVS, NDPI, OME-TIFF and whatever else tifffile opens.

What is read is the first image at its full size. Its bands lie in one page, pixel by pixel or each
for itself, or in a page each.
"""

import os
import weakref
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from smalti.exceptions import ImageReadError, MissingExtraError, SmaltiError
from smalti.sources.note import FRAMES, PROFILE, Note
from smalti.sources.orientation import UPRIGHT
from smalti.sources.pixel_size import pixel_size_in
from smalti.sources.tiles.profile import refusal
from smalti.sources.tiles.tiff_colors import GREYS, meaning_of
from smalti.sources.tiles.tiff_log import silent_tifffile
from smalti.sources.tiles.tiff_pieces import Pieces, StoredPage, check_decoder
from smalti.sources.tiles.tiled_image import Store, TiledImage, check_channels, check_samples
from smalti.urls import is_url

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

__all__ = ["open_tiff"]

_DESCRIPTION, _ORIENTATION, _ICC_PROFILE = 270, 274, 34675

# What files tell of the size of pixels: see `pixel_size_in`.
_SIZES = (_DESCRIPTION, 282, 283, 296, 33550, 34735)

# Kinds of slides, whose further pictures are labels and small copies.
_SLIDES = ("is_svs", "is_ndpi", "is_philips")

_NUMBERS = (
    "imagewidth",
    "imagelength",
    "samplesperpixel",
    "planarconfig",
    "rowsperstrip",
    "tilewidth",
    "tilelength",
)


def open_tiff(path: str | os.PathLike[str]) -> TiledImage:
    """Open the first image of a TIFF file. The file is closed when nobody holds the image any more.

    Parameters
    ----------
    path : path or URL

    Raises
    ------
    ImageReadError
        If it cannot be read, or holds no colours.
    MissingExtraError
        If tifffile or what decodes its pieces is not installed.
    """
    name = os.fspath(path)
    try:
        from tifffile import TiffFile
    except ImportError:
        raise MissingExtraError(
            f"{name}: to read it by parts needs tifffile, which is not installed: "
            "pip install 'smalti[large]'"
        ) from None
    with ExitStack() as stack, silent_tifffile():
        try:
            opened: Any = name
            if is_url(name):
                opened = stack.enter_context(_at_url(name))
            file = stack.enter_context(TiffFile(opened))
            image, pieces = _image_in(name, file)
        except (SmaltiError, MemoryError):
            raise
        except Exception as error:  # whatever a damaged file makes tifffile stumble over
            reason = str(error).strip() or type(error).__name__
            raise ImageReadError(f"{name}: cannot be read: {reason}") from None
        weakref.finalize(pieces, stack.pop_all().close)
    return image


def _at_url(name: str) -> Any:
    """Return a file object that reads a URL by ranges."""
    import fsspec

    return fsspec.open(name, "rb").open()


def _image_in(name: str, file: "TiffFile") -> tuple[TiledImage, Pieces]:
    picture = _picture_in(name, file)
    page = picture.pages[0].page
    _check_page(name, page)
    meaning = meaning_of(name, page, len(picture.pages))
    height, width = page.imagelength, page.imagewidth
    chunk = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, width)
    chunk = (min(chunk[0], height), min(chunk[1], width))
    check_samples(name, (height, width, meaning.bands), meaning.dtype, chunk)
    if min(chunk) < 1:
        raise ImageReadError(f"{name}: is stored in pieces without pixels")
    check_decoder(name, page)
    pieces = Pieces(name, file, picture.pages, meaning, chunk)
    store = Store((height, width, meaning.bands), meaning.dtype, chunk, pieces.read)
    notes = []
    if picture.others:
        notes.append(Note(FRAMES, f"{name}: has {picture.others}; only the first is read"))
    profile, refused = _profile_of(page, is_grey=meaning.bands <= 2)
    if refused is not None:
        text = f"its colour profile cannot be used ({refused}); colours are taken as sRGB"
        notes.append(Note(PROFILE, f"{name}: {text}"))
    values = {code: _plain(_value_of(page, code)) for code in _SIZES}
    size = pixel_size_in({code: value for code, value in values.items() if value is not None})
    if size is None and file.ome_metadata is not None:
        size = pixel_size_in({_DESCRIPTION: file.ome_metadata})
    identify = partial(_identity, name)
    return TiledImage(name, store, identify, size, profile, tuple(notes)), pieces


class _Picture(NamedTuple):
    """The pages of the first picture, and what there is beside it, in words."""

    pages: list[StoredPage]
    others: str | None


def _picture_in(name: str, file: "TiffFile") -> _Picture:
    """Return the first picture: one page, or a page for each of its channels."""
    series = _series_in(file)
    first: Any = file.pages[0]
    several = f"{len(series)} pictures" if len(series) > 1 else None
    if any(getattr(file, kind) for kind in _SLIDES):
        several = None
    if not series:
        several = "several pictures" if len(file.pages) > 1 else None
        return _Picture([StoredPage(first)], several)
    level: Any = series[0].levels[0]
    first = next(page for page in level.pages if page is not None)
    places, number = _places(name, level, first)
    pages = _pages_at(level, places)
    if pages is None:
        pages, number = [StoredPage(first)], max(number, 2)
    if any(stored.page.parent is not file for stored in pages):
        raise ImageReadError(f"{name}: has its picture in several files, which are not read")
    # Of pages that are alike tifffile has read one, and where the samples of the others are.
    pages = [StoredPage(stored.page.aspage(), stored.shift) for stored in pages]
    if number > len(pages) or getattr(first, "imagedepth", 1) != 1:
        several = several or "several pictures"
    return _Picture(pages, several)


def _series_in(file: Any) -> list[Any]:
    """Return the pictures of a file; none if tifffile does not tell them."""
    for _ in range(2):
        try:
            found = [each for each in file.series if any(page is not None for page in each.pages)]
        except Exception:  # descriptions may be wrong where pages are right
            found = []
        if found:
            return found
        file.is_ome = False
    return []


def _places(name: str, level: Any, first: Any) -> tuple[list[int], int]:
    """Return which pages of a series hold the first picture, and how many there are."""
    outer = len(level.shape) - len(first.shape)
    axes, shape = level.axes[:outer], level.shape[:outer]
    number = int(np.prod(shape, dtype=object))
    channels = shape[axes.index("C")] if "C" in axes else 1
    is_grey = first.samplesperpixel == 1 and int(first.photometric) in GREYS
    if channels == 1 or not is_grey:
        return [0], number
    check_channels(name, channels)
    # The first of all other axes.
    step = int(np.prod(shape[axes.index("C") + 1 :], dtype=object))
    return [channel * step for channel in range(channels)], number


def _pages_at(level: Any, places: list[int]) -> list[StoredPage] | None:
    """Return the pages at places of a series; None if it does not have them."""
    pages = level.pages
    if places[-1] < len(pages):
        found = [pages[place] for place in places]
        return None if None in found else [StoredPage(page) for page in found]
    if len(pages) > 1 or level.dataoffset is None:
        return None
    # ImageJ writes one page for all pictures beyond 4 GiB. They follow each other.
    return [StoredPage(pages[0], place * pages[0].nbytes) for place in places]


def _check_page(name: str, page: "TiffPage") -> None:
    """Refuse sizes that are no numbers, and pictures that are to be turned."""
    for attribute in _NUMBERS:
        value = getattr(page, attribute)
        if not isinstance(value, int):
            raise ImageReadError(f"{name}: cannot be read: its {attribute} is {value!r}")
    orientation = _value_of(page, _ORIENTATION)
    if orientation in range(UPRIGHT + 1, 9):
        raise ImageReadError(
            f"{name}: is stored turned or mirrored (orientation {int(orientation)}); larger than "
            "memory are read upright images: save it upright"
        )


def _profile_of(page: "TiffPage", *, is_grey: bool) -> tuple[bytes | None, str | None]:
    """Return the ICC profile if there is one, or why it cannot be used."""
    profile = _value_of(page, _ICC_PROFILE)
    if not profile:
        return None, None
    if not isinstance(profile, bytes):
        return None, f"it is {type(profile).__name__}, not bytes"
    refused = refusal(profile, is_grey=is_grey)
    return (profile, None) if refused is None else (None, refused)


def _value_of(page: "TiffPage", code: int) -> Any:
    """Return the value of a tag; None of one that is not there, or damaged."""
    try:
        tag = page.tags.get(code)
        return None if tag is None else tag.value
    except Exception:  # whatever tifffile stumbles over
        return None


def _plain(value: Any) -> Any:
    """Return a tag's value with resolutions as numbers."""
    is_ratio = isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], int)
    return value[0] / value[1] if is_ratio and value[1] else value


def _identity(name: str) -> str:
    if is_url(name):
        import fsspec

        file_system, path = fsspec.core.url_to_fs(name)
        return str(file_system.ukey(path))
    status = Path(name).stat()
    return f"{status.st_size}-{status.st_mtime_ns}"

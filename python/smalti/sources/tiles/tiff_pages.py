"""Tiles and strips of TIFF files: BigTIFF, SVS, OME-TIFF and whatever else tifffile opens.

What is read is the first image at its full size. Its bands lie in one page, pixel by pixel or each
for itself, or in a page each.
"""

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import ImageReadError, MissingExtraError
from smalti.sources.note import FRAMES, Note
from smalti.sources.pixel_size import pixel_size_in
from smalti.sources.tiles.tiled_image import Failures, Samples, Store, TiledImage, check_samples
from smalti.sources.tiles.window import Window

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage, TiffPageSeries

__all__ = ["open_tiff"]

_ICC_PROFILE_TAG = 34675
_SEPARATE = 2

# Kinds of colours (tag 262).
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_JPEG_COMPRESSIONS = (6, 7, 33007)


def open_tiff(path: str | os.PathLike[str]) -> TiledImage:
    """Open the first image of a TIFF file.

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
    try:
        file = TiffFile(_opened(name))
        series = file.series[0]
        level: Any = series.levels[0]
        pages = [page for page in level.pages if page is not None]
        pages = [page.aspage() for page in pages]
        tags = {tag.code: _plain(tag.value) for tag in pages[0].tags}
    except Exception as error:  # whatever a damaged file makes tifffile stumble over
        raise ImageReadError(f"{name}: cannot be read: {error}") from None
    found = TiledImage(
        name,
        _store(name, file, pages, level),
        _identity(name),
        pixel_size_in(tags),
        tags.get(_ICC_PROFILE_TAG),
        tuple(_notes(name, file, series)),
    )
    return found if found.pixel_size is not None else replace(found, pixel_size=_ome_size(file))


def _opened(name: str) -> Any:
    """Return what tifffile opens: a path, or a file object that reads a URL by ranges."""
    if "://" not in name:
        return name
    import fsspec

    return fsspec.open(name, "rb").open()


def _identity(name: str) -> str:
    if "://" in name:
        import fsspec

        file_system, path = fsspec.core.url_to_fs(name)
        return str(file_system.ukey(path))
    status = Path(name).stat()
    return f"{status.st_size}-{status.st_mtime_ns}"


def _plain(value: Any) -> Any:
    """Return a tag's value with resolutions as numbers."""
    is_ratio = isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], int)
    return value[0] / value[1] if is_ratio and value[1] else value


def _ome_size(file: "TiffFile") -> float | None:
    return None if file.ome_metadata is None else pixel_size_in({270: file.ome_metadata})


def _notes(name: str, file: "TiffFile", series: "TiffPageSeries") -> Iterator[Note]:
    sizes = dict(zip(series.axes, series.shape, strict=True))
    others = [axis for axis in sizes if axis not in "YXSC" and sizes[axis] > 1]
    if others:
        yield Note(FRAMES, f"{name}: has several pictures; only the first is read")
    if file.is_svs or len(file.series) == 1:
        return
    yield Note(FRAMES, f"{name}: has {len(file.series)} pictures; only the first is read")


def _store(name: str, file: "TiffFile", pages: "list[TiffPage]", level: Any) -> Store:
    """Return where the samples of the first picture are."""
    page = pages[0]
    photometric = int(page.photometric)
    if photometric not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR):
        raise ImageReadError(
            f"{name}: has colours of the kind {_name(page.photometric)}; larger than memory are "
            "read RGB, grey and palettes"
        )
    if photometric == _YCBCR and int(page.compression) not in _JPEG_COMPRESSIONS:
        raise ImageReadError(f"{name}: has YCbCr colours that are not coded by JPEG")
    # A page for each band, if axes say so and one page has one.
    sizes = dict(zip(level.axes, level.shape, strict=True))
    several = page.samplesperpixel == 1 and sizes.get("C", 1) == len(pages) and len(pages) > 1
    pages = pages if several else pages[:1]
    colors = None
    bands = len(pages) if several else page.samplesperpixel
    if photometric == _PALETTE:
        colors = (np.asarray(page.colormap).T >> 8).astype(np.uint8)
        bands = 3
    height, width = page.imagelength, page.imagewidth
    chunk = (page.tilelength, page.tilewidth) if page.is_tiled else (page.rowsperstrip, width)
    chunk = (min(chunk[0], height), min(chunk[1], width))
    dtype = np.dtype(np.uint8 if colors is not None else page.dtype or np.void)
    check_samples(name, (height, width, bands), dtype, chunk)
    _check_decoder(name, page)
    pieces = _Pieces(file, pages, colors, chunk, is_inverted=photometric == _WHITE_IS_ZERO)
    return Store((height, width, bands), dtype, chunk, pieces.read)


def _name(kind: Any) -> str:
    """Return the name of a kind of colours or of compression; some have only a number."""
    return getattr(kind, "name", str(kind))


def _check_decoder(name: str, page: "TiffPage") -> None:
    """Refuse what no piece of can be decoded, before all are said to be damaged."""
    try:
        page.decode(None, 0)
    except ValueError as error:
        if "imagecodecs" in str(error):
            raise MissingExtraError(
                f"{name}: its {_name(page.compression)} tiles need imagecodecs, which is not "
                "installed: pip install 'smalti[large]'"
            ) from None
        raise ImageReadError(f"{name}: cannot be read: {error}") from None
    except Exception as error:  # whatever a damaged header makes tifffile stumble over
        raise ImageReadError(f"{name}: cannot be read: {error}") from None


class _Pieces:
    """Reads the tiles or strips of pages, which have one size; several threads may."""

    def __init__(
        self,
        file: "TiffFile",
        pages: "list[TiffPage]",
        colors: NDArray[np.uint8] | None,
        chunk: tuple[int, int],
        *,
        is_inverted: bool,
    ) -> None:
        self._file = file
        self._pages = pages
        self._colors = colors
        self._chunk = chunk
        self._is_inverted = is_inverted
        self._lock = threading.Lock()
        page = pages[0]
        self._shape = (page.imagelength, page.imagewidth)
        self._planes = page.samplesperpixel if page.planarconfig == _SEPARATE else 1

    def read(self, window: Window, failures: Failures) -> Samples:
        """Return samples, and where there are none: see `Store`."""
        page = self._pages[0]
        bands = len(self._pages) if len(self._pages) > 1 else page.samplesperpixel
        samples = np.zeros((*window.shape, bands), dtype=page.dtype)
        missing = np.zeros(window.shape, dtype=bool)
        for row, column, piece in self._met(window):
            common = piece.meeting(window)
            target = common.within(window)
            try:
                decoded = self._decoded(row, column)
            except Exception as error:  # decoders raise whatever they stumble over
                failures.add(piece, error)
                decoded = None
            if decoded is None:
                missing[target] = True
            else:
                samples[target] = decoded[common.within(piece)]
        return self._meant(samples), missing if missing.any() else None

    def _met(self, window: Window) -> Iterator[tuple[int, int, Window]]:
        rows, columns = self._chunk
        whole = Window.whole(self._shape)
        for row in range(window.top // rows, -(-window.bottom // rows)):
            for column in range(window.left // columns, -(-window.right // columns)):
                top, left = row * rows, column * columns
                yield row, column, Window(top, left, top + rows, left + columns).meeting(whole)

    def _decoded(self, row: int, column: int) -> NDArray[Any] | None:
        """Return a piece, shape (h, w, bands); None if the file does not have it."""
        down = -(-self._shape[0] // self._chunk[0])
        across = -(-self._shape[1] // self._chunk[1])
        number = row * across + column
        parts = []
        for page in self._pages:
            for plane in range(self._planes):
                part = self._segment(page, plane * down * across + number)
                if part is None:
                    return None
                parts.append(part)
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)

    def _segment(self, page: "TiffPage", index: int) -> NDArray[Any] | None:
        length = page.databytecounts[index]
        if not length:
            return None
        with self._lock:
            handle = self._file.filehandle
            handle.seek(page.dataoffsets[index])
            data = handle.read(length)
        if len(data) < length:
            raise ValueError("the file ends before it")
        decoded: Any = page.decode(data, index, jpegtables=page.jpegtables)
        # Depth, rows, columns, samples.
        return None if decoded[0] is None else np.asarray(decoded[0])[0]

    def _meant(self, samples: NDArray[Any]) -> NDArray[Any]:
        """Return colours of a palette, and grey from black to white."""
        if self._colors is not None:
            taken = np.minimum(samples[..., 0], len(self._colors) - 1)
            looked_up: NDArray[Any] = self._colors[taken]
            return looked_up
        if not self._is_inverted:
            return samples
        return ~samples if samples.dtype.kind in "ub" else 1 - samples

"""PNG files, decoded by the core: every colour type and depth, whatever else is in the file."""

import struct
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.exceptions import ImageReadError
from smalti.formats.pictures.png import FORMAT as PNG
from smalti.sources.orientation import orientation_in, oriented
from smalti.sources.reading import Reading
from smalti.sources.source_image import SourceImage

__all__ = ["IndexedPixels", "from_png", "indexed_png", "is_grey_png"]

# A PNG begins with its signature and IHDR: width, height, bits a sample and colour type.
_HEADER = struct.Struct(">16xIIBB")
_INDEXED = 3
_GREYS = (0, 4)
# Four samples of 16 bits.
_MOST_BYTES_PER_PIXEL = 8
_OPAQUE_BLACK = (0, 0, 0, 255)


class IndexedPixels(NamedTuple):
    """Upright indices, uint8 of shape (H, W), and a palette of sRGB, (K, 3) or (K, 4).

    Some indices may be outside the palette.
    """

    indices: NDArray[np.uint8]
    palette: NDArray[np.uint8]


def from_png(data: bytes, reading: Reading) -> SourceImage:
    """Decode a file held in memory.

    Raises
    ------
    ImageReadError
        If it is damaged, too large, or has colours that cannot be read.
    """
    pixels, bits = _decoded(data, reading)
    palette = None
    if isinstance(pixels, IndexedPixels):
        palette = pixels.palette
        pixels = _looked_up(pixels)
    notes = tuple(reading.notes)
    return SourceImage(pixels, bits, reading.name, len(data), notes, palette=palette)


def indexed_png(data: bytes, reading: Reading) -> IndexedPixels | None:
    """Return the indices and the palette of a file held in memory; None if it has none.

    Raises
    ------
    ImageReadError
        As of `from_png`.
    """
    header = _header(data, reading)
    if header is not None and header[3] != _INDEXED:
        return None
    pixels, _ = _decoded(data, reading)
    return pixels if isinstance(pixels, IndexedPixels) else None


def is_grey_png(data: bytes) -> bool:
    """Whether a file is a PNG of grey samples, with alpha or without."""
    return PNG.sniff(data) and len(data) >= _HEADER.size and _HEADER.unpack_from(data)[3] in _GREYS


def _header(data: bytes, reading: Reading) -> tuple[int, int, int, int] | None:
    """Return the fields of the header, if there are any, and check the number of pixels."""
    if len(data) < _HEADER.size:
        return None
    width, height, depth, color_type = _HEADER.unpack_from(data)
    reading.check_pixels(width, height)
    return width, height, depth, color_type


def _decoded(data: bytes, reading: Reading) -> tuple[Any, int]:
    """Return upright pixels and their bits."""
    width, height, *_ = _header(data, reading) or (0, 0)
    with reading.decoding():
        try:
            pixels, bits, frames, exif, profile_refused = _core.decode_png(
                data, _MOST_BYTES_PER_PIXEL * width * height
            )
        except ImageReadError as error:
            raise ImageReadError(f"{reading.name}: {error}") from None
    if frames > 1:
        reading.note_frames(frames)
    if profile_refused is not None:
        reading.note_profile(profile_refused)
    orientation = orientation_in(exif)
    if isinstance(pixels, tuple):
        indices, palette = pixels
        return IndexedPixels(oriented(indices, orientation), palette), bits
    return oriented(pixels, orientation), bits


def _looked_up(pixels: IndexedPixels) -> NDArray[np.uint8]:
    """Return the colours of the indices; what is outside the palette becomes black."""
    entries, channels = pixels.palette.shape
    table = np.tile(np.array(_OPAQUE_BLACK[:channels], dtype=np.uint8), (256, 1))
    table[:entries] = pixels.palette
    return table[pixels.indices]

"""PNG files, decoded by the core: every colour type and depth, whatever else is in the file."""

import struct

from smalti import _core
from smalti.exceptions import ImageReadError
from smalti.formats.pictures.png import FORMAT as PNG
from smalti.sources.reading import Reading
from smalti.sources.source_image import SourceImage
from smalti.sources.upright import IndexedPixels, Upright

__all__ = ["from_png", "indexed_png", "is_grey_png"]

# A PNG begins with its signature and IHDR: width, height, bits a sample and colour type.
_HEADER = struct.Struct(">16xIIBB")
_INDEXED = 3
_GREYS = (0, 4)
# Four samples of 16 bits.
_MOST_BYTES_PER_PIXEL = 8


def from_png(data: bytes, reading: Reading) -> SourceImage:
    """Decode a file held in memory.

    Raises
    ------
    ImageReadError
        If it is damaged, too large, or has colours that cannot be read.
    """
    return _upright(data, reading).source(len(data), reading)


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
    return _upright(data, reading).indexed()


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


def _upright(data: bytes, reading: Reading) -> Upright:
    width, height, *_ = _header(data, reading) or (0, 0)
    with reading.decoding():
        try:
            decoded = _core.decode_png(data, _MOST_BYTES_PER_PIXEL * width * height)
        except ImageReadError as error:
            raise ImageReadError(f"{reading.name}: {error}") from None
        return Upright.of(decoded, reading)

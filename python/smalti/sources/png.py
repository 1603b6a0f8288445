"""PNG files, decoded by the core: every colour type and depth, whatever else is in the file."""

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from smalti import _core
from smalti.exceptions import ImageReadError
from smalti.formats.pictures.png import FORMAT as PNG
from smalti.raw_array import RawArray
from smalti.sources.orientation import orientation_in, oriented
from smalti.sources.reading import Reading
from smalti.sources.source_image import SourceImage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["IndexedPixels", "from_png", "indexed_png", "is_grey_png"]

# A PNG begins with its signature and IHDR: width, height, bits a sample and colour type.
_HEADER = struct.Struct(">16xIIBB")
_INDEXED = 3
_GREYS = (0, 4)
# Four samples of 16 bits.
_MOST_BYTES_PER_PIXEL = 8


class IndexedPixels(NamedTuple):
    """Upright indices, uint8 of shape (H, W), and a palette of sRGB, (K, 3) or (K, 4).

    Some indices may be outside the palette.
    """

    indices: "NDArray[np.uint8]"
    palette: "NDArray[np.uint8]"


class _Decoded(NamedTuple):
    """Upright pixels or indices, the palette if there is one, and bits."""

    pixels: Any
    palette: Any
    bits: int


def from_png(data: bytes, reading: Reading) -> SourceImage:
    """Decode a file held in memory.

    Raises
    ------
    ImageReadError
        If it is damaged, too large, or has colours that cannot be read.
    """
    pixels, palette, bits = _decoded(data, reading)
    if palette is not None:
        pixels = RawArray(*_core.looked_up(pixels, palette))
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
    indices, palette, _ = _decoded(data, reading)
    if palette is None:
        return None
    if isinstance(indices, RawArray):
        indices = indices.array()
    return IndexedPixels(indices, palette.array())


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


def _decoded(data: bytes, reading: Reading) -> _Decoded:
    width, height, *_ = _header(data, reading) or (0, 0)
    with reading.decoding():
        try:
            pixels, palette, bits, frames, exif, profile_refused = _core.decode_png(
                data, _MOST_BYTES_PER_PIXEL * width * height
            )
        except ImageReadError as error:
            raise ImageReadError(f"{reading.name}: {error}") from None
    if frames > 1:
        reading.note_frames(frames)
    if profile_refused is not None:
        reading.note_profile(profile_refused)
    made = RawArray(*pixels)
    # The core takes samples of 16 bits as NumPy's arrays.
    upright = oriented(made if made.dtype == "uint8" else made.array(), orientation_in(exif))
    return _Decoded(upright, None if palette is None else RawArray(*palette), bits)

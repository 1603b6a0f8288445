"""Decoding image files: the core for PNG, GIF, WebP and 16 bits a sample, Pillow for all others.

Everything ends as sRGB pixels: ICC profiles converted, EXIF orientation applied,
transparency as an alpha channel.
"""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from smalti.exceptions import ImageReadError
from smalti.formats.archive import NPY_MAGIC, ZIP_MAGIC, kind_of
from smalti.formats.pictures.png import FORMAT as PNG
from smalti.sources import tiff
from smalti.sources.gif_webp import upright_of
from smalti.sources.note import DEPTH
from smalti.sources.png import from_png
from smalti.sources.reading import Reading
from smalti.sources.source_image import SourceImage

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["from_bytes"]

# The maximum sample value in a PNM header: after the magic, width and height, with comments.
_PNM_MAX_VALUE = re.compile(rb"P[2356]" + 3 * rb"(?:\s+(?:#[^\n]*\n\s*)*(\d+))")


def from_bytes(data: bytes, reading: Reading) -> SourceImage:
    """Decode a file held in memory."""
    if PNG.sniff(data):
        return from_png(data, reading)
    upright = upright_of(data, reading)
    if upright is not None:
        return upright.source(len(data), reading)
    if data.startswith((NPY_MAGIC, ZIP_MAGIC)) and kind_of(data) is None:
        from smalti.sources.arrays import from_numpy_file

        array = from_numpy_file(data, reading)
        if array is not None:
            return array
    from smalti.sources.pillow import from_pillow, note_frames, opened

    image = opened(data, reading)
    note_frames(image, reading)
    with reading.decoding():
        deep = _has_16_bit_samples(image, data)
    return _from_16_bits(image, data, reading) if deep else from_pillow(image, reading, len(data))


def _from_16_bits(image: "Image.Image", data: bytes, reading: Reading) -> SourceImage:
    from smalti.sources.deep import from_16_bits
    from smalti.sources.pillow import from_pillow

    try:
        return from_16_bits(image, data, reading)
    except ImageReadError as error:
        if tiff.is_in_planes(image):
            # Pillow makes another picture of it.
            raise ImageReadError(
                f"{reading.name}: has 16-bit samples in planes, in a layout that cannot be "
                "decoded; save it with the samples of a pixel side by side"
            ) from None
        # A variant that only Pillow reads, or a damaged file: then Pillow refuses it too.
        source = from_pillow(image, reading, len(data))
        if source.pixels.dtype == "uint16":
            return source
        reading.note(DEPTH, f"its 16-bit samples are read as 8 bits ({error})")
        return replace(source, notes=tuple(reading.notes))


def _has_16_bit_samples(image: "Image.Image", data: bytes) -> bool:
    """Whether the file holds unsigned 16-bit samples, which Pillow may hand out as 8 bits."""
    match image.format:
        case "PPM":
            header = _PNM_MAX_VALUE.match(data)
            return header is not None and int(header[3]) > 255
        case "TIFF":
            return tiff.has_16_bit_samples(image)
        case _:
            return False

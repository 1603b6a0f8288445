"""EXIF's orientation: which way up the pixels of a file are."""

import struct
from typing import TYPE_CHECKING, Any

from smalti.raw_array import RawArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

__all__ = ["TURNED", "UPRIGHT", "exif_upright", "orientation_in", "orientation_of", "oriented"]

UPRIGHT = 1
"""The orientation of what is to be left as it is."""

TURNED = (5, 6, 7, 8)
"""The orientations that swap rows and columns."""

_TAG = 0x0112
# Before the TIFF header in JPEG. Some writers put it into other files, too.
_JPEG_PREFIX = b"Exif\0\0"
# Struct codes of the types of whole numbers: bytes, shorts and longs.
_CODES = {1: "B", 3: "H", 4: "I"}


def orientation_of(image: "Image.Image") -> int:
    """Return EXIF's 1 to 8; damaged metadata do not make a picture unreadable."""
    return _orientation(image.getexif)


def orientation_in(exif: bytes | None) -> int:
    """Return the same of a file's block of EXIF, from its TIFF header on."""
    if not exif:
        return UPRIGHT
    from PIL import Image

    def tags() -> Image.Exif:
        tags = Image.Exif()
        tags.load(exif)
        return tags

    return _orientation(tags)


def _orientation(tags: "Callable[[], Image.Exif]") -> int:
    try:
        return int(tags().get(_TAG, UPRIGHT))
    except Exception:
        return UPRIGHT


def oriented(pixels: Any, orientation: int) -> Any:
    """Turn pixels, an array or raw, of shape (H, W) or (H, W, C), upright.

    EXIF's 1 to 8 say where the first row and column belong.
    """
    if orientation == UPRIGHT and isinstance(pixels, RawArray):
        return pixels
    import numpy as np

    if isinstance(pixels, RawArray):
        pixels = pixels.array()
    if orientation in TURNED:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)


def exif_upright(exif: bytes) -> bytes | None:
    """Return a block of EXIF that says upright and is otherwise the same; None if that fails."""
    changed = bytearray(exif)
    start = len(_JPEG_PREFIX) if exif.startswith(_JPEG_PREFIX) else 0
    order = "<" if exif[start : start + 2] == b"II" else ">"
    try:
        (directory,) = struct.unpack_from(f"{order}I", exif, start + 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start + directory)
        for i in range(count):
            entry = start + directory + 2 + 12 * i
            tag, kind = struct.unpack_from(f"{order}HH", exif, entry)
            if tag == _TAG and kind in _CODES:
                struct.pack_into(f"{order}{_CODES[kind]}", changed, entry + 8, UPRIGHT)
    except struct.error:
        return None
    return bytes(changed) if orientation_in(bytes(changed)) == UPRIGHT else None

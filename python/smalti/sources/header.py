"""How large an image is and how many frames it has, without its pixels being decoded."""

import io
import struct

from smalti.formats.pictures.png import FORMAT as PNG
from smalti.formats.png_chunks import chunks_in
from smalti.sources.frames import frames_of
from smalti.sources.gif_webp import header_of
from smalti.sources.pixel_limit import header_opened

__all__ = ["frames_in", "pixels_in"]

# Signature and IHDR: width and height.
_PNG_HEADER = struct.Struct(">16xII")

# The number of frames is the first thing that this chunk says. It stands before the data.
_ANIMATION, _DATA = b"acTL", b"IDAT"
_NUMBER = struct.Struct(">I")


def pixels_in(data: bytes) -> int:
    """Return the number of pixels that a file says it has; 0 if that cannot be read."""
    if PNG.sniff(data) and len(data) >= _PNG_HEADER.size:
        width, height = _PNG_HEADER.unpack_from(data)
        return int(width * height)
    header = header_of(data)
    if header is not None:
        return header[0] * header[1]
    try:
        with header_opened(io.BytesIO(data)) as image:
            return image.width * image.height
    except Exception:  # whatever a decoder stumbles over; it is told when pixels are read
        return 0


def frames_in(data: bytes) -> int:
    """Return the number of frames or pages of a file; 1 if that cannot be read."""
    if PNG.sniff(data):
        for chunk in chunks_in(data):
            if chunk.kind == _ANIMATION and len(chunk.body) >= _NUMBER.size:
                return int(_NUMBER.unpack_from(chunk.body)[0])
            if chunk.kind == _DATA:
                break
        return 1
    header = header_of(data)
    if header is not None:
        return header[2]
    try:
        with header_opened(io.BytesIO(data)) as image:
            return frames_of(image)
    except Exception:  # as above
        return 1

"""A PNG file without what says nothing of its pixels: text, times, resolutions, thumbnails.

The compressed data stay as they are, so that this is lossless and quick.
"""

import struct
import zlib
from collections.abc import Iterator

from smalti.sources.orientation import orientation_in

__all__ = ["without_metadata"]

_SIGNATURE_BYTES = 8
_CHUNK_HEAD = struct.Struct(">I4s")
_CRC_BYTES = 4

# Alpha, and what the stored samples mean as colours. Critical chunks are kept, too.
_KEPT = {b"tRNS", b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"sBIT"}
_EXIF = b"eXIf"
_END = b"IEND"
_UPRIGHT = 1

# A TIFF header and a directory of one entry: tag 0x0112, a short, once.
_ORIENTATION_ALONE = struct.Struct(">2sHIHHHIHHI")


def without_metadata(png: bytes) -> bytes:
    """Return the file without ancillary chunks that do not change how its picture is shown.

    Of EXIF the orientation stays, if the picture is not upright without it. A file whose chunks
    cannot be followed to the end is returned as it is. The frames of an animation are lost.
    """
    chunks = list(_chunks(png))
    if not chunks or chunks[-1][0] != _END:
        return png
    pieces = [png[:_SIGNATURE_BYTES]]
    for kind, whole in chunks:
        if kind == _EXIF:
            pieces.append(_oriented_alone(whole[_CHUNK_HEAD.size : -_CRC_BYTES]))
        elif kind in _KEPT or _is_critical(kind):
            pieces.append(whole)
    return b"".join(pieces)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind and all bytes of each whole chunk, up to the last."""
    at = _SIGNATURE_BYTES
    while at + _CHUNK_HEAD.size + _CRC_BYTES <= len(png):
        length, kind = _CHUNK_HEAD.unpack_from(png, at)
        end = at + _CHUNK_HEAD.size + length + _CRC_BYTES
        if end > len(png):
            return
        yield kind, png[at:end]
        if kind == _END:
            return
        at = end


def _is_critical(kind: bytes) -> bool:
    """Whether no decoder may skip a chunk: the first letter is a capital."""
    return kind[:1].isupper()


def _oriented_alone(exif: bytes) -> bytes:
    """Return a chunk that tells the orientation and nothing else, or nothing if it is upright."""
    orientation = orientation_in(exif)
    if orientation == _UPRIGHT:
        return b""
    body = _ORIENTATION_ALONE.pack(b"MM", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    head = _CHUNK_HEAD.pack(len(body), _EXIF)
    return head + body + struct.pack(">I", zlib.crc32(_EXIF + body))

"""Marks: a few bytes at the end of a file that say what it was made by.

Each format has a place for them that viewers skip. A mark has few bytes, so that small files stay
small, and stands at the end, so that it is found without reading the file.
"""

import struct

from smalti.formats.png_chunks import SIGNATURE, chunk_of, chunks_in, with_last_chunk

__all__ = [
    "KIND",
    "MOST_BYTES",
    "SIZES",
    "TAIL_BYTES",
    "marked_png",
    "marked_webp",
    "marked_zip",
    "png_mark",
    "webp_mark",
    "zip_mark",
]

KIND = b"smLT"
"""What PNG and WebP call the chunk: ancillary, private, and not to be copied to another picture."""

SIZES = (4, 8)
"""Bytes that a mark may have."""

MOST_BYTES = 34
"""Bytes that a mark adds to a file, at most: to a WebP."""

TAIL_BYTES = 64
"""Bytes at the end of a file that hold its mark, with all that is around it."""

# Bytes of a PNG chunk without its body. IEND, the last one, has no body.
_CHUNK_BYTES = 12

_RIFF = struct.Struct("<4sI4s")
_RIFF_CHUNK = struct.Struct("<4sI")
# The header of lossless data: a magic byte, then 14 bits each for width and height less one, and
# one for alpha.
_LOSSLESS = struct.Struct("<BI")
_LOSSLESS_MAGIC = 0x2F
_SIDE_BITS = 14
_ALPHA_FLAG = 0x10
_VP8X_BYTES = 10

# A zip archive ends with a record of 22 bytes, of which the last two tell the length of a comment.
_ZIP_END_BYTES = 22
_ZIP_END = b"PK\x05\x06"
_COMMENT_LENGTH = struct.Struct("<H")


def marked_png(png: bytes, mark: bytes) -> bytes:
    """Return a PNG file with a chunk right before its end."""
    return with_last_chunk(png, chunk_of(KIND, mark))


def png_mark(tail: bytes) -> bytes | None:
    """Return the mark of a PNG file, given its last bytes."""
    for size in SIZES:
        last = tail[-(size + 2 * _CHUNK_BYTES) :]
        chunks = list(chunks_in(SIGNATURE + last))
        if len(chunks) == 2 and chunks[0].kind == KIND and chunks[0].is_sound:
            return chunks[0].body
    return None


def marked_webp(webp: bytes, mark: bytes) -> bytes:
    """Return a WebP file of lossless data, as smalti encodes it, with a chunk at its end.

    Only the extended form of the format has further chunks, so that its header is put in: 18 bytes.
    A file of any other form is returned as it is.
    """
    head = _RIFF.size + _RIFF_CHUNK.size
    if webp[_RIFF.size :][:4] != b"VP8L" or len(webp) < head + _LOSSLESS.size:
        return webp
    magic: int
    bits: int
    magic, bits = _LOSSLESS.unpack_from(webp, head)
    if magic != _LOSSLESS_MAGIC:
        return webp
    side = (1 << _SIDE_BITS) - 1
    width, height = bits & side, bits >> _SIDE_BITS & side
    flags = _ALPHA_FLAG if bits >> 2 * _SIDE_BITS & 1 else 0
    canvas = width.to_bytes(3, "little") + height.to_bytes(3, "little")
    extended = _RIFF_CHUNK.pack(b"VP8X", _VP8X_BYTES) + bytes([flags, 0, 0, 0]) + canvas
    last = _RIFF_CHUNK.pack(KIND, len(mark)) + mark
    body = extended + webp[_RIFF.size :] + last
    return _RIFF.pack(b"RIFF", len(body) + 4, b"WEBP") + body


def webp_mark(tail: bytes) -> bytes | None:
    """Return the mark of a WebP file, given its last bytes."""
    for size in SIZES:
        if tail[-(size + _RIFF_CHUNK.size) : -size] == _RIFF_CHUNK.pack(KIND, size):
            return tail[-size:]
    return None


def marked_zip(archive: bytes, mark: bytes) -> bytes:
    """Return a zip archive without a comment with one."""
    comment = KIND + mark
    return archive[: -_COMMENT_LENGTH.size] + _COMMENT_LENGTH.pack(len(comment)) + comment


def zip_mark(tail: bytes) -> bytes | None:
    """Return the mark of a zip archive, given its last bytes."""
    for size in SIZES:
        comment = len(KIND) + size
        end = tail[-(_ZIP_END_BYTES + comment) :]
        length = _COMMENT_LENGTH.pack(comment)
        if end.startswith(_ZIP_END) and end[_ZIP_END_BYTES - 2 :].startswith(length + KIND):
            return tail[-size:]
    return None

"""JASC palette, a text, which is read and written; and Microsoft's RIFF palette, which is read.

JASC's are those of Paint Shop Pro: three lines of a head, then three numbers a line. Some programs
add a fourth for alpha, which is read. Microsoft's are described in "Multimedia Programming
Interface and Data Specifications 1.0" (1991): a chunk ``data`` holds a LOGPALETTE, which is a
version, a number of colours, and 4 bytes for each: red, green, blue and flags.
"""

import reprlib
import struct
from collections.abc import Iterator

from smalti.colors import Color
from smalti.exceptions import ImageReadError
from smalti.formats.palette_format import PaletteFormat, Swatches
from smalti.formats.palette_reading import color_of_words, damage_told, lines_of, without_mark

__all__ = ["FORMAT"]

_JASC = b"JASC-PAL"
_JASC_VERSION = b"0100"

_RIFF_HEAD = struct.Struct("<4sI4s")
_RIFF_CHUNK = struct.Struct("<4sI")
_LOGPALETTE = struct.Struct("<HH")
_ENTRY_BYTES = 4


def _encode(swatches: Swatches) -> bytes:
    rows = "".join(f"{color.red} {color.green} {color.blue}\r\n" for color in swatches.colors)
    return f"JASC-PAL\r\n0100\r\n{len(swatches.colors)}\r\n{rows}".encode()


def _decode(data: bytes, name: str) -> Swatches:
    with damage_told(name):
        if _is_jasc(data):
            return Swatches(tuple(_jasc_colors(lines_of(data), name)))
        if _is_riff(data):
            return Swatches(tuple(_riff_colors(data, name)))
        raise ValueError("it begins neither as a JASC palette nor as a RIFF palette")


def _is_jasc(data: bytes) -> bool:
    return without_mark(data).startswith(_JASC)


def _is_riff(data: bytes) -> bool:
    return data.startswith(b"RIFF") and data[8:12] == b"PAL "


def _jasc_colors(lines: list[bytes], name: str) -> Iterator[Color]:
    version, told = (line.strip() for line in [*lines, b"", b""][1:3])
    if version != _JASC_VERSION:
        text = version.decode("utf-8", "replace")
        raise ImageReadError(
            f"{name}: is a JASC palette of version {reprlib.repr(text)}, but only '0100' is known"
        )
    rows = [(number, line) for number, line in enumerate(lines[3:], start=4) if line.strip()]
    if told != b"%d" % len(rows):
        text = told.decode("utf-8", "replace")
        raise ValueError(f"it tells of {reprlib.repr(text)} colours, but has {len(rows):,}")
    return (color_of_words(line.split(), number) for number, line in rows)


def _riff_colors(data: bytes, name: str) -> Iterator[Color]:
    at = _data_chunk(data, name)
    if at + _LOGPALETTE.size > len(data):
        raise ValueError("it ends before its colours")
    _, count = _LOGPALETTE.unpack_from(data, at)
    at += _LOGPALETTE.size
    entries = data[at : at + _ENTRY_BYTES * count]
    if len(entries) < _ENTRY_BYTES * count:
        raise ValueError(f"it tells of {count:,} colours, but has {len(entries) // _ENTRY_BYTES:,}")
    return (Color(*entries[i : i + 3]) for i in range(0, len(entries), _ENTRY_BYTES))


def _data_chunk(data: bytes, name: str) -> int:
    """Return where the body of the chunk ``data`` begins.

    Its length is not looked at: programs disagree about it by some bytes.
    """
    at = _RIFF_HEAD.size
    while at + _RIFF_CHUNK.size <= len(data):
        kind, length = _RIFF_CHUNK.unpack_from(data, at)
        at += _RIFF_CHUNK.size
        if kind == b"data":
            return at
        # Chunks begin at even places.
        at += length + length % 2
    raise ImageReadError(f"{name}: is a RIFF palette without the chunk 'data', which holds colours")


FORMAT = PaletteFormat(
    name="pal",
    title="JASC palette",
    suffixes=(".pal",),
    rank=4,
    holds_alpha=False,
    holds_clear=False,
    max_colors=None,
    sniff=lambda data: _is_jasc(data) or _is_riff(data),
    encode=_encode,
    decode=_decode,
)

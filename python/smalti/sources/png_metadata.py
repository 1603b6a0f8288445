"""What a PNG file says beside its pixels: text, times, EXIF, resolution.

`kept_metadata` takes it along to a picture that smalti made of the file; `without_metadata` removes
it from the file itself. The compressed data are not touched, so that both are lossless and quick.

The pixels of such a picture are upright and in sRGB. So orientations become upright, and chunks
about colours are never copied: a file that had some gets one that says sRGB.
"""

import re
import struct
from collections.abc import Iterable, Iterator
from typing import Any

from smalti.formats.pictures.png import FORMAT as PNG
from smalti.formats.png_chunks import (
    END,
    SIGNATURE,
    STRIPS,
    Chunk,
    chunk_of,
    chunks_in,
)
from smalti.sources.orientation import TURNED, UPRIGHT, exif_upright, orientation_in
from smalti.validation import one_of

__all__ = ["STRIPS", "kept_metadata", "pixel_size_chunk", "without_metadata", "xmp_chunk"]

# What the stored samples mean as colours.
_COLORS = frozenset({b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM"})
# Alpha, and the bits that samples have: a file's own pixels need them.
_PIXELS = frozenset({b"tRNS", b"sBIT"})
_DATA = b"IDAT"
_EXIF = b"eXIf"
_SIZE = b"pHYs"
_TIME = b"tIME"
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_ONCE = frozenset({_EXIF, _SIZE, _TIME})
# May stand after the data, and so anywhere.
_ANYWHERE = _TEXTS | {_EXIF, _TIME}
# Perceptual rendering, 0.
_SRGB = chunk_of(b"sRGB", b"\0")

# Pixels a unit across and down, and the unit.
_PIXEL_SIZE = struct.Struct(">IIB")
_METRE = 1
_METRES_PER_INCH = 0.0254
_MOST_PER_METRE = 2**31 - 1

# A TIFF header and a directory of one entry: tag 0x0112, a short, once.
_ORIENTATION_ALONE = struct.Struct(">2sHIHHHIHHI")

# XMP repeats the orientation, as an attribute or as an element.
_XMP = b"XML:com.adobe.xmp\0\0"  # the second byte 0: it is not compressed
# Neither compressed, nor in a language, nor with a translated keyword.
_PLAIN_XMP = _XMP + b"\0\0\0"
_XMP_ORIENTATION = re.compile(rb"""(tiff:Orientation(?:\s*=\s*["']|\s*>\s*))[2-8]\b""")


def kept_metadata(png: bytes, strip: str) -> list[Chunk]:
    """Return what a file says that holds for a picture made of it, too.

    Parameters
    ----------
    png : bytes
        The file that the picture was made of. Files of other formats have nothing to be kept.
    strip : {"none", "safe", "all"}
        With ``"none"``, text, XMP, the time, EXIF, the size of pixels and private chunks that their
        makers call safe to copy are kept. With ``"safe"``, what changes how the picture is shown
        and the size of pixels (DPI); with ``"all"``, nothing.

    Returns
    -------
    list of Chunk
        For `smalti.formats.png_chunks.with_chunks`. Orientations are upright; a file that says what
        its colours mean gets the chunk that says sRGB. Chunks with a wrong checksum are left out.

    Raises
    ------
    InvalidParameterError
        If `strip` is something else.
    """
    if one_of("strip", strip, STRIPS) == "all" or not PNG.sniff(png):
        return []
    told = list(_ancillary(png))
    found = [chunk for chunk in _to_be_kept(told) if strip == "none" or chunk.kind == _SIZE]
    exif = next((chunk.body for chunk, _ in told if chunk.kind == _EXIF), None)
    orientation = orientation_in(exif)
    if orientation != UPRIGHT:
        found = [turned for chunk in found if (turned := _turned(chunk, orientation))]
    has_colors = any(chunk.kind in _COLORS for chunk, _ in told)
    return [_SRGB, *found] if has_colors else found


def _ancillary(png: bytes) -> Iterator[tuple[Chunk, bool]]:
    """Yield sound chunks that are not critical, and whether they stand after the data."""
    is_after_data = False
    for chunk in chunks_in(png):
        is_after_data |= chunk.kind == _DATA
        if not chunk.is_critical and chunk.is_sound:
            yield chunk, is_after_data


def _to_be_kept(told: Iterable[tuple[Chunk, bool]]) -> Iterator[Chunk]:
    """Yield chunks that stay true when colours change; of those allowed once, the first."""
    seen = set()
    for chunk, is_after_data in told:
        if chunk.kind in _ONCE and chunk.kind in seen:
            continue
        seen.add(chunk.kind)
        # What stood after the data must not go before them, unless it may stand anywhere.
        if chunk.kind in _ANYWHERE or (chunk.may_be_copied and not is_after_data):
            yield chunk


def _turned(chunk: Chunk, orientation: int) -> Chunk | None:
    """Return a chunk as it holds for the upright picture; None if it cannot be made so."""
    if chunk.kind == _EXIF:
        exif = exif_upright(chunk.body)
        return None if exif is None else chunk_of(_EXIF, exif)
    if chunk.kind == _SIZE and orientation in TURNED and len(chunk.body) == _PIXEL_SIZE.size:
        across, down, unit = _PIXEL_SIZE.unpack(chunk.body)
        return chunk_of(_SIZE, _PIXEL_SIZE.pack(down, across, unit))
    if chunk.kind == b"iTXt" and chunk.body.startswith(_XMP):
        return chunk_of(b"iTXt", _upright_xmp(chunk.body))
    return chunk


def _upright_xmp(xmp: bytes) -> bytes:
    return _XMP_ORIENTATION.sub(rb"\g<1>1", xmp)


def xmp_chunk(xmp: bytes, orientation: int) -> Chunk:
    """Return a chunk of the XMP of a file of another format, made upright as its picture was."""
    return chunk_of(b"iTXt", _PLAIN_XMP + (xmp if orientation == UPRIGHT else _upright_xmp(xmp)))


def pixel_size_chunk(dpi: Any, *, turned: bool) -> Chunk | None:
    """Return a chunk of the dots per inch that Pillow tells of a file; None if they are none.

    Parameters
    ----------
    dpi : (number, number) or anything else
        Across and down.
    turned : bool
        Whether rows and columns have been swapped.
    """
    try:
        across, down = (round(float(each) / _METRES_PER_INCH) for each in dpi)
    except (TypeError, ValueError, ArithmeticError):
        return None
    if not 0 < min(across, down) <= max(across, down) <= _MOST_PER_METRE:
        return None
    sides = (down, across) if turned else (across, down)
    return chunk_of(_SIZE, _PIXEL_SIZE.pack(*sides, _METRE))


def without_metadata(png: bytes, strip: str = "all") -> bytes:
    """Return the file without ancillary chunks that do not change how its picture is shown.

    Parameters
    ----------
    png : bytes
        The file. One whose chunks cannot be followed to the end is returned as it is.
    strip : {"none", "safe", "all"}, default: "all"
        ``"safe"`` leaves the size of pixels (DPI), too; ``"none"`` returns the file as it is.

    Returns
    -------
    bytes
        The file. Of EXIF the orientation stays, if the picture is not upright without it. The
        frames of an animation are lost, unless `strip` is ``"none"``.

    Raises
    ------
    InvalidParameterError
        If `strip` is something else.
    """
    chunks = list(chunks_in(png))
    if one_of("strip", strip, STRIPS) == "none" or not chunks or chunks[-1].kind != END:
        return png
    kept = _COLORS | _PIXELS | ({_SIZE} if strip == "safe" else set())
    pieces = [SIGNATURE]
    for chunk in chunks:
        if chunk.kind == _EXIF:
            pieces.append(_oriented_alone(chunk.body))
        elif chunk.kind in kept or chunk.is_critical:
            pieces.append(chunk.to_bytes())
    return b"".join(pieces)


def _oriented_alone(exif: bytes) -> bytes:
    """Return a chunk that tells the orientation and nothing else, or nothing if it is upright."""
    orientation = orientation_in(exif)
    if orientation == UPRIGHT:
        return b""
    body = _ORIENTATION_ALONE.pack(b"MM", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    return chunk_of(_EXIF, body).to_bytes()

"""Hexadecimal digits, a colour a line, as Lospec's palettes have them.

With alpha there are 8 digits, alpha last. Files of paint.net look alike but have alpha first. Their
comments name the program, and so they are read as it writes them.
"""

import re
import reprlib
from collections.abc import Iterator

from smalti.colors import Color, hex_color
from smalti.formats.palette_format import PaletteFormat, Swatches
from smalti.formats.palette_reading import damage_told, is_text, lines_of

__all__ = ["FORMAT"]

_COLOR = re.compile(rb"#?([0-9a-f]{6}(?:[0-9a-f]{2})?)", re.IGNORECASE)
_COMMENT = b";"
_ALPHA_FIRST = re.compile(rb"\s*;.*paint\.net", re.IGNORECASE)


def _encode(swatches: Swatches) -> bytes:
    return "".join(f"{hex_color(color)}\n" for color in swatches.colors).encode()


def _decode(data: bytes, name: str) -> Swatches:
    with damage_told(name):
        return Swatches(tuple(_colors(lines_of(data))))


def _colors(lines: list[bytes]) -> Iterator[Color]:
    is_alpha_first = any(map(_ALPHA_FIRST.match, lines))
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith(_COMMENT):
            continue
        found = _COLOR.fullmatch(text)
        if not found:
            shown = reprlib.repr(text.decode("utf-8", "replace"))
            raise ValueError(f"line {number} is {shown}, not 6 or 8 hexadecimal digits")
        samples = bytes.fromhex(found[1].decode())
        if is_alpha_first and len(samples) == 4:
            samples = samples[1:] + samples[:1]
        yield Color(*samples)


def _sniff(data: bytes) -> bool:
    """Whether every line is a colour or a comment, and there is a colour."""
    try:
        return is_text(data) and bool(list(_colors(lines_of(data))))
    except ValueError:
        return False


FORMAT = PaletteFormat(
    name="hex",
    title="hexadecimal digits",
    suffixes=(".hex",),
    rank=7,
    holds_alpha=True,
    holds_clear=True,
    max_colors=None,
    sniff=_sniff,
    encode=_encode,
    decode=_decode,
)

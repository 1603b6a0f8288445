"""GIMP palette: a line of text for each colour, which may have a name.

GIMP's developers describe it ("GIMP Palette Format Version 2"); the older format without a name and
columns is read, too. Aseprite adds a line ``Channels: RGBA`` and a fourth number for alpha ("GIMP
Palette File Format Extension"): both are read.
"""

import re
from collections.abc import Iterator

from smalti.colors import Color, hex_color
from smalti.formats.palette_format import PaletteFormat, Swatches
from smalti.formats.palette_reading import color_of_words, damage_told, lines_of, without_mark

__all__ = ["FORMAT"]

_MAGIC = b"GIMP Palette"

# Columns 0 let the width of the window decide.
_HEAD = "GIMP Palette\nName: smalti\nColumns: 0\n#\n"

# ``Name: Sunset``, ``Columns: 8`` and whatever else programs tell.
_FIELD = re.compile(rb"\s*\w+:")
_CHANNELS = re.compile(rb"\s*Channels:\s*RGBA\s*", re.IGNORECASE)


def _encode(swatches: Swatches) -> bytes:
    rows = (
        f"{color.red:3d} {color.green:3d} {color.blue:3d}\t{hex_color(color)}\n"
        for color in swatches.colors
    )
    return (_HEAD + "".join(rows)).encode()


def _decode(data: bytes, name: str) -> Swatches:
    with damage_told(name):
        return Swatches(tuple(_colors(lines_of(data))))


def _colors(lines: list[bytes]) -> Iterator[Color]:
    if not lines or not lines[0].startswith(_MAGIC):
        raise ValueError("its first line is not 'GIMP Palette'")
    samples = 3
    for number, line in enumerate(lines[1:], start=2):
        if _FIELD.match(line):
            samples = 4 if _CHANNELS.fullmatch(line) else samples
        elif line.strip() and not line.lstrip().startswith(b"#"):
            # The rest of the line is a name.
            words = line.split(maxsplit=samples)[:samples]
            yield color_of_words(words, number)


FORMAT = PaletteFormat(
    name="gpl",
    title="GIMP palette",
    suffixes=(".gpl",),
    rank=1,
    holds_alpha=False,
    holds_clear=False,
    max_colors=None,
    sniff=lambda data: without_mark(data).startswith(_MAGIC),
    encode=_encode,
    decode=_decode,
)

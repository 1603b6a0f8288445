"""Palette files made for the tests, as others write them."""

import struct
import zlib

from smalti.colors import Color
from smalti.formats.palette_format import Swatches
from smalti.formats.palette_registry import decoded_palette, encoded_palette, palette_formats
from tests.conformance.png_writer import file_of, header

FORMATS = palette_formats()

RED, BLUE, HALF_GREEN, CLEAR = (
    Color(255, 0, 0),
    Color(0, 16, 255),
    Color(0, 255, 0, 128),
    Color(1, 2, 3, 0),
)

# Entries of a RIFF palette, with flags.
RED_ENTRY, BLUE_ENTRY = b"\xff\0\0\1", b"\0\x10\xff\0"


def written(name, *colors, weights=None):
    """The bytes of a file of a format."""
    return encoded_palette(Swatches(colors, weights), FORMATS[name])


def read(name, data):
    """The colours of a file of a format."""
    return decoded_palette(data, f"some.{name}").colors


def png(width, height, depth, color_type, rows, *chunks):
    return file_of(
        [
            header(width, height, depth, color_type),
            *chunks,
            (b"IDAT", zlib.compress(rows)),
            (b"IEND", b""),
        ]
    )


def ase(*blocks, count=None, version=(1, 0)):
    count = len(blocks) if count is None else count
    return b"ASEF" + struct.pack(">HHI", *version, count) + b"".join(blocks)


def ase_block(kind, body=b""):
    return struct.pack(">HI", kind, len(body)) + body


def ase_color(model, *components, name="Sky"):
    title = f"{name}\0".encode("utf-16-be")
    floats = struct.pack(f">{len(components)}f", *components)
    return ase_block(
        1, struct.pack(">H", len(title) // 2) + title + model + floats + struct.pack(">H", 0)
    )


def riff(count, entries, *chunks):
    body = b"".join(chunks) + b"data" + struct.pack("<IHH", 4 + len(entries), 0x300, count)
    return b"RIFF" + struct.pack("<I", 4 + len(body) + len(entries)) + b"PAL " + body + entries

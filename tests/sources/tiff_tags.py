"""A picture, how TIFF files store it, and their tags, which tests change where they stand."""

import struct

import pytest

from tests.pictures import noise

HEIGHT, WIDTH = 45, 71
RGB = noise(HEIGHT, WIDTH)
TILED = {"tile": (16, 32), "photometric": "rgb", "metadata": None}
STRIPS = {"rowsperstrip": 16, "photometric": "rgb", "metadata": None}

OFFSETS, COUNTS = ("TileOffsets", "StripOffsets"), ("TileByteCounts", "StripByteCounts")


def opened(path):
    from smalti.sources.tiles.tiff_pages import open_tiff

    return open_tiff(path)


def tag_of(path, names):
    """Where a tag of the first page stands, and its values."""
    tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[large]")
    names = (names,) if isinstance(names, str) else names
    with tifffile.TiffFile(path) as file:
        (tag,) = [file.pages[0].tags[name] for name in names if name in file.pages[0].tags]
        return tag.offset, tag.value if isinstance(tag.value, tuple) else (tag.value,)


def rewritten(path, names, change):
    """Change the values of a tag, in a file of little endian: the new ones stand at its end."""
    place, values = tag_of(path, names)
    data = bytearray(path.read_bytes())
    number = "Q" if data[2] == 43 else "I"
    values = change(list(values))
    packed = struct.pack(f"<{len(values)}{number}", *values)
    width = struct.calcsize(number)
    if len(packed) > width:
        data, packed = data + packed, struct.pack(f"<{number}", len(data))
    # Type, number of values, and the only value or where they stand.
    entry = struct.pack(f"<H{number}", {"Q": 16, "I": 4}[number], len(values)) + packed
    data[place + 2 : place + 2 + len(entry)] = entry
    path.write_bytes(data)

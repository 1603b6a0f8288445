"""How large the first page of a TIFF file is, which no library needs to be asked."""

import struct
from typing import BinaryIO

__all__ = ["pixels_in_tiff"]

_WIDTH, _HEIGHT = 256, 257
_NUMBERS = {3: "H", 4: "I", 16: "Q"}

# Of files below 4 GiB and beyond: the type of offsets, the type of the number of tags, and the
# place of the first directory.
_CLASSIC, _BIG = ("I", "H", 4), ("Q", "Q", 8)
_BIG_VERSION = 43

# Directories have some tens of tags.
_MOST_TAGS = 4096


def pixels_in_tiff(file: BinaryIO) -> int:
    """Return the pixels of the first page.

    Raises
    ------
    struct.error
        If the file ends before that.
    """
    file.seek(0)
    head = file.read(16)
    order = "<" if head[:2] == b"II" else ">"
    (version,) = struct.unpack_from(f"{order}H", head, 2)
    offset, number, place = _BIG if version == _BIG_VERSION else _CLASSIC
    (start,) = struct.unpack_from(order + offset, head, place)
    file.seek(start)
    (tags,) = struct.unpack(order + number, file.read(struct.calcsize(number)))
    size = struct.calcsize(f"<HH{offset}{offset}")
    entries = file.read(min(tags, _MOST_TAGS) * size)
    sides = {}
    for at in range(0, len(entries) - size + 1, size):
        tag, kind = struct.unpack_from(f"{order}HH", entries, at)
        if tag in (_WIDTH, _HEIGHT) and kind in _NUMBERS:
            value = at + size - struct.calcsize(offset)
            (sides[tag],) = struct.unpack_from(order + _NUMBERS[kind], entries, value)
    return int(sides.get(_WIDTH, 0) * sides.get(_HEIGHT, 0))

"""Adobe color table: 256 colours of 3 bytes, then how many of them count and which is clear.

Adobe describes it ("Adobe Photoshop File Formats Specification", Color Table). The last 4 bytes may
be missing, and then all 256 colours count. Index 0xFFFF says that none is clear; Aseprite writes 0
instead, so that the first colour of its files counts as clear. Nothing in the bytes names the
format: the ending of the file's name tells it.
"""

import struct

from smalti.colors import Color
from smalti.formats.palette_format import PaletteFormat, Swatches
from smalti.formats.palette_reading import damage_told

__all__ = ["FORMAT"]

_MAX_COLORS = 256
_TABLE_BYTES = 3 * _MAX_COLORS

# How many colours count, and the index of the one that is clear.
_TAIL = struct.Struct(">HH")
_NONE_CLEAR = 0xFFFF


def _encode(swatches: Swatches) -> bytes:
    colors = swatches.colors
    table = b"".join(bytes(color[:3]) for color in colors)
    clear = next((i for i, color in enumerate(colors) if not color.alpha), _NONE_CLEAR)
    return table.ljust(_TABLE_BYTES, b"\0") + _TAIL.pack(len(colors), clear)


def _decode(data: bytes, name: str) -> Swatches:
    with damage_told(name):
        count, clear = _tail(data)
        colors = [Color(*data[3 * i : 3 * i + 3]) for i in range(count)]
        # The mark of an entry that does not count marks none.
        if clear < count:
            colors[clear] = colors[clear]._replace(alpha=0)
        return Swatches(tuple(colors))


def _tail(data: bytes) -> tuple[int, int]:
    """Return how many colours count, and the index of the one that is clear."""
    if len(data) == _TABLE_BYTES:
        return _MAX_COLORS, _NONE_CLEAR
    if len(data) != _TABLE_BYTES + _TAIL.size:
        raise ValueError(
            f"it has {len(data):,} bytes, not {_TABLE_BYTES} or {_TABLE_BYTES + _TAIL.size}"
        )
    count, clear = _TAIL.unpack_from(data, _TABLE_BYTES)
    if count > _MAX_COLORS:
        raise ValueError(f"it tells of {count:,} colours, but holds {_MAX_COLORS}")
    if clear >= _MAX_COLORS and clear != _NONE_CLEAR:
        raise ValueError(f"it marks colour {clear:,} as clear, but holds {_MAX_COLORS}")
    return count, clear


FORMAT = PaletteFormat(
    name="act",
    title="Adobe color table",
    suffixes=(".act",),
    rank=3,
    holds_alpha=False,
    holds_clear=True,
    max_colors=_MAX_COLORS,
    sniff=lambda _: False,  # it has no mark of its own
    encode=_encode,
    decode=_decode,
)

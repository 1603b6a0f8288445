"""Adobe Swatch Exchange: blocks of colours and of groups, big-endian.

Adobe has not published the format. This follows what others have found out ("ASE File
Specification" by Carl Camera; "Color swatch file formats" by Olivier Berten). A file has a head,
then blocks::

    "ASEF"  major: u16  minor: u16  blocks: u32
    kind: u16  length: u32  and in a colour's block
        units: u16  name: UTF-16 of so many units, with a zero at its end
        model: 4 letters  components: float32 each  type: u16

Groups do not matter: colours are read in the order of the file.
"""

import reprlib
import struct
from collections.abc import Iterator

from smalti.colors import Color, hex_color
from smalti.exceptions import ImageReadError
from smalti.formats.palette_format import PaletteFormat, Swatches
from smalti.formats.palette_reading import damage_told

__all__ = ["FORMAT"]

_MAGIC = b"ASEF"
_MAJOR, _MINOR = 1, 0
_HEAD = struct.Struct(">4sHHI")
_BLOCK = struct.Struct(">HI")
_UNITS = struct.Struct(">H")
_MODEL_BYTES = 4

# The kind of a colour's block. Groups begin with 0xC001 and end with 0xC002.
_COLOR = 0x0001

# Swatches are global (0), spot colours (1) or neither.
_NORMAL = 2

# Components of the models that are read, and models that mean nothing without a profile.
_COMPONENTS = {"RGB": 3, "GRAY": 1}
_REFUSED = ("CMYK", "LAB", "HSB")

_MAX = 255


def _encode(swatches: Swatches) -> bytes:
    blocks = b"".join(map(_block, swatches.colors))
    return _HEAD.pack(_MAGIC, _MAJOR, _MINOR, len(swatches.colors)) + blocks


def _block(color: Color) -> bytes:
    title = f"{hex_color(color)}\0"
    components = [sample / _MAX for sample in color[:3]]
    body = (
        _UNITS.pack(len(title))
        + title.encode("utf-16-be")
        + b"RGB "
        + struct.pack(">3fH", *components, _NORMAL)
    )
    return _BLOCK.pack(_COLOR, len(body)) + body


def _decode(data: bytes, name: str) -> Swatches:
    with damage_told(name):
        return Swatches(tuple(_colors(data, name)))


def _colors(data: bytes, name: str) -> Iterator[Color]:
    if not data.startswith(_MAGIC) or len(data) < _HEAD.size:
        raise ValueError("it has no head that begins with 'ASEF'")
    _, major, minor, count = _HEAD.unpack_from(data)
    if major != _MAJOR:
        raise ImageReadError(
            f"{name}: is of version {major}.{minor}, but only {_MAJOR}.{_MINOR} is known"
        )
    at = _HEAD.size
    for number in range(1, count + 1):
        body_at = at + _BLOCK.size
        kind, length = _BLOCK.unpack_from(data, at) if body_at <= len(data) else (0, 0)
        at = body_at + length
        if at > len(data):
            raise ValueError(f"it ends within block {number} of {count}")
        if kind == _COLOR:
            yield _color(data[body_at:at], number, name)


def _color(body: bytes, number: int, name: str) -> Color:
    """Return the colour of a block."""
    # A block without a name's length ends before its model, too.
    model_at = _UNITS.size + 2 * int.from_bytes(body[: _UNITS.size], "big")
    at = model_at + _MODEL_BYTES
    model = body[model_at:at].decode("latin-1").strip().upper()
    if model in _REFUSED:
        raise ImageReadError(
            f"{name}: has colours of the model {model}, but only RGB and Gray are read"
        )
    if model not in _COMPONENTS:
        raise ValueError(f"block {number} has the colour model {reprlib.repr(model)}")
    form = struct.Struct(f">{_COMPONENTS[model]}f")
    if at + form.size > len(body):
        raise ValueError(f"block {number} ends within its colour")
    samples = [_sample(component, number) for component in form.unpack_from(body, at)]
    return Color(*samples) if len(samples) == 3 else Color(*samples * 3)


def _sample(component: float, number: int) -> int:
    level = _MAX * component
    if not -0.5 < level < _MAX + 0.5:
        raise ValueError(f"block {number} has a component of {component:g}, not 0 to 1")
    return round(level)


FORMAT = PaletteFormat(
    name="ase",
    title="Adobe Swatch Exchange",
    suffixes=(".ase",),
    rank=2,
    holds_alpha=False,
    holds_clear=False,
    max_colors=None,
    sniff=lambda data: data.startswith(_MAGIC),
    encode=_encode,
    decode=_decode,
)

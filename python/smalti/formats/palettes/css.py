"""CSS custom properties; and every colour that stands in a style sheet as digits or ``rgb()``.

The notations are those of "CSS Color Module Level 4" (W3C): ``#rgb``, ``#rgba``, ``#rrggbb``,
``#rrggbbaa``, and ``rgb()`` or ``rgba()`` of numbers or percentages, with commas or without. Names
of colours, other functions, and ``rgb()`` of variables are read over, as are comments, ``url()``
and selectors: ``#fade`` before a brace is no colour.
"""

import re
from collections.abc import Iterator

from smalti.colors import Color, hex_color
from smalti.formats.palette_format import PaletteFormat, Swatches
from smalti.formats.palette_reading import damage_told, is_text, without_mark

__all__ = ["FORMAT"]

_MAX = 255

# A comment that is not closed reaches to the end of the text. So no part is searched twice, and
# whatever the text is, the time grows with its length only.
_COMMENT = re.compile(rb"/\*.*?(?:\*/|\Z)", re.DOTALL)
_URL = re.compile(rb"\burl\([^)]*(?:\)|\Z)", re.IGNORECASE)

# Up to a brace that opens: a selector or a property's name. Up to another sign: declarations.
_PIECE = re.compile(rb"[^{};]*[{};]?")
_DECLARATION = re.compile(rb"\{\s*[\w-]+\s*:")

_COLOR = re.compile(
    rb"(?<![\w-])(?:#([0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})(?![\w-])|rgba?\(([^()]*)\))",
    re.IGNORECASE,
)
_NUMBER = re.compile(rb"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)%?")


def _encode(swatches: Swatches) -> bytes:
    rows = (
        f"  --color-{i}: #{hex_color(color)};\n" for i, color in enumerate(swatches.colors, start=1)
    )
    return f":root {{\n{''.join(rows)}}}\n".encode()


def _decode(data: bytes, name: str) -> Swatches:
    with damage_told(name):
        return Swatches(tuple(_colors(_values(data))))


def _sniff(data: bytes) -> bool:
    return is_text(data) and _DECLARATION.search(_COMMENT.sub(b" ", data)) is not None


def _values(data: bytes) -> bytes:
    """Return a style sheet without comments, addresses and selectors."""
    text = _URL.sub(b" ", _COMMENT.sub(b" ", without_mark(data)))
    return b"".join(piece for piece in _PIECE.findall(text) if not piece.endswith(b"{"))


def _colors(text: bytes) -> Iterator[Color]:
    for found in _COLOR.finditer(text):
        digits, arguments = found.groups()
        color = _color_of_digits(digits) if digits else _color_of_arguments(arguments)
        if color is not None:
            yield color


def _color_of_digits(digits: bytes) -> Color:
    text = digits.decode()
    return Color(*bytes.fromhex(text if len(text) > 4 else "".join(2 * digit for digit in text)))


def _color_of_arguments(arguments: bytes) -> Color | None:
    """Return the colour of the arguments of ``rgb()``; None if they are not numbers."""
    words = re.split(rb"\s*[,/]\s*|\s+", arguments.strip())
    if len(words) not in (3, 4) or not all(map(_NUMBER.fullmatch, words)):
        return None
    samples = [_sample(word, unit=1) for word in words[:3]]
    alphas = [_sample(word, unit=_MAX) for word in words[3:]]
    return Color(*samples, *alphas)


def _sample(word: bytes, unit: int) -> int:
    """Return a number of 0 to 255; `unit` is what 1 stands for, if it is no percentage."""
    is_share = word.endswith(b"%")
    number = float(word.rstrip(b"%"))
    level = number * _MAX / 100 if is_share else number * unit
    # Halves are rounded up, as by browsers.
    return int(min(max(level, 0.0), _MAX) + 0.5)


FORMAT = PaletteFormat(
    name="css",
    title="CSS custom properties",
    suffixes=(".css",),
    rank=5,
    holds_alpha=True,
    holds_clear=True,
    max_colors=None,
    sniff=_sniff,
    encode=_encode,
    decode=_decode,
)

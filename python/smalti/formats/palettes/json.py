"""JSON: an object with ``colors`` and, if they are known, ``weights``; or a list of colours.

The format is smalti's own. Colours are written as ``"#rrggbb"``, or ``"#rrggbbaa"`` with alpha.
Rows of 3 or 4 whole numbers of 0 to 255 are read, too.
"""

import json
import re
import reprlib
from typing import Any

from smalti.colors import Color, colors_of, hex_color
from smalti.exceptions import InvalidParameterError
from smalti.formats.palette_format import PaletteFormat, Swatches
from smalti.formats.palette_reading import damage_told, is_text, without_mark
from smalti.validation import real_number

__all__ = ["FORMAT"]

# An object with a name in it, or a list with a text, a number or a list in it.
_START = re.compile(rb'\s*(?:\{\s*"|\[\s*["\[0-9])')


def _encode(swatches: Swatches) -> bytes:
    fields: dict[str, Any] = {"colors": [f"#{hex_color(color)}" for color in swatches.colors]}
    if swatches.weights is not None:
        fields["weights"] = list(map(_number, swatches.weights))
    return f"{json.dumps(fields)}\n".encode()


def _number(weight: float) -> float:
    return int(weight) if weight.is_integer() else weight


def _decode(data: bytes, name: str) -> Swatches:
    with damage_told(name):
        fields = json.loads(data)
        if isinstance(fields, list):
            fields = {"colors": fields}
        colors = fields.get("colors") if isinstance(fields, dict) else None
        if not isinstance(colors, list):
            raise ValueError("it is neither a list of colours nor an object with a list 'colors'")
        return Swatches(
            tuple(_color(i, color) for i, color in enumerate(colors)),
            _weights(fields.get("weights"), len(colors)),
        )


def _color(i: int, value: Any) -> Color:
    try:
        return colors_of("color", [value])[0]
    except InvalidParameterError:
        raise ValueError(
            f"colors[{i}] is {reprlib.repr(value)}, not hexadecimal digits or 3 or 4 whole numbers "
            "of 0 to 255"
        ) from None


def _weights(weights: Any, count: int) -> tuple[float, ...] | None:
    if weights is None:
        return None
    if not isinstance(weights, list) or len(weights) != count:
        raise ValueError(f"'weights' is not a list of {count:,} numbers, one for each colour")
    return tuple(_weight(i, weight) for i, weight in enumerate(weights))


def _weight(i: int, value: Any) -> float:
    try:
        return real_number("weight", value, 0)
    except (InvalidParameterError, OverflowError):
        raise ValueError(
            f"weights[{i}] is {reprlib.repr(value)}, not a finite number of at least 0"
        ) from None


def _sniff(data: bytes) -> bool:
    return _START.match(without_mark(data)) is not None and is_text(data)


FORMAT = PaletteFormat(
    name="json",
    title="JSON",
    suffixes=(".json",),
    rank=6,
    holds_alpha=True,
    holds_clear=True,
    max_colors=None,
    sniff=_sniff,
    encode=_encode,
    decode=_decode,
)

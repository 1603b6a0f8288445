"""Colours as people write them."""

import operator
import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from smalti.exceptions import InvalidParameterError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike

__all__ = ["Color", "Colors", "PaletteLike", "colors_of", "hex_color", "parse_color"]

Colors: TypeAlias = "Sequence[str] | ArrayLike"
PaletteLike: TypeAlias = "Colors | Iterable[Color] | os.PathLike[str]"
"""Colours, a `smalti.Palette`, or the path or URL of a palette file."""

_MAX = 255


class Color(NamedTuple):
    """A colour, straight sRGB and alpha, 0 to 255 each."""

    red: int
    green: int
    blue: int
    alpha: int = _MAX

    @property
    def as_seen(self) -> "Color":
        """The colour itself, or one for all that are clear: nobody sees a difference."""
        return self if self.alpha else Color(0, 0, 0, 0)


def parse_color(text: str) -> Color:
    """Return the colour that is written such as ``ff8000`` or ``#FF800080``.

    Raises
    ------
    InvalidParameterError
        If the text is none.
    """
    found = re.fullmatch(r"#?([0-9a-f]{6})([0-9a-f]{2})?", text, re.IGNORECASE)
    if not found:
        raise InvalidParameterError(
            f"{text!r} is not a colour of 6 hexadecimal digits, or 8 with alpha, such as FF8000"
        )
    return Color(*bytes.fromhex(found[1] + (found[2] or "ff")))


def hex_color(color: Color) -> str:
    """Return what `parse_color` reads, the shorter way if the colour is opaque."""
    return bytes(color).hex()[: 6 if color.alpha == _MAX else 8]


def colors_of(name: str, colors: "Colors | Iterable[Color]") -> tuple[Color, ...]:
    """Return the colours of a sequence of texts, or of rows of numbers.

    Raises
    ------
    InvalidParameterError
        If they are neither hexadecimal strings nor rows of 3 or 4 whole numbers of 0 to 255.
    """
    if isinstance(colors, str):
        raise InvalidParameterError(f"{name} must be a sequence of colours, got {colors!r}")
    return tuple(_color(name, i, color) for i, color in enumerate(_items(name, colors)))


def _items(name: str, colors: Any) -> list[Any]:
    try:
        return list(colors)
    except TypeError:
        raise InvalidParameterError(
            f"{name} must be a sequence of colours, got {colors!r}"
        ) from None


def _color(name: str, i: int, color: Any) -> Color:
    if isinstance(color, str):
        try:
            return parse_color(color)
        except InvalidParameterError as error:
            raise InvalidParameterError(f"{name}[{i}]: {error}") from None
    try:
        samples = [_sample(sample) for sample in color]
    except TypeError:  # not a row, or not of whole numbers
        samples = []
    if len(samples) not in (3, 4) or not 0 <= min(samples) <= max(samples) <= _MAX:
        raise InvalidParameterError(
            f"{name}[{i}] must be 3 or 4 whole numbers between 0 and {_MAX}, or hexadecimal digits "
            f"such as 'FF8000', got {color!r}"
        )
    return Color(*samples)


def _sample(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError("True and False are no samples")
    return operator.index(value)

"""Colours as people write them."""

import re
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti.exceptions import InvalidParameterError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Colors", "colors_of", "parse_color"]

Colors: TypeAlias = "Sequence[str] | ArrayLike"

_MAX = 255


def parse_color(text: str) -> tuple[int, int, int, int]:
    """Return red, green, blue and alpha of a colour such as ``ff8000`` or ``#FF800080``.

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
    red, green, blue, alpha = bytes.fromhex(found[1] + (found[2] or "ff"))
    return red, green, blue, alpha


def colors_of(name: str, colors: Colors) -> NDArray[np.uint8]:
    """Return colours as rows of red, green, blue and alpha.

    Raises
    ------
    InvalidParameterError
        If they are neither hexadecimal strings nor rows of 3 or 4 whole numbers of 0 to 255.
    """
    if isinstance(colors, str):
        raise InvalidParameterError(f"{name} must be a sequence of colours, got {colors!r}")
    rows = [_row(name, i, color) for i, color in enumerate(_items(name, colors))]
    return np.array(rows, dtype=np.uint8).reshape(-1, 4)


def _items(name: str, colors: Any) -> list[Any]:
    try:
        return list(colors)
    except TypeError:
        raise InvalidParameterError(
            f"{name} must be a sequence of colours, got {colors!r}"
        ) from None


def _row(name: str, i: int, color: Any) -> tuple[int, ...]:
    if isinstance(color, str):
        try:
            return parse_color(color)
        except InvalidParameterError as error:
            raise InvalidParameterError(f"{name}[{i}]: {error}") from None
    try:
        samples = np.asarray(color)
    except ValueError:  # rows of different lengths
        samples = np.empty(0)
    whole = samples.dtype.kind in "iu" and samples.shape in ((3,), (4,))
    if not (whole and samples.min() >= 0 and samples.max() <= _MAX):
        raise InvalidParameterError(
            f"{name}[{i}] must be 3 or 4 whole numbers between 0 and {_MAX}, or hexadecimal digits "
            f"such as 'FF8000', got {color!r}"
        )
    red, green, blue, *alpha = (int(sample) for sample in samples)
    return red, green, blue, *(alpha or [_MAX])

"""Checks at the border: one sentence names the argument, its value and what is allowed."""

import math
import numbers
import operator
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from smalti.exceptions import InvalidParameterError

__all__ = [
    "MAX_SEED",
    "PILLOWS_LIMIT",
    "called_otherwise",
    "check_nodata",
    "one_of",
    "pixel_limit",
    "real_number",
    "whole_number",
]

Parameters = ParamSpec("Parameters")
Returned = TypeVar("Returned")


MAX_SEED = 2**64 - 1

PILLOWS_LIMIT = 1024**3 // 4 // 3
"""``PIL.Image.MAX_IMAGE_PIXELS``, unless somebody has changed it."""


def whole_number(name: str, value: Any, low: int, high: int | None = None) -> int:
    """Return `value` as an int within `low` to `high`."""
    allowed = f"at least {low}" if high is None else f"between {low} and {high}"
    try:
        number = operator.index(value)
    except TypeError:
        raise InvalidParameterError(
            f"{name} must be a whole number {allowed}, got {value!r}"
        ) from None
    if number < low or (high is not None and number > high):
        raise InvalidParameterError(f"{name} must be {allowed}, got {number}")
    return number


def pixel_limit(max_pixels: int | None) -> int:
    """Return the pixels that an image may have; None for Pillow's limit for the process."""
    if max_pixels is not None:
        return max_pixels
    # Who has changed Pillow's limit has imported it.
    limit = getattr(sys.modules.get("PIL.Image"), "MAX_IMAGE_PIXELS", PILLOWS_LIMIT)
    return 2 * (limit or 2**62)


def real_number(name: str, value: Any, low: float, high: float = math.inf) -> float:
    """Return `value` as a finite float within `low` to `high`."""
    number = math.nan
    if isinstance(value, numbers.Real):
        number = float(value)
    if not (math.isfinite(number) and low <= number <= high):
        if high == math.inf:
            allowed = f"of at least {low:g}"
        elif low == -math.inf:
            allowed = f"of at most {high:g}"
        else:
            allowed = f"between {low:g} and {high:g}"
        raise InvalidParameterError(f"{name} must be a finite number {allowed}, got {value!r}")
    return number


def check_nodata(nodata: Any) -> None:
    """Raise `InvalidParameterError` unless a value of samples without data is a number, or None."""
    if nodata is not None and not (isinstance(nodata, numbers.Real) and not math.isinf(nodata)):
        raise InvalidParameterError(f"nodata must be a number, got {nodata!r}")


def one_of(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return `value` if it is one of the strings in `choices`."""
    if not isinstance(value, str) or value not in choices:
        listed = ", ".join(map(repr, choices))
        raise InvalidParameterError(f"{name} must be one of {listed}, got {value!r}")
    return value


def called_otherwise(
    **names: str,
) -> Callable[[Callable[Parameters, Returned]], Callable[Parameters, Returned]]:
    """Let a function refuse arguments by the names that other libraries have for them.

    Parameters
    ----------
    **names : str
        What the function calls each of them.
    """

    def decorated(function: Callable[Parameters, Returned]) -> Callable[Parameters, Returned]:
        @wraps(function)
        def checked(*arguments: Parameters.args, **options: Parameters.kwargs) -> Returned:
            for other, ours in names.items():
                if other in options:
                    raise InvalidParameterError(
                        f"{function.__name__} has no argument {other}: here it is called {ours}"
                    )
            return function(*arguments, **options)

        return checked

    return decorated

"""Numbers as values of options, and sentences for what is none."""

import math
import re
from typing import Any

import click

__all__ = ["Number", "WholeNumber"]


# Larger limits are not told.
_LARGEST_SHOWN = 10**9


class WholeNumber(click.IntRange):
    """A whole number of a range.

    Parameters
    ----------
    min, max : int, optional
        The range, both included.
    for_several : str, default: ""
        How the sentence about several numbers ends, as 2-5 and 2,3 are.
    """

    name = "n"

    def __init__(
        self,
        min: int | None = None,  # noqa: A002 - click's name
        max: int | None = None,  # noqa: A002 - click's name
        for_several: str = "",
    ) -> None:
        super().__init__(min, max)
        self._for_several = for_several

    def _describe_range(self) -> str:
        """Return the range as help texts show it, without a limit that nobody meets."""
        if self.max is not None and self.max > _LARGEST_SHOWN:
            return f"x>={self.min}"
        return super()._describe_range()

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        try:
            number: int = super().convert(value, param, ctx)
        except click.BadParameter:
            range_ = _range(self.min, self.max)
            advice = self._for_several if re.search(r"\d\s*[-,]\s*\d", str(value)) else ""
            self.fail(f"{str(value)!r} is not a whole number{range_}{advice}", param, ctx)
        return number


class Number(click.FloatRange):
    """A finite number of a range."""

    name = "x"

    def _describe_range(self) -> str:
        """Return the range as help texts show it: click's prints all digits."""
        low, high = ("" if end is None else f"{end:g}" for end in (self.min, self.max))
        if low and high:
            return f"{low}<=x<={high}"
        return f"x>={low}" if low else f"x<={high}" if high else ""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number."""
        try:
            number: float = super().convert(value, param, ctx)
        except click.BadParameter:
            number = math.nan
        if not math.isfinite(number):
            self.fail(
                f"{str(value)!r} is not a finite number{_range(self.min, self.max)}", param, ctx
            )
        return number


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low:,} to {high:,}"
    if low is not None:
        return f" of at least {low:,}"
    return "" if high is None else f" of at most {high:,}"

"""Colours as a table: a square of each, its digits, and its share."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["Swatch", "swatch_table"]

# Colours of a table; the rest is counted.
_LISTED = 16


class Swatch(NamedTuple):
    """A line of the table.

    Attributes
    ----------
    place : int
        The position in the palette.
    code : str
        ``#rrggbb`` or ``#rrggbbaa``.
    pixels : float or None
        How many, or how many of what else is counted; None if that is not known.
    """

    place: int
    code: str
    pixels: float | None


def swatch_table(
    swatches: Iterable[Swatch],
    total: float,
    headings: tuple[str, str] = ("colour", "pixels"),
    entries: str = "colours",
    *,
    listed: int = _LISTED,
) -> "Table":
    """Return a table of the first swatches; the others are counted below it.

    Parameters
    ----------
    swatches : iterable of Swatch
        In the order of the table.
    total : float
        What shares are of.
    headings : (str, str)
        Those of the colours and of what is counted.
    entries : str
        What the table lists.
    listed : int
        How many, at most.
    """
    from rich.table import Table
    from rich.text import Text

    from smalti.measure.table import percent

    lines = list(swatches)
    has_counts = all(swatch.pixels is not None for swatch in lines)
    table = Table(header_style="bold")
    color, counted = headings
    for heading in ("index", color, "", *((counted, "share") if has_counts else ())):
        table.add_column(heading, justify="right")
    for place, code, pixels in lines[:listed]:
        share = percent((pixels or 0) / total if total else 0)
        figures = (f"{pixels or 0:,.0f}", share) if has_counts else ()
        square = Text("      ", style=f"on {code[:7]}")
        table.add_row(str(place), code, square, *figures)
    rest = len(lines) - listed
    if rest > 0:
        table.caption = f"and {rest:,} more {entries}"
    return table

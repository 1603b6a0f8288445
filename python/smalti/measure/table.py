"""Tables of text, for terminals, notebooks and files."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count, zip_longest
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import rich.table

__all__ = ["Swatch", "Table", "number", "percent"]


class Swatch(NamedTuple):
    """A cell filled with a colour, which text shows as blanks."""

    color: str

    def __str__(self) -> str:
        return 6 * " "


class _Box(NamedTuple):
    """The lines around cells: of each its left end, filling, crossing and right end."""

    top: str
    head: str
    below_head: str
    row: str
    between: str
    bottom: str


# Named as in rich.
_BOXES = {
    "HEAVY_HEAD": _Box("┏━┳┓", "┃ ┃┃", "┡━╇┩", "│ ││", "├─┼┤", "└─┴┘"),
    "SQUARE": _Box("┌─┬┐", "│ ││", "├─┼┤", "│ ││", "├─┼┤", "└─┴┘"),
    "SIMPLE_HEAD": _Box("    ", "    ", " ── ", "    ", "    ", "    "),
    "ASCII": _Box("+--+", "| ||", "|-+|", "| ||", "|-+|", "+--+"),
}


@dataclass(frozen=True)
class Table:
    """Rows of cells below headings.

    `to_rich` is for terminals; importing rich takes 0.1 s, which `as_text` does without.

    Attributes
    ----------
    rows : sequence of tuples
        Of equal lengths; None is a line between two sections.
    headings : tuple of str
        One for each column, or none.
    labels : bool
        Whether the first column is aligned left; the others hold figures and are aligned right.
    framed : bool
        Whether there are lines between columns. Without them the first column may be folded.
    caption : str
        Stands below.
    """

    rows: Sequence[tuple[str | Swatch, ...] | None]
    headings: tuple[str, ...] = ()
    labels: bool = True
    framed: bool = True
    caption: str = ""

    def as_text(self, *, ascii_only: bool = False) -> str:
        """Return the table as plain text, as wide as it needs to be."""
        box = _BOXES[self._box(ascii_only)]
        head = _lines(self.headings)
        rows = [None if row is None else _lines(map(str, row)) for row in self.rows]
        columns = zip(*head, *(line for row in rows if row for line in row), strict=True)
        widths = [max(map(_width, column)) for column in columns]

        def rule(pattern: str) -> str:
            return self._joined(pattern, [pattern[1] * width for width in widths])

        def line(pattern: str, cells: Iterable[str]) -> str:
            aligned = [self._aligned(*cell) for cell in zip(count(), cells, widths)]
            return self._joined(pattern, aligned)

        text = [rule(box.top), *(line(box.head, cells) for cells in head)]
        if head:
            text.append(rule(box.below_head))
        for row in rows:
            text += [line(box.row, cells) for cells in row] if row else [rule(box.between)]
        text.append(rule(box.bottom))
        if self.caption:
            text.append(f"{self.caption:^{len(text[0])}}")
        return "\n".join(text)

    def to_rich(self, *, ascii_only: bool = False) -> "rich.table.Table":
        """Return the table for a rich console."""
        import rich.box
        import rich.table
        from rich.text import Text

        table = rich.table.Table(
            box=getattr(rich.box, self._box(ascii_only)),
            show_header=bool(self.headings),
            header_style="bold",
            pad_edge=self.framed,
            caption=self.caption or None,
        )
        columns = max(len(row) for row in self.rows if row)
        for index, heading in enumerate(self.headings or columns * ("",)):
            first = index == 0
            folds = first and not self.framed
            table.add_column(
                heading,
                justify="left" if first and self.labels else "right",
                overflow="fold" if folds else "ellipsis",
                no_wrap=not folds,
            )
        for row in self.rows:
            if row is None:
                table.add_section()
                continue
            styles = [f"on {cell.color}" if isinstance(cell, Swatch) else "" for cell in row]
            # A Text, as rich would take brackets in a str for markup.
            table.add_row(*map(Text, map(str, row), styles))
        return table

    def _box(self, ascii_only: bool) -> str:
        if ascii_only:
            return "ASCII"
        if not self.framed:
            return "SIMPLE_HEAD"
        return "HEAVY_HEAD" if self.headings else "SQUARE"

    def _aligned(self, index: int, cell: str, width: int) -> str:
        blanks = " " * (width - _width(cell))
        return cell + blanks if self.labels and index == 0 else blanks + cell

    def _joined(self, pattern: str, cells: Iterable[str]) -> str:
        filling = pattern[1]
        inner = pattern[2].join(f"{filling}{cell}{filling}" for cell in cells)
        return pattern[0] + (inner if self.framed else inner[1:-1]) + pattern[3]


def _lines(cells: Iterable[str]) -> list[tuple[str, ...]]:
    """Return the lines of text that cells take, the shorter ones at the bottom."""
    upwards = (reversed(cell.split("\n")) for cell in cells)
    return list(zip_longest(*upwards, fillvalue=""))[::-1]


def _width(text: str) -> int:
    """Return the columns that a text takes: East Asian characters two, accents none."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def percent(ratio: float) -> str:
    """Return a ratio in percent with three significant digits or so."""
    return f"{100 * ratio:.1f} %"


def number(value: float | None, digits: int) -> str:
    """Return a figure with that many digits after the point, a dash for None."""
    if value is None:
        return "-"
    return "∞" if math.isinf(value) else f"{value:,.{digits}f}"

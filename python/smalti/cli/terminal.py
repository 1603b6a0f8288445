"""How wide the tables are that the program prints."""

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Column, Table

__all__ = ["columns", "folded", "prints_unicode", "shortened", "table_width"]


def columns() -> int:
    """Return the characters of a line of the terminal, or what COLUMNS says."""
    # It imports every compressor of the library.
    import shutil

    return shutil.get_terminal_size().columns


def table_width() -> int | None:
    """Return the characters of a line; None if they do not matter, as in a file or a pipe.

    The variable COLUMNS counts wherever the output goes.
    """
    if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal():
        return columns()
    return None


def prints_unicode() -> bool:
    """Whether stdout takes lines and other characters beyond ASCII."""
    return (sys.stdout.encoding or "").lower().startswith("utf")


def shortened(text: str, width: int) -> str:
    """Return text of at most `width` cells: beginning and end, and what stands for the middle."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= width:
        return text
    mark = "…" if prints_unicode() else ".."
    room = max(width - len(mark), 2)
    # The end tells files of one folder apart, and what kind they are.
    end = text[::-1]
    while cell_len(end) > (room + 1) // 2:
        end = end[:-1]
    return set_cell_size(text, room - cell_len(end)).rstrip() + mark + end[::-1]


def folded(table: "Table", width: int | None) -> "list[Table]":
    """Return tables of at most `width` cells that have the first column and some others each."""
    from rich.console import Console

    from smalti.measure.table import WIDE_ENOUGH

    console = Console(width=WIDE_ENOUGH)
    if width is None or console.measure(table).maximum <= width:
        return [table]
    tables = []
    first, *others = table.columns
    some: list[Column] = []
    for column in others:
        if some:
            wider = _of_columns(table, [first, *some, column])
            if console.measure(wider).maximum > width:
                tables.append(_of_columns(table, [first, *some]))
                some = []
        some.append(column)
    tables.append(_of_columns(table, [first, *some]))
    tables[-1].caption = table.caption
    return tables


def _of_columns(table: "Table", columns: "list[Column]") -> "Table":
    """Return a table of some columns of a table."""
    from rich.table import Table

    part = Table(header_style=table.header_style)
    for column in columns:
        part.add_column(column.header, justify=column.justify, no_wrap=column.no_wrap)
    lines = zip(*(column.cells for column in columns), strict=True)
    for row, cells in zip(table.rows, lines, strict=True):
        part.add_row(*cells, end_section=row.end_section)
    return part

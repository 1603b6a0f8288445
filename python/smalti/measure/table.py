"""Tables of figures, for terminals."""

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smalti.measure.report import Report

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["Measured", "as_text", "measured_table", "number", "percent"]


@dataclass(frozen=True)
class Measured:
    """A compressed picture's figures: a row of a table.

    Attributes
    ----------
    label : str
        What distinguishes the row.
    colors : int
        Colours in the palette.
    file_bytes : int
        Length of the encoded file.
    report : Report
        Bits and errors.
    """

    label: str
    colors: int
    file_bytes: int
    report: Report


def measured_table(title: str, first_column: str, rows: Iterable[Measured]) -> "Table":
    """Return the tutorial's table: bits, and beside them entropy, bytes and errors."""
    from rich.table import Table

    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column(first_column, no_wrap=True)
    for heading in ("colours", "original\nbits", "index\nbits", "codebook\nbits"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("compressed\nbits", "ratio", "entropy\nbits", "file\nbytes", "MSE"):
        table.add_column(heading, justify="right", no_wrap=True)
    for heading in ("PSNR\ndB", "SSIMU-\nLACRA2"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(row.label, f"{row.colors:,}", *_figures(row.report, row.file_bytes))
    return table


def _figures(report: Report, file_bytes: int) -> list[str]:
    return [
        f"{report.original_bits:,}",
        f"{report.index_bits:,}",
        f"{report.palette_bits:,}",
        f"{report.compressed_bits:,}",
        percent(report.ratio),
        f"{report.entropy_bits:,.0f}",
        f"{file_bytes:,}",
        number(report.mse, 2),
        number(report.psnr, 2),
        number(report.ssimulacra2, 1),
    ]


def percent(ratio: float) -> str:
    """Return a ratio in percent with three significant digits or so."""
    return f"{100 * ratio:.1f} %"


def number(value: float | None, digits: int) -> str:
    if value is None:
        return "-"
    return "∞" if math.isinf(value) else f"{value:,.{digits}f}"


def as_text(table: "Table") -> str:
    """Return the table as plain text, as wide as it needs to be."""
    from rich.console import Console

    text = io.StringIO()
    Console(file=text, width=200, color_system=None).print(table)
    return text.getvalue().rstrip("\n")

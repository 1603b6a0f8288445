"""Tables of figures, for terminals."""

import html
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from smalti.exceptions import MissingExtraError
from smalti.measure.report import Report

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

__all__ = [
    "WIDE_ENOUGH",
    "Measured",
    "as_data_frame",
    "as_html",
    "as_text",
    "measured_table",
    "number",
    "percent",
]

WIDE_ENOUGH = 10_000
"""Characters; no table needs as many."""


@dataclass(frozen=True)
class Measured:
    """A compressed picture's figures: a column of a table.

    Attributes
    ----------
    label : str
        What distinguishes it.
    colors : int
        Colours in the palette, or blocks in the codebook.
    file_bytes : int
        Length of the encoded file.
    report : Report
        Bits and errors.
    block : (int, int)
        Height and width of what has one index; (1, 1) is a pixel.
    """

    label: str
    colors: int
    file_bytes: int
    report: Report
    block: tuple[int, int] = (1, 1)


def measured_table(heading: str, columns: Iterable[Measured]) -> "Table":
    """Return the tutorial's table: bits, and below them entropy, file bytes and errors.

    A column for each picture: six of them fit a terminal of 80 characters.
    """
    from rich.table import Table

    columns = list(columns)
    table = Table(header_style="bold")
    table.add_column(heading, no_wrap=True)
    for column in columns:
        table.add_column(column.label, justify="right", no_wrap=True)
    entries = "blocks" if columns and columns[0].block != (1, 1) else "colours"
    table.add_row(entries, *(f"{column.colors:,}" for column in columns), end_section=True)
    for line in _LINES:
        table.add_row(
            line.name,
            *(line.show(column) for column in columns),
            end_section=line.ends_section,
        )
    return table


class _Line(NamedTuple):
    name: str
    show: Callable[[Measured], str]
    ends_section: bool = False


_LINES = (
    _Line("original bits", lambda c: f"{c.report.original_bits:,}"),
    _Line("index bits", lambda c: f"{c.report.index_bits:,}"),
    _Line("codebook bits", lambda c: f"{c.report.palette_bits:,}"),
    _Line("compressed bits", lambda c: f"{c.report.compressed_bits:,}"),
    _Line("ratio", lambda c: percent(c.report.ratio), ends_section=True),
    _Line("entropy bits", lambda c: f"{c.report.entropy_bits:,.0f}"),
    _Line("file bytes", lambda c: f"{c.file_bytes:,}", ends_section=True),
    _Line("MSE", lambda c: number(c.report.mse, 2)),
    _Line("PSNR dB", lambda c: number(c.report.psnr, 2)),
    _Line("SSIMULACRA2", lambda c: number(c.report.ssimulacra2, 1)),
    _Line("worst local error", lambda c: number(c.report.worst_local_error, 2)),
)


def percent(ratio: float) -> str:
    """Return a ratio in percent with three significant digits or so."""
    return f"{100 * ratio:.1f} %"


def number(value: float | None, digits: int) -> str:
    """Return a figure with that many digits after the point, a dash for None."""
    if value is None:
        return "-"
    return "∞" if math.isinf(value) else f"{value:,.{digits}f}"


def as_text(table: "Table") -> str:
    """Return the table as plain text, as wide as it needs to be."""
    from rich.console import Console

    text = io.StringIO()
    Console(file=text, width=WIDE_ENOUGH, color_system=None).print(table)
    return text.getvalue().rstrip("\n")


def as_html(table: "Table") -> str:
    """Return the table as HTML, for notebooks."""
    heads = "".join(f"<th>{_escaped(column.header)}</th>" for column in table.columns)
    lines = []
    for cells in zip(*(column.cells for column in table.columns), strict=True):
        aligned = (
            f'<td style="text-align: {column.justify}">{_escaped(cell)}</td>'
            for column, cell in zip(table.columns, cells, strict=True)
        )
        lines.append(f"<tr>{''.join(aligned)}</tr>")
    caption = f"<caption>{_escaped(table.caption)}</caption>" if table.caption else ""
    head = f"<thead><tr>{heads}</tr></thead>"
    return f"<table>{caption}{head}<tbody>{''.join(lines)}</tbody></table>"


def _escaped(text: Any) -> str:
    return html.escape(str(text))


def as_data_frame(data: Sequence[dict[str, Any]] | dict[str, Any]) -> "pd.DataFrame":
    """Return a table of pandas: a row for each record, or a column for each of several arrays.

    Raises
    ------
    MissingExtraError
        If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError:
        raise MissingExtraError(
            "a data frame needs pandas, which is not installed: pip install pandas, "
            "or with smalti: pip install 'smalti[pandas]'"
        ) from None
    return pd.DataFrame(data)

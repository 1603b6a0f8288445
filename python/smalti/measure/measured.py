"""The tutorial's table of figures, for pictures side by side."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from smalti.measure.report import Report
from smalti.measure.table import Table, number, percent

__all__ = ["Measured", "measured_table"]


@dataclass(frozen=True)
class Measured:
    """A compressed picture's figures: a column of a table.

    Attributes
    ----------
    label : str
        What distinguishes it.
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


class _Line(NamedTuple):
    name: str
    show: Callable[[Measured], str]


# None stands between sections.
_LINES = (
    _Line("colours", lambda c: f"{c.colors:,}"),
    None,
    _Line("original bits", lambda c: f"{c.report.original_bits:,}"),
    _Line("index bits", lambda c: f"{c.report.index_bits:,}"),
    _Line("codebook bits", lambda c: f"{c.report.palette_bits:,}"),
    _Line("compressed bits", lambda c: f"{c.report.compressed_bits:,}"),
    _Line("ratio", lambda c: percent(c.report.ratio)),
    None,
    _Line("entropy bits", lambda c: f"{c.report.entropy_bits:,.0f}"),
    _Line("file bytes", lambda c: f"{c.file_bytes:,}"),
    None,
    _Line("MSE", lambda c: number(c.report.mse, 2)),
    _Line("PSNR dB", lambda c: number(c.report.psnr, 2)),
    _Line("SSIMULACRA2", lambda c: number(c.report.ssimulacra2, 1)),
    _Line("worst local error", lambda c: number(c.report.worst_local_error, 2)),
)


def measured_table(heading: str, columns: Iterable[Measured]) -> Table:
    """Return the tutorial's table: bits, and below them entropy, file bytes and errors.

    A column for each picture: six of them fit a terminal of 80 characters.
    """
    columns = list(columns)
    rows = [line and (line.name, *(line.show(column) for column in columns)) for line in _LINES]
    return Table(rows, (heading, *(column.label for column in columns)))

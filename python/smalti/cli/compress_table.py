"""The tables of ``smalti compress``: what each file has saved, and where its bits went."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["results_tables"]

Row = dict[str, Any]

Columns = Sequence[tuple[str, Callable[[Row], str]]]
"""Headings, and what each shows of a row."""

# Cells between two columns.
_GAP = 2

_CAPTION = "quality: SSIMULACRA2, 100 is the original"

# Cells of a file's name that are shown however narrow the terminal is.
_LEAST_NAME = 12


def results_tables(
    rows: Sequence[Row], total: Row | None, *, verbose: bool, width: int | None
) -> "list[Table]":
    """Return a table of files and what they have saved, and one of details if they are asked for.

    Parameters
    ----------
    rows : sequence of dict
        What is known of each file, as `--json` prints it; none for a table of the totals alone.
    total : dict or None
        Sums of ``input_bytes`` and ``output_bytes``, and the number of ``files``, if that is shown.
    verbose : bool
        Whether to tell the rest, too.
    width : int or None
        Cells of a line, into which names are shortened; None for as many as it takes.
    """
    from rich.text import Text

    first = _table(rows, _SAVED, total, width)
    if rows:
        # It may be wider than the table.
        first.caption = Text(_CAPTION, no_wrap=True, overflow="ignore")
        first.caption_justify = "left"
    if not (verbose and rows):
        return [first]
    return [first, *(_table(rows, part, None, width) for part in _parts(rows, width))]


def _table(
    rows: Sequence[Row],
    columns: "Columns",
    total: Row | None,
    width: int | None,
) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from smalti.cli.terminal import shortened

    shown = _cells([*rows, *([total] if total else [])], columns)
    headings = [heading for heading, _ in columns]
    if rows and "block" in rows[0]:
        headings = [heading.replace("colours", "blocks") for heading in headings]
    room = None if width is None else max(width - _width(shown, columns), _LEAST_NAME)
    table = Table(
        header_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
    )
    lines = max(heading.count("\n") for heading in headings)
    table.add_column("\n" * lines + "output", no_wrap=True)
    for heading in headings:
        missing = "\n" * (lines - heading.count("\n"))
        table.add_column(missing + heading, justify="right", no_wrap=True)
    for row, line in zip(rows, shown, strict=False):
        name = row["output"] or row["input"]
        table.add_row(Text(name if room is None else shortened(name, room)), *line)
    if total:
        table.add_section()
        table.add_row(f"{total['files']:,} files", *shown[-1])
    return table


def _parts(rows: Sequence[Row], width: int | None) -> "list[Columns]":
    """Return the details in one part, or in two if names are whole only then or do not fit else."""
    halves = [_DETAILS[: len(_DETAILS) // 2], _DETAILS[len(_DETAILS) // 2 :]]
    if width is None:
        return [_DETAILS]
    longest = max((len(row["output"] or row["input"]) for row in rows), default=0)
    room = width - _width(_cells(rows, _DETAILS), _DETAILS)
    more_room = width - max(_width(_cells(rows, half), half) for half in halves)
    if longest <= room or (longest > more_room and room >= _LEAST_NAME):
        return [_DETAILS]
    return halves


def _cells(rows: Sequence[Row], columns: Columns) -> list[list[str]]:
    return [[show(row) for _, show in columns] for row in rows]


def _width(cells: Sequence[Sequence[str]], columns: Columns) -> int:
    """Return how many characters of a line columns take, with the gaps before them."""
    return sum(
        _GAP + max(len(text) for text in (*heading.split("\n"), *(line[i] for line in cells)))
        for i, (heading, _) in enumerate(columns)
    )


def _bits(row: Row, bits: float) -> str:
    return f"{bits / (row['width'] * row['height']):,.2f}"


def _saved(row: Row) -> str:
    return f"{100 * (1 - row['output_bytes'] / max(row['input_bytes'], 1)):.1f} %"


def _quality(row: Row) -> str:
    # Qualities have no sum.
    return "" if row.get("ssimulacra2") is None else f"{row['ssimulacra2']:.1f}"


def _chosen(name: str) -> Callable[[Row], str]:
    """Return what shows a weight or a dither; a dash where it is not known."""
    return lambda row: "-" if row[name] is None else f"{row[name]:.3g}"


_SAVED: Columns = (
    ("before", lambda row: f"{row['input_bytes']:,}"),
    ("after", lambda row: f"{row['output_bytes']:,}"),
    ("saved", _saved),
    ("quality", _quality),
)

# Three figures of bits a pixel, each below the one before: fixed-length code, entropy, file.
_DETAILS: Columns = (
    ("colours", lambda row: f"{row['colors']:,}"),
    ("bits/px\nfixed", lambda row: _bits(row, row["compressed_bits"])),
    ("bits/px\nentropy", lambda row: _bits(row, row["entropy_bits"])),
    ("bits/px\nfile", lambda row: _bits(row, 8 * row["output_bytes"])),
    ("worst\nlocal", lambda row: f"{row['worst_local_error']:.1f}"),
    ("rate\nweight", _chosen("rate_weight")),
    ("\ndither", _chosen("dither")),
    ("\nseconds", lambda row: f"{row['seconds']:.2f}"),
)

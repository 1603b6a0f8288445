"""The table of ``smalti compress``."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["results_table"]


def results_table(rows: list[dict[str, Any]]) -> "Table":
    """Return a line for each file: bytes, and how good it looks."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from smalti.measure.table import number

    # Three figures of bits a pixel, each below the one before: fixed-length code, entropy, file.
    headings = (
        "\nblocks" if "block" in rows[0] else "\ncolours",
        "\nbytes",
        "\nchange",
        "bits/px\nfixed",
        "bits/px\nentropy",
        "bits/px\nfile",
        "SSIMU-\nLACRA2",
        "worst\nlocal",
    )
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("\noutput", overflow="fold")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        pixels = row["width"] * row["height"]
        change = row["output_bytes"] / row["input_bytes"] - 1
        table.add_row(
            Text(row["output"] or row["input"]),
            f"{row['colors']:,}",
            f"{row['output_bytes']:,}",
            f"{100 * change:+.1f} %",
            number(row["compressed_bits"] / pixels, 2),
            number(row["entropy_bits"] / pixels, 2),
            number(8 * row["output_bytes"] / pixels, 2),
            number(row["ssimulacra2"], 1),
            number(row["worst_local_error"], 1),
        )
    return table

"""Tables as text, beside what rich makes of them."""

import io

import pytest
from rich.console import Console

from smalti.measure.table import Swatch, Table

FIGURES = [("bytes", "1,234"), ("a ratio", "8.2 %"), None, ("PSNR dB", "∞")]
TABLES = {
    "with headings": Table(FIGURES, ("K", "16")),
    "without headings": Table(FIGURES),
    "without a frame": Table(
        [("a.png", "1", "2"), ("a much longer name[1].png", "3", "-4.5")],
        ("output", "worst\nlocal", "bytes"),
        framed=False,
    ),
    "with colours": Table(
        [("1", Swatch("#ff8000"), "5"), ("12", Swatch("#000000"), "67")],
        ("index", "", "pixels"),
        labels=False,
        caption="and 7 more colours",
    ),
    "wide characters": Table([("日本é.png", "1"), ("e\u0301.png", "23")], ("output", "bytes")),
}


def drawn(table, **options):
    text = io.StringIO()
    Console(file=text, width=200, **options).print(table)
    return text.getvalue()


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("ascii_only", [False, True])
def test_text_is_what_rich_draws_without_colour(name, ascii_only):
    table = TABLES[name]
    expected = drawn(table.to_rich(ascii_only=ascii_only), color_system=None)
    assert table.as_text(ascii_only=ascii_only) + "\n" == expected


def test_swatches_are_coloured_in_a_terminal():
    table = TABLES["with colours"].to_rich()
    shown = drawn(table, force_terminal=True, color_system="truecolor", no_color=False)
    assert "\x1b[48;2;255;128;0m" in shown


def test_text_is_as_wide_as_it_needs_to_be():
    columns = [f"{number:,}" for number in range(1000, 1100)]
    text = Table([("name", *columns), ("x" * 300, *columns)]).as_text()
    assert all(column in text.splitlines()[1] for column in columns)
    assert "x" * 300 in text

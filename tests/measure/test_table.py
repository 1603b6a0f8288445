"""Tables as text."""

from rich.table import Table

from smalti.measure.table import as_text


def test_text_is_as_wide_as_it_needs_to_be():
    columns = [f"{number:,}" for number in range(1000, 1100)]
    table = Table("name", *columns)
    table.add_row("x" * 300, *columns)
    text = as_text(table)
    assert all(column in text.splitlines()[1] for column in columns)
    assert "x" * 300 in text

"""Tables as text."""

import sys

import pytest
from rich.table import Table

from smalti.exceptions import MissingExtraError
from smalti.measure.table import as_data_frame, as_html, as_text


def test_text_is_as_wide_as_it_needs_to_be():
    columns = [f"{number:,}" for number in range(1000, 1100)]
    table = Table("name", *columns)
    table.add_row("x" * 300, *columns)
    text = as_text(table)
    assert all(column in text.splitlines()[1] for column in columns)
    assert "x" * 300 in text


def small_table():
    table = Table(caption="a < b")
    table.add_column("name")
    table.add_column("bytes", justify="right")
    table.add_row("<b>x</b>", "1,000")
    return table


def test_html_has_the_cells_of_the_table_and_no_markup_of_theirs():
    assert as_html(small_table()) == (
        "<table><caption>a &lt; b</caption><thead><tr><th>name</th><th>bytes</th></tr></thead>"
        '<tbody><tr><td style="text-align: left">&lt;b&gt;x&lt;/b&gt;</td>'
        '<td style="text-align: right">1,000</td></tr></tbody></table>'
    )


def test_a_data_frame_has_a_row_for_each_record():
    pytest.importorskip("pandas", reason="needs the extra smalti[pandas]")
    frame = as_data_frame([{"k": 2, "x": 0.5}, {"k": 3, "x": None}])
    assert frame["k"].tolist() == [2, 3]
    assert frame["x"].isna().tolist() == [False, True]


def test_without_pandas_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'smalti\[pandas\]'"):
        as_data_frame([])

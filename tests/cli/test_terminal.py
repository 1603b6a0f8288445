"""Tables at 80 and at 60 characters."""

import numpy as np
import pytest
from rich.table import Table

import smalti
from smalti.cli.compress_table import results_tables
from smalti.cli.terminal import folded, shortened
from smalti.measure.table import as_text
from tests.cli.program import invoke
from tests.pictures import encoded, noise

LONG = "holiday-photographs/a-very-long-name-of-a-photograph-from-the-mountains-smalti.png"


def row(name=LONG, before=123_456_789, after=98_765_432):
    facts = {"width": 4000, "height": 6000, "colors": 256, "rate_weight": 0.0123, "dither": 0.667}
    bits = {"compressed_bits": 192e6, "entropy_bits": 180e6}
    errors = {"ssimulacra2": 100.0, "worst_local_error": 12.3}
    sizes = {"input_bytes": before, "output_bytes": after, "seconds": 123.45}
    return {"input": "i.png", "output": name, **facts, **sizes, **bits, **errors}


def text_of(rows, **options):
    names = ("input_bytes", "output_bytes")
    total = {name: sum(each[name] for each in rows) for name in names} | {"files": len(rows)}
    tables = results_tables(rows, total if len(rows) > 1 else None, **options)
    return [as_text(table) for table in tables]


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("count", [1, 3])
def test_the_table_fits_the_terminal(width, count):
    (text,) = text_of([row()] * count, verbose=False, width=width)
    assert max(map(len, text.splitlines())) <= width
    for figure in ("123,456,789", "98,765,432", "20.0 %", "100.0"):
        assert figure in text
    assert ("3 files" in text) == (count == 3)


def test_the_details_fit_80_characters():
    first, second = text_of([row(), row("b.png")], verbose=True, width=80)
    assert max(map(len, second.splitlines())) <= 80
    for figure in ("256", "8.00", "7.50", "32.92", "12.3", "0.0123", "0.667", "123.45"):
        assert f" {figure}" in second
    assert "files" in first
    assert "files" not in second


def test_the_details_are_told_apart_where_names_are_whole_only_then():
    name = "twenty-characters.png"
    (_, *details) = text_of([row(name)], verbose=True, width=80)
    assert len(details) == 2
    assert all(name in text for text in details)
    assert len(text_of([row("a.png")], verbose=True, width=80)) == 2


def test_the_details_fit_60_characters_in_two_tables():
    texts = text_of([row(), row("b.png")], verbose=True, width=60)
    assert len(texts) == 3
    assert max(len(line) for text in texts for line in text.splitlines()) <= 60
    assert "entropy" in texts[1]
    assert "dither" in texts[2]


def test_names_are_whole_where_width_does_not_matter():
    (text,) = text_of([row()], verbose=False, width=None)
    assert LONG in text


def test_the_last_line_sums_up():
    rows = [row("a.png", 1000, 400), row("b.png", 3000, 600)]
    (text,) = text_of(rows, verbose=False, width=80)
    assert next(line for line in text.splitlines() if "files" in line).split() == [
        "2",
        "files",
        "4,000",
        "1,000",
        "75.0",
        "%",
    ]


def test_of_many_files_there_are_the_totals_alone():
    total = {"input_bytes": 4000, "output_bytes": 1000, "files": 1234}
    for verbose in (False, True):
        (table,) = results_tables([], total, verbose=verbose, width=80)
        lines = [line.split() for line in as_text(table).splitlines() if line.strip()]
        assert lines[-1] == ["1,234", "files", "4,000", "1,000", "75.0", "%"]


def test_a_file_that_nothing_was_written_for_has_its_own_name():
    (text,) = text_of([{**row(), "output": None}], verbose=False, width=80)
    assert "i.png" in text


@pytest.mark.parametrize(
    ("width", "expected"),
    [(14, "abcdefghij.png"), (13, "abcdef…ij.png"), (6, "ab…png"), (4, "a…ng"), (1, "a…g")],
)
def test_names_lose_their_middle(monkeypatch, width, expected):
    monkeypatch.setattr("smalti.cli.terminal.prints_unicode", lambda: True)
    assert shortened("abcdefghij.png", width) == expected


def test_wide_characters_count_twice(monkeypatch):
    monkeypatch.setattr("smalti.cli.terminal.prints_unicode", lambda: True)
    assert shortened("写真写真写真.png", 10) == "写真….png"


def test_without_unicode_dots_stand_for_the_middle(monkeypatch):
    monkeypatch.setattr("smalti.cli.terminal.prints_unicode", lambda: False)
    assert shortened("abcdefghij.png", 10) == "abcd...png"


@pytest.fixture
def wide_table():
    table = Table()
    table.add_column("K")
    for i in range(9):
        table.add_column(f"column{i}")
    table.add_row("bits", *"123456789", end_section=True)
    table.add_row("bytes", *"abcdefghi")
    table.caption = "the caption"
    return table


@pytest.mark.parametrize("width", [40, 60, 80])
def test_a_wide_table_is_folded_by_columns(wide_table, width):
    texts = [as_text(table) for table in folded(wide_table, width)]
    assert len(texts) > 1
    assert max(len(line) for text in texts for line in text.splitlines()) <= width
    assert all("bits" in text and "bytes" in text for text in texts)
    heads = [word for text in texts for word in text.split() if word.startswith("column")]
    assert heads == [f"column{i}" for i in range(9)]
    assert ["the caption" in text for text in texts] == [False] * (len(texts) - 1) + [True]


def test_a_table_that_fits_stays_whole(wide_table):
    assert folded(wide_table, 200) == folded(wide_table, None) == [wide_table]


def test_a_column_wider_than_the_terminal_stands_alone(wide_table):
    assert len(folded(wide_table, 5)) == 9


@pytest.fixture
def narrow(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "60")
    (tmp_path / "photo.png").write_bytes(encoded(noise(60, 50)))
    return tmp_path


def test_columns_count_where_stdout_is_no_terminal(narrow):
    (narrow / "photo.png").rename(LONG.split("/")[1])
    result = invoke("compress", narrow / LONG.split("/")[1], "-k", 2)
    assert max(map(len, result.stdout.splitlines())) <= 60


def test_a_sweep_is_folded(narrow):
    result = invoke("sweep", narrow / "photo.png", "-k", "2,3,4,5,6,7", "--effort", "1")
    tables = [line for line in result.stdout.splitlines() if line[0] in "┏│└"]
    assert max(map(len, tables)) <= 60
    assert result.stdout.count("┏") == 2


@pytest.mark.usefixtures("narrow")
def test_verbose_tells_where_the_bits_went():
    result = invoke("compress", "photo.png", "-k", 16, "--verbose")
    image = smalti.compress("photo.png", 16)
    report, size = image.report(), len(image.to_bytes())
    for figure in (
        f"{size:,}",
        f"{report.compressed_bits / 3000:.2f}",
        f"{report.entropy_bits / 3000:.2f}",
        f"{8 * size / 3000:.2f}",
        f"{report.ssimulacra2:.1f}",
        f"{report.worst_local_error:.1f}",
        f"{image.rate_weight:.3g}",
        f"{image.dither:.3g}",
    ):
        assert f" {figure}" in result.stdout
    assert np.count_nonzero([head in result.stdout for head in ("entropy", "weight")]) == 2

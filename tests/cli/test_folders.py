"""Folders on the command line."""

import dataclasses
import json
from pathlib import Path

import pytest

import smalti
from tests.batch.trees import put, state
from tests.cli.program import JSON_KEYS, invoke, json_lines, run

QUICK = ["-k", "8", "--effort", "1"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "in/2.png", 1)
    put(tmp_path / "in/10.png", 2)
    put(tmp_path / "in/sub/1.bmp", 3, "BMP")
    return tmp_path


def compress(*arguments):
    return invoke("compress", *QUICK, *arguments)


def test_a_tree_is_compressed_into_another(folder):
    result = compress("-r", "in", "-o", "out")
    assert result.exit_code == 0
    assert list(state(folder / "out")) == ["10.png", "2.png", "sub/1.png"]
    assert result.stderr == "smalti: 3 files: 3 written\n"
    assert "3 files" in result.stdout


def test_the_same_as_the_api(folder):
    compress("-r", "in", "-o", "out")
    options = smalti.CompressOptions(k=8, effort=1)
    list(smalti.compress_files("in", "api", options=options, recursive=True))
    assert state(folder / "out") == state(folder / "api")


@pytest.mark.usefixtures("folder")
def test_lines_of_json_are_those_of_the_api():
    options = smalti.CompressOptions(k=8, effort=1)
    lines = json_lines(compress("-r", "in", "--json").stdout)
    run_again = json_lines(compress("-r", "in", "--json").stdout)
    for output in Path("in").rglob("*-smalti.png"):
        output.unlink()
    for expected in (lines, run_again):
        found = [
            result.to_dict()
            for result in smalti.compress_files("in", options=options, recursive=True)
        ]
        for line in (*found, *expected):
            line.pop("seconds", None)
        assert json.loads(json.dumps(found)) == expected


@pytest.mark.usefixtures("folder")
def test_without_r_a_folder_is_one_sentence():
    result = compress("in")
    assert result.exit_code == 1
    sentence = "in: is a folder, not a file; to compress the images in it, use -r"
    assert result.stderr == f"smalti: {sentence}\n"


@pytest.mark.usefixtures("folder")
def test_a_pattern_is_expanded_by_the_program():
    result = compress("in/**/*.*", "--json")
    found = [line["input"].replace("\\", "/") for line in json_lines(result.stdout)]
    assert sorted(found) == ["in/10.png", "in/2.png", "in/sub/1.bmp"]


@pytest.mark.usefixtures("folder")
def test_lines_of_json_are_in_the_order_of_inputs():
    for jobs in (1, 3):
        lines = json_lines(compress("-r", "in", "-o", f"out{jobs}", "--json", "-j", jobs).stdout)
        assert [line["input"].replace("\\", "/") for line in lines] == [
            "in/2.png",
            "in/10.png",
            "in/sub/1.bmp",
        ]
        assert list(lines[0]) == JSON_KEYS


def test_one_bad_file_is_one_line(folder):
    (folder / "in/10.png").write_bytes(b"no image")
    result = compress("-r", "in", "-o", "out", "--json")
    assert result.exit_code == 1
    lines = json_lines(result.stdout)
    assert set(lines[1]) == {"input", "error"}
    first, summary = result.stderr.splitlines()
    assert first.startswith("smalti: in")
    assert summary == "smalti: 3 files: 2 written, 1 failed"


@pytest.mark.usefixtures("folder")
def test_a_second_run_says_what_is_left_out():
    compress("-r", "in", "-o", "out")
    result = compress("-r", "in", "-o", "out")
    assert (result.exit_code, result.stdout) == (0, "")
    *notes, summary = result.stderr.splitlines()
    assert all(line.endswith("is made of it already") for line in notes)
    assert summary == "smalti: 3 files: 3 left out"
    assert compress("-r", "in", "-o", "out", "--quiet").stderr == ""


def test_many_files_have_totals_and_exceptions_only(folder):
    for number in range(70):
        put(folder / f"in/{number}.png", number, side=9)
    (folder / "in/5.png").write_bytes(b"no image")
    result = compress("-r", "in", "-o", "out")
    (heading, _rule, total) = [line for line in result.stdout.splitlines() if line.strip()]
    assert "quality" in heading
    assert total.startswith("70 files")
    assert len(result.stderr.splitlines()) == 2
    assert "5.png" in result.stderr
    again = compress("-r", "in", "-o", "out")
    assert len(again.stderr.splitlines()) == 2
    assert len(compress("-r", "in", "-o", "out", "-v").stderr.splitlines()) > 70


@pytest.mark.parametrize("option", ["-d", "--dry-run"])
def test_a_dry_run_writes_nothing_and_says_so(folder, option):
    before = state(folder)
    result = compress("-r", "in", "-o", "out", option)
    assert result.exit_code == 0
    assert state(folder) == before
    assert result.stderr.splitlines()[-1] == ("smalti: nothing was written, for this was a dry run")


def test_check_lists_what_could_be_smaller(folder):
    before = state(folder)
    result = compress("-r", "in", "--check")
    assert result.exit_code == 3
    assert state(folder) == before
    lines = result.stdout.splitlines()
    assert len(lines) == 3
    assert all(": could have " in line and " bytes instead of " in line for line in lines)
    compress("-r", "in", "--ext", ".png", "--force")
    after = compress("-r", "in", "--check", "--ext", ".png")
    assert (after.exit_code, after.stdout) == (0, "")


def test_check_of_one_file_knows_what_is_done(folder):
    assert compress("in/2.png", "--check").exit_code == 3
    assert compress("in/2.png", "--ext", ".png", "--force").exit_code == 0
    assert compress("in/2.png", "--check").exit_code == 0
    assert compress("in/2.png", "--check", "-k", "4").exit_code in (0, 3)
    assert list(state(folder)) == ["in/10.png", "in/2.png", "in/sub/1.bmp"]


def test_check_fails_for_what_cannot_be_read(folder):
    (folder / "in/10.png").write_bytes(b"no image")
    result = compress("-r", "in", "--check", "--json")
    assert result.exit_code == 1
    assert [set(json.loads(line)) >= {"input"} for line in result.stdout.splitlines()] == [True] * 3


@pytest.mark.usefixtures("folder")
def test_a_single_image_of_a_folder_is_a_tree():
    assert compress("-r", "in/sub", "-o", "out").exit_code == 0
    assert compress("-r", "in/sub", "-o", "out.png").exit_code == 2


@pytest.mark.usefixtures("folder")
def test_r_does_not_change_a_file_that_is_named():
    assert compress("-r", "in/2.png", "-o", "one.png").exit_code == 0


def test_libtiff_is_silent_in_threads_too(folder):
    data = bytearray(put(folder / "in/bad.tif", 3, "TIFF", compression="tiff_lzw").read_bytes())
    data[len(data) // 3 : len(data) // 2] = b"\xff" * (len(data) // 2 - len(data) // 3)
    (folder / "in/bad.tif").write_bytes(data)
    finished = run("-r", "in", "-o", "out", *QUICK, "-j", "2", cwd=folder)
    assert all(line.startswith("smalti: ") for line in finished.stderr.decode().splitlines())


def test_nothing_but_the_digest_of_options_decides(folder):
    compress("-r", "in", "-o", "out")
    results = list(
        smalti.compress_files(
            "in",
            "out",
            options=dataclasses.replace(smalti.CompressOptions(), k=8, effort=1),
            recursive=True,
        )
    )
    assert {result.status for result in results} == {"skipped"}
    assert list(state(folder / "out")) == ["10.png", "2.png", "sub/1.png"]

"""A second run over the same folder neither fails nor compresses its own outputs."""

import os

import pytest

from tests.cli.program import invoke, json_lines
from tests.pictures import encoded, noise


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with three pictures."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("a.png", "b.png", "c.jpg")):
        kind = "PNG" if name.endswith("png") else "JPEG"
        (tmp_path / name).write_bytes(encoded(noise(20, 20, seed=seed), kind))
    return tmp_path


def compress(folder, *options, pattern="*.*"):
    inputs = sorted(path.name for path in folder.glob(pattern))
    return invoke("compress", *inputs, "-k", "4", *options)


def _left_out(source):
    return f"left out, it has the name of an output of {source}; to compress it, name it alone"


def state(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("options", [[], ["-o", "out"], ["--ext", "-x.png"], ["--format", "webp"]])
def test_it_changes_nothing_and_ends_well(folder, options):
    assert compress(folder, *options).exit_code == 0
    before = state(folder)
    assert len(before) == 6
    result = compress(folder, *options)
    assert result.exit_code == 0
    assert state(folder) == before
    assert result.stdout == ""
    assert all(": left out, " in line for line in result.stderr.splitlines())


def test_outputs_are_left_out_with_a_note(folder):
    compress(folder)
    result = compress(folder, "-f", "--effort", "1", pattern="*.png")
    assert result.exit_code == 0
    assert f"smalti: a-smalti.png: {_left_out('a.png')}\n" in result.stderr
    # Its source is no input, but lies beside it.
    assert f"smalti: c-smalti.png: {_left_out('c.jpg')}\n" in result.stderr
    assert sorted(path.name for path in folder.glob("*smalti*")) == [
        "a-smalti.png",
        "b-smalti.png",
        "c-smalti.png",
    ]


def test_what_exists_already_is_left_out_with_advice(folder):
    compress(folder)
    result = compress(folder, pattern="[ab].png")
    assert result.exit_code == 0
    sentence = "smalti: a.png: left out, a-smalti.png is made of it already"
    assert result.stderr.splitlines()[0] == sentence
    result = compress(folder, "--effort", "1", pattern="[ab].png")
    assert result.exit_code == 0
    other = "a-smalti.png was made with other options; to make it anew, use --force"
    assert result.stderr.splitlines()[0] == f"smalti: a.png: left out, {other}"
    # Files of other programs, and of single runs, say nothing of themselves.
    assert invoke("compress", "a.png", "-k", "4", "--force").exit_code == 0
    result = compress(folder, pattern="[ab].png")
    exists = "a-smalti.png exists already; to make it anew, use --force"
    assert result.stderr.splitlines()[0] == f"smalti: a.png: left out, {exists}"
    assert compress(folder, "--quiet", pattern="[ab].png").stderr == ""


def test_json_tells_what_was_left_out(folder):
    compress(folder)
    lines = json_lines(compress(folder, "--json").stdout)
    assert [set(line) for line in lines] == [{"input", "skipped"}] * 6
    assert lines[0] == {"input": "a-smalti.png", "skipped": _left_out("a.png")}


def test_names_that_were_told_apart_are_known_again(folder):
    (folder / "a.jpg").write_bytes((folder / "c.jpg").read_bytes())
    assert compress(folder).exit_code == 0
    before = state(folder)
    assert folder / "a-jpg-smalti.png" in before
    assert compress(folder).exit_code == 0
    assert state(folder) == before


def test_a_changed_input_is_not_left_out(folder):
    compress(folder)
    (folder / "a.png").write_bytes(encoded(noise(9, 9, seed=7)))
    later = (folder / "a-smalti.png").stat().st_mtime + 10
    os.utime(folder / "a.png", (later, later))
    result = compress(folder)
    assert result.exit_code == 1
    others = "exists already, but was made from other contents of a.png; to make it anew, use"
    assert f"smalti: a-smalti.png: {others} --force\n" in result.stderr
    assert compress(folder, "--force").exit_code == 0


def test_of_files_that_say_nothing_the_time_tells(folder):
    assert invoke("compress", "a.png", "-k", "4").exit_code == 0
    later = (folder / "a-smalti.png").stat().st_mtime + 10
    os.utime(folder / "a.png", (later, later))
    result = compress(folder)
    assert result.exit_code == 1
    newer = "a-smalti.png: exists already, but a.png is newer; to replace it, use --force\n"
    assert f"smalti: {newer}" in result.stderr


def test_a_file_that_is_no_output_is_not_taken_for_one(folder):
    (folder / "a-smalti.png").write_bytes(b"precious")
    result = compress(folder, pattern="[ab].png")
    assert result.exit_code == 1
    assert "a-smalti.png: exists already" in result.stderr
    assert (folder / "a-smalti.png").read_bytes() == b"precious"


@pytest.mark.usefixtures("folder")
def test_a_missing_input_is_no_output():
    result = invoke("compress", "a.png", "b-smalti.png")
    assert result.exit_code == 1
    assert "b-smalti.png: no such file" in result.stderr


def test_one_input_alone_was_asked_for(folder):
    compress(folder)
    result = invoke("compress", "a.png")
    assert result.exit_code == 1
    assert "exists already" in result.stderr
    assert invoke("compress", "a-smalti.png", "-o", "again.png").exit_code == 0


def test_an_image_that_is_only_called_like_an_output_is_compressed(folder):
    (folder / "logo-smalti.png").write_bytes(encoded(noise(20, 20, seed=9)))
    (folder / "logo.txt").write_text("no image")
    assert compress(folder, pattern="*.png").exit_code == 0
    assert (folder / "logo-smalti-smalti.png").exists()


def test_an_ending_alone_makes_no_outputs_of_inputs(folder):
    assert compress(folder, "--ext", ".webp", pattern="*.png").exit_code == 0
    result = compress(folder, "--ext", ".webp", "-o", "out", pattern="a.*")
    assert "made from" not in result.stderr


def test_an_input_is_not_taken_for_an_output_of_itself_or_another(folder):
    (folder / "a.jpg").write_bytes((folder / "c.jpg").read_bytes())
    later = (folder / "a.jpg").stat().st_mtime + 10
    os.utime(folder / "a.png", (later, later))
    before = state(folder)
    result = compress(folder, "--ext", ".png", pattern="[ab].png")
    assert result.exit_code == 1
    assert result.stderr.count("exists already; to replace it, use --force") == 2
    assert state(folder) == before

"""What `smalti segment` writes over, removes and leaves alone."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from smalti.labelmaps.export import label_png
from smalti.segmentation.histology.sample_slide import sample_slide
from tests.cli.program import invoke
from tests.pictures import encoded

INTERRUPTED = 130


@pytest.fixture(scope="module")
def slide():
    return encoded(sample_slide(96, 128).image)


@pytest.fixture
def slide_png(slide, tmp_path):
    path = tmp_path / "slide.png"
    path.write_bytes(slide)
    return path


@pytest.fixture
def out(slide_png, tmp_path):
    """The results of an earlier run, with everything."""
    folder = tmp_path / "out"
    names = ["--names", "nuclei,stroma,glass"]
    arguments = ["-k", 3, "-o", folder, "--geojson", *names, "--quiet"]
    assert invoke("segment", slide_png, *arguments).exit_code == 0
    return folder


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_an_earlier_run_left_is_removed_and_nothing_else(slide_png, out):
    theirs = ["mask-7.png", "mask-1-of-mine.png", "notes.txt"]
    for name in theirs:
        (out / name).write_bytes(b"theirs")
    (out / "labels.ome.tif").write_bytes(b"of an earlier run")
    assert invoke("segment", slide_png, "-k", 2, "-o", out, "--force").exit_code == 0
    ours = ["classes.npz", "figure.png", "labels.png", "overlay.png", "regions.csv"]
    masks = ["mask-0.png", "mask-1.png"]
    assert sorted(contents(out)) == sorted([*ours, *masks, *theirs])


@pytest.mark.parametrize("damaged", [b"no archive", None])
def test_without_readable_classes_no_file_is_known_to_be_ours(slide_png, out, damaged):
    if damaged is None:
        (out / "classes.npz").unlink()
    else:
        (out / "classes.npz").write_bytes(damaged)
    before = contents(out)
    assert invoke("segment", slide_png, "-k", 2, "-o", out, "--force").exit_code == 0
    for name in ("mask-2-glass.png", "regions.geojson"):
        assert (out / name).read_bytes() == before[name]


@pytest.mark.parametrize("name", ["labels.png", "mask-0.png", "mask-2-glass.png", "figure.png"])
def test_an_input_is_not_written_over_or_removed(slide, out, name):
    (out / name).write_bytes(slide)
    before = contents(out)
    for force in ([], ["--force"]):
        result = invoke("segment", out / name, "-k", 2, "-o", out, *force)
        assert result.exit_code == 1
        assert f"{out / name}: would be replaced or removed, but is the input" in result.stderr
        assert result.stderr.count("\n") == 1
        assert contents(out) == before


def test_an_input_is_known_by_any_name_and_as_any_input(slide_png, out, slide):
    (out / "labels.png").write_bytes(slide)
    detour = f"{out}/../out/labels.png"
    folder = out.parent / "several"
    folder.mkdir()
    (folder / "slide").symlink_to(out)
    arguments = ["-k", 2, "-o", folder, "--force", "--quiet"]
    result = invoke("segment", slide_png, detour, *arguments)
    assert result.exit_code == 1
    assert f"but is the input {detour}" in result.stderr
    assert (out / "labels.png").read_bytes() == slide
    assert (folder / "labels" / "labels.png").exists()


@pytest.mark.parametrize(
    ("option", "name"), [("--mask", "mask-2-glass.png"), ("--classes", "classes.npz")]
)
def test_a_mask_and_classes_are_not_written_over_or_removed(slide_png, out, option, name):
    before = contents(out)
    k = ["-k", 2] if option == "--mask" else []
    result = invoke("segment", slide_png, *k, option, out / name, "-o", out, "--force")
    assert result.exit_code == 1
    assert f"{out / name}: would be replaced or removed, but is {option} {out / name}" in (
        result.stderr
    )
    assert contents(out) == before


@pytest.mark.parametrize("failure", [KeyboardInterrupt, MemoryError])
def test_what_fails_before_all_is_encoded_leaves_the_earlier_run(
    slide_png, out, monkeypatch, failure
):
    def fail(_mask):
        raise failure

    before = contents(out)
    monkeypatch.setattr(label_png, "encode_mask", fail)
    result = invoke("segment", slide_png, "-k", 2, "-o", out, "--force")
    assert result.exit_code == (INTERRUPTED if failure is KeyboardInterrupt else 1)
    assert contents(out) == before


@pytest.mark.parametrize("where", ["fsync", "replace", "unlink"])
@pytest.mark.parametrize("after", range(5))
def test_an_interrupt_leaves_the_earlier_run_or_the_new_one(
    slide_png, out, monkeypatch, where, after
):
    arguments = ["-k", 2, "--names", "nuclei,rest", "--quiet"]
    other = out.with_name("new")
    assert invoke("segment", slide_png, *arguments, "-o", other).exit_code == 0
    before, new = contents(out), contents(other)
    place = os if where == "fsync" else Path
    real = getattr(place, where)
    calls = []

    def interrupted(*arguments, **options):
        # Ctrl-C may come before or after; here it comes when the call is done.
        result = real(*arguments, **options)
        ours = where == "fsync" or out in Path(arguments[0]).parents
        calls.extend([None] if ours else [])
        if ours and len(calls) == after + 1:
            raise KeyboardInterrupt
        return result

    monkeypatch.setattr(place, where, interrupted)
    result = invoke("segment", slide_png, *arguments, "-o", out, "--force")
    monkeypatch.undo()
    assert result.exit_code == INTERRUPTED
    assert contents(out) == (before if where == "fsync" else new)


def test_a_failed_input_leaves_no_folder(slide_png, tmp_path, monkeypatch):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no image")
    out = tmp_path / "new" / "out"
    result = invoke("segment", bad, slide_png, "-k", 2, "-o", out)
    assert result.exit_code == 1
    assert [path.name for path in out.iterdir()] == ["slide"]

    def fail(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    result = invoke("segment", slide_png, "-k", 2, "-o", tmp_path / "full" / "disk")
    assert result.exit_code == 1
    assert "No space left on device" in result.stderr
    assert not (tmp_path / "full").exists()


@pytest.mark.parametrize("inside", ["", "more/out"])
def test_what_is_no_folder_is_told_before_any_work(slide_png, monkeypatch, inside):
    monkeypatch.setattr("smalti.cli.segment_job.source_of", lambda _name: pytest.fail("is read"))
    result = invoke("segment", slide_png, "-k", 2, "-o", slide_png / inside)
    assert result.exit_code == 1
    assert f"cannot be made a folder: {slide_png} is not one" in result.stderr


def test_a_folder_that_cannot_hold_another_is_told_before_any_work(
    slide_png, tmp_path, monkeypatch
):
    monkeypatch.setattr("smalti.cli.segment_job.source_of", lambda _name: pytest.fail("is read"))
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    result = invoke("segment", slide_png, "-k", 2, "-o", tmp_path / "new" / "out")
    assert result.exit_code == 1
    assert f"cannot be made a folder: {tmp_path} is not writable" in result.stderr


def test_a_folder_with_an_impossible_name_is_told_before_any_work(slide_png, tmp_path):
    result = invoke("segment", slide_png, "-k", 2, "-o", tmp_path / ("a" * 300))
    assert result.exit_code == 1
    assert "cannot be made a folder: File name too long" in result.stderr


def test_a_long_name_is_cut_in_file_names_only(slide_png, tmp_path):
    long = "é" * 300
    out = tmp_path / "out"
    result = invoke("segment", slide_png, "-k", 2, "--names", f"{long},{long}b", "-o", out)
    assert result.exit_code == 0, result.stderr
    masks = sorted(path.name for path in out.glob("mask-*"))
    assert masks == [f"mask-{i}-{'é' * 60}.png" for i in range(2)]
    assert long in (out / "regions.csv").read_text(encoding="utf-8")
    # They are known again.
    assert invoke("segment", slide_png, "-k", 1, "-o", out, "--force").exit_code == 0
    assert [path.name for path in out.glob("mask-*")] == ["mask-0.png"]


def test_without_matplotlib_there_is_no_figure(slide_png, out, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    result = invoke("segment", slide_png, "-k", 2, "-o", out, "--force")
    assert result.exit_code == 0
    assert "no figure.png: figures need matplotlib" in result.stderr
    # That of the earlier run would be taken for this one's.
    assert not (out / "figure.png").exists()
    assert (out / "labels.png").exists()


def test_without_tifffile_nothing_is_done(slide_png, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tifffile", None)
    out = tmp_path / "out"
    result = invoke("segment", slide_png, slide_png, "-k", 2, "-o", out, "--ome-tiff")
    assert result.exit_code == 1
    assert "needs tifffile" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not out.exists()


def test_fewer_classes_than_asked_for_leave_no_mask_behind(out, tmp_path):
    plain = tmp_path / "plain.png"
    plain.write_bytes(encoded(np.full((8, 8, 3), 77, dtype=np.uint8)))
    assert invoke("segment", plain, "-k", 3, "-o", out, "--force").exit_code == 0
    assert [path.name for path in out.glob("mask-*")] == ["mask-0.png"]

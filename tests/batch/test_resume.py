"""What is done is recognised by a later run, and not done again."""

import dataclasses
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.batch import job as job_module
from smalti.batch.marker import marker_of_file, options_digest
from smalti.formats.registry import formats
from tests.batch.trees import OPTIONS, picture, put, run, state
from tests.pictures import encoded, with_png_chunk


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for number in range(3):
        put(tmp_path / f"in/{number}.png", number, side=48)
    return tmp_path


@pytest.fixture
def nothing_is_decoded(monkeypatch):
    """Fail if a picture is decoded."""

    def refuse():
        def decoded(*_):
            raise AssertionError("a picture was decoded")

        monkeypatch.setattr(job_module.Original, "decoded", decoded)

    return refuse


def statuses(*arguments, **options):
    return [result.status for result in run(*arguments, **options)]


IN_PLACE = {"recursive": True, "suffix": ".png", "overwrite": True}


@pytest.mark.parametrize("form", formats())
def test_outputs_say_what_they_were_made_with_and_of(folder, form):
    options = dataclasses.replace(OPTIONS, format=form)
    run("in", "out", options=options, recursive=True)
    markers = [marker_of_file(path) for path in sorted((folder / "out").iterdir())]
    assert {marker.options for marker in markers} == {options_digest(options, "safe")[:4]}
    assert len({marker.source for marker in markers}) == 3


def test_what_replaces_its_input_does_not_say_of_what(folder):
    assert statuses("in", **IN_PLACE) == ["written"] * 3
    assert [marker_of_file(path).source for path in (folder / "in").iterdir()] == [None] * 3


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("form", formats())
def test_a_second_run_decodes_nothing(folder, nothing_is_decoded, form, overwrite):
    options = {"options": dataclasses.replace(OPTIONS, format=form), "recursive": True}
    run("in", "out", **options)
    before = state(folder)
    nothing_is_decoded()
    results = run("in", "out", overwrite=overwrite, **options)
    assert {result.status for result in results} == {"skipped"}
    assert state(folder) == before


def test_in_place_it_decodes_nothing_and_loses_nothing(folder, nothing_is_decoded):
    run("in", **IN_PLACE)
    before = state(folder)
    nothing_is_decoded()
    results = run("in", **IN_PLACE)
    assert {result.reason for result in results} == {
        "left out, it was made with these options already"
    }
    assert state(folder) == before


def test_what_was_compressed_in_place_is_copied_to_another_folder(folder):
    run("in", **IN_PLACE)
    assert statuses("in", "out", recursive=True) == ["kept"] * 3
    for path in sorted((folder / "in").iterdir()):
        assert (folder / "out" / path.name).read_bytes() == path.read_bytes()
    assert statuses("in", "out", recursive=True) == ["skipped"] * 3


@pytest.mark.usefixtures("folder")
def test_outputs_of_another_folder_are_not_copied():
    run("in", "in/old", recursive=True)
    statuses_by_name = {
        Path(result.input).as_posix(): result.status for result in run("in", "out", recursive=True)
    }
    assert statuses_by_name["in/0.png"] == "written"
    assert statuses_by_name["in/old/0.png"] == "skipped"


def test_other_options_are_told_and_by_force_made_anew(folder):
    run("in", "out", recursive=True)
    before = state(folder)
    other = dataclasses.replace(OPTIONS, k=4)
    (first, *_) = run("in", "out", options=other, recursive=True)
    output = Path("out/0.png")
    assert first.reason == (
        f"left out, {output} was made with other options; to make it anew, use --force"
    )
    assert state(folder) == before
    assert statuses("in", "out", options=other, recursive=True, overwrite=True) == ["written"] * 3
    assert len(smalti.load(output).palette) == 4
    assert statuses("in", "out", recursive=True, strip="all") == ["skipped"] * 3


def test_other_contents_are_an_error_and_by_force_made_anew(folder):
    run("in", "out", recursive=True)
    before = (folder / "in/0.png").stat()
    put(folder / "in/0.png", 9)
    # Times do not tell.
    os.utime(folder / "in/0.png", ns=(before.st_atime_ns, before.st_mtime_ns))
    first, *others = run("in", "out", recursive=True)
    assert [result.status for result in others] == ["skipped"] * 2
    assert "was made from other contents of" in str(first.error)
    assert statuses("in", "out", recursive=True, overwrite=True) == ["written", *["skipped"] * 2]


def test_a_moved_tree_is_still_done(folder):
    run("in", "out", recursive=True)
    (folder / "in").rename(folder / "moved")
    os.utime(folder / "moved/0.png")
    assert statuses("moved", "out", recursive=True) == ["skipped"] * 3


@pytest.mark.usefixtures("folder")
def test_an_output_is_not_compressed_as_an_input_again():
    run("in", "out", recursive=True)
    assert statuses("out", "again", recursive=True) == ["skipped"] * 3
    other = dataclasses.replace(OPTIONS, k=4)
    assert statuses("out", "again", options=other, recursive=True) == ["written"] * 3


def test_an_edited_file_is_compressed_again(folder):
    run("in", **IN_PLACE)
    with Image.open(folder / "in/0.png") as image:
        data = encoded(image.convert("RGB").rotate(180))
    (folder / "in/0.png").write_bytes(data)
    assert statuses("in", **IN_PLACE) == ["written", "skipped", "skipped"]


def test_one_file_alone_is_not_marked_unless_it_is_replaced(folder):
    source = folder / "in/0.png"
    (alone,) = run(source, "out")
    assert Path(alone.output).read_bytes() == smalti.compress(source, options=OPTIONS).to_bytes()
    (replaced,) = run(source, suffix=".png", overwrite=True)
    assert replaced.status == "written"
    assert marker_of_file(source).source is None
    assert statuses(source, suffix=".png", overwrite=True) == ["skipped"]
    # Who names it alone, and another output, means it.
    assert statuses(source, "out", overwrite=True) != ["skipped"]


def test_the_picture_is_the_same_with_a_marker(folder):
    run("in", "out", recursive=True)
    for number in range(3):
        loaded = smalti.load(folder / f"out/{number}.png")
        assert loaded == smalti.compress(picture(number, 48), options=OPTIONS)


def test_the_marker_counts_in_never_larger(folder):
    data = smalti.compress(picture(), options=OPTIONS).to_bytes()
    (folder / "in/0.png").write_bytes(data)
    first, *_ = run("in", **IN_PLACE)
    assert (first.status, first.output) == ("kept", None)
    assert (folder / "in/0.png").read_bytes() == data


def test_what_is_kept_is_marked_if_there_is_room(folder):
    plain = smalti.compress(picture(side=8), 5).to_bytes("png", effort=9)
    (folder / "in/0.png").write_bytes(with_png_chunk(plain, b"tEXt", b"Comment\0" + bytes(99)))
    first, *_ = run("in", **IN_PLACE)
    assert first.status == "kept"
    assert len((folder / "in/0.png").read_bytes()) == len(plain) + 16
    assert marker_of_file(folder / "in/0.png") is not None
    assert statuses("in", **IN_PLACE) == ["skipped"] * 3


@pytest.mark.usefixtures("folder")
def test_a_marker_fits_into_the_bytes_asked_for():
    plain = len(smalti.compress(picture(side=48), options=OPTIONS).to_bytes())
    options = smalti.CompressOptions(max_bytes=plain, effort=1)
    for form in ("png", "webp"):
        results = run("in", form, options=dataclasses.replace(options, format=form), recursive=True)
        assert {result.status for result in results} == {"written"}
        assert max(result.output_bytes for result in results) <= plain


@pytest.fixture
def small(folder):
    """A file that does not become smaller, and one that does."""
    for path in (folder / "in").iterdir():
        path.unlink()
    data = smalti.compress(picture(side=8), 5).to_bytes("png", effort=9)
    (folder / "in/a.png").write_bytes(data)
    put(folder / "in/b.png")
    return folder


def test_what_does_not_become_smaller_is_remembered(small, nothing_is_decoded):
    assert statuses("in", **IN_PLACE) == ["kept", "written"]
    before = state(small)
    nothing_is_decoded()
    again = run("in", **IN_PLACE)
    assert again[0].reason == "left out, it does not become smaller with these options"
    assert state(small) == before


def test_it_is_remembered_for_these_options_alone(small):
    run("in", **IN_PLACE)
    (small / "in/b.png").unlink()
    other = dataclasses.replace(OPTIONS, k=4)
    assert statuses("in", options=other, **IN_PLACE) != ["skipped"]


@pytest.mark.parametrize("cache", ["", "/dev/null/no/folder", "file"])
def test_without_a_memory_results_are_the_same(small, monkeypatch, cache):
    (small / "file").write_bytes(b"precious")
    monkeypatch.setenv("SMALTI_CACHE_DIR", cache)
    assert statuses("in", **IN_PLACE) == ["kept", "written"]
    before = state(small)
    assert statuses("in", **IN_PLACE) == ["kept", "skipped"]
    assert state(small) == before


def test_the_memory_has_a_bound(small, monkeypatch):
    from smalti.batch import kept

    path = small / "cache/kept"
    monkeypatch.setenv("SMALTI_CACHE_DIR", str(path.parent))
    run("in", **IN_PLACE)
    (record,) = [path.read_bytes()]
    assert len(record) == 16
    path.write_bytes(bytes(kept._MAX_BYTES) + record)
    assert statuses("in", **IN_PLACE) == ["skipped", "skipped"]
    assert len(path.read_bytes()) == kept._MAX_BYTES // 2
    path.write_bytes(b"not a multiple of sixteen bytes")
    assert statuses("in", **IN_PLACE) == ["kept", "skipped"]


def test_what_is_kept_is_written_where_output_is_asked_for(small):
    for _ in range(2):
        # The memory must not keep it from another folder.
        assert statuses("in", "out", recursive=True, overwrite=True)[0] == "kept"
        assert (small / "out/a.png").read_bytes() == (small / "in/a.png").read_bytes()
    assert statuses("in", "other", recursive=True) == ["kept", "written"]


def test_what_is_larger_in_another_format_is_not_written_from_a_folder(folder, nothing_is_decoded):
    for path in (folder / "in").iterdir():
        path.unlink()
    put(folder / "in/a.jpg", kind="JPEG", quality=1, side=96)
    (first,) = run("in", "out", recursive=True, options=smalti.CompressOptions(effort=1))
    assert (first.status, first.output) == ("kept", None)
    assert "would become larger as PNG, nothing is written" in first.notes[-1].text
    assert not (folder / "out").exists()
    nothing_is_decoded()
    again = {"recursive": True, "options": smalti.CompressOptions(effort=1)}
    assert statuses("in", "out", **again) == ["skipped"]


def test_it_is_written_where_it_was_named(folder):
    put(folder / "in/a.jpg", kind="JPEG", quality=1, side=96)
    options = smalti.CompressOptions(effort=1)
    first, _ = run(["in/a.jpg", "in/0.png"], "out", options=options)
    assert first.status == "written"
    assert "is larger than" in first.notes[-1].text


def test_an_animation_of_a_folder_is_left_out(folder):
    frames = [Image.fromarray(picture(seed)) for seed in (1, 2)]
    for name, kind in (("film.gif", "GIF"), ("film.png", "PNG"), ("pages.tif", "TIFF")):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        (folder / "in" / name).write_bytes(data)
    before = state(folder)
    found = {Path(result.input).name: result for result in run("in", **IN_PLACE)}
    for name in ("film.gif", "film.png", "pages.tif"):
        assert found[name].reason == (
            "left out, it has several frames or pages; to compress the first, name it alone"
        )
        assert state(folder)[f"in/{name}"] == before[f"in/{name}"]


def test_files_without_a_marker_are_known_by_name_and_time(folder):
    (folder / "out").mkdir()
    data = smalti.compress(picture(1), 3).to_bytes()
    (folder / "out/1.png").write_bytes(data)
    results = run("in", "out", recursive=True)
    assert [result.status for result in results] == ["written", "skipped", "written"]
    assert "exists already" in results[1].reason
    assert (folder / "out/1.png").read_bytes() == data


def test_a_marker_that_another_program_moved_does_not_count(folder):
    run("in", **IN_PLACE)
    with Image.open(folder / "in/0.png") as image:
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
    (folder / "in/0.png").write_bytes(buffer.getvalue())
    assert marker_of_file(folder / "in/0.png") is None
    np.testing.assert_array_equal(
        np.asarray(Image.open(folder / "in/0.png").convert("RGB")),
        smalti.compress(picture(0, 48), options=OPTIONS).reconstruct(),
    )

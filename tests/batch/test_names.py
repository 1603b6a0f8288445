"""Where the outputs of folders go."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smalti.batch.destination import Destination, Tree
from smalti.exceptions import OptionsError
from tests.batch.trees import put, run, state


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "in/a/x.bmp", 1, "BMP")
    put(tmp_path / "in/b/c/y.bmp", 2, "BMP")
    put(tmp_path / "in/z.bmp", 3, "BMP")
    return tmp_path


def outputs(results):
    return [Path(result.output).as_posix() for result in results if result.output]


@pytest.mark.usefixtures("folder")
def test_a_tree_is_mirrored_with_the_same_names():
    made = ["out/z.png", "out/a/x.png", "out/b/c/y.png"]
    assert outputs(run("in", "out", recursive=True)) == made
    assert sorted(state(Path("out"))) == ["a/x.png", "b/c/y.png", "z.png"]


@pytest.mark.usefixtures("folder")
def test_a_suffix_is_put_on_names_in_a_tree():
    results = run("in", "out", recursive=True, suffix="-s.png")
    assert outputs(results) == ["out/z-s.png", "out/a/x-s.png", "out/b/c/y-s.png"]


@pytest.mark.usefixtures("folder")
def test_without_a_folder_outputs_go_beside_inputs():
    results = run("in", recursive=True)
    assert outputs(results) == ["in/z-smalti.png", "in/a/x-smalti.png", "in/b/c/y-smalti.png"]


@pytest.mark.usefixtures("folder")
def test_files_named_one_by_one_keep_their_usual_names():
    results = run(["in/z.bmp", "in/a/x.bmp"], "out")
    assert outputs(results) == ["out/z-smalti.png", "out/x-smalti.png"]


@pytest.mark.usefixtures("folder")
def test_several_folders_have_folders_of_their_own():
    results = run(["in/a", "in/b"], "out", recursive=True)
    assert outputs(results) == ["out/a/x.png", "out/b/c/y.png"]


def test_files_of_one_name_keep_their_endings(folder):
    put(folder / "in/z.tif", 4, "TIFF")
    results = run("in", "out", recursive=True)
    assert outputs(results)[:2] == ["out/z-bmp.png", "out/z-tif.png"]


def test_what_is_replaced_keeps_its_name(folder):
    put(folder / "in/z.png", 4)
    put(folder / "in/z.jpg", 5, "JPEG", side=64, quality=95)
    place = {"recursive": True, "suffix": ".png", "overwrite": True}
    results = run("in", **place)
    assert outputs(results)[:3] == ["in/z-bmp.png", "in/z-jpg.png", "in/z.png"]
    # The same again, which finds no other inputs and makes no other files.
    before = state(folder)
    assert [result.status for result in run("in", **place)] == ["skipped"] * 5
    assert state(folder) == before


def test_only_folders_are_made_that_something_goes_into(folder):
    (folder / "in/b/c/y.bmp").write_bytes(b"no image")
    assert [result.status for result in run("in", "out", recursive=True)][-1] == "failed"
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["a", "z.png"]


@pytest.mark.usefixtures("folder")
def test_an_output_folder_inside_is_not_compressed_again():
    run("in", "in/out", recursive=True)
    before = state(Path("in"))
    run("in", "in/out", recursive=True)
    assert state(Path("in")) == before


@pytest.mark.usefixtures("folder")
def test_a_file_is_no_folder_for_a_tree():
    with pytest.raises(OptionsError, match=r"out_dir='in/z.bmp.*': cannot be made a folder"):
        run("in", "in/z.bmp", recursive=True)


_STEMS = st.sampled_from(["a", "a-png", "a-jpg", "a-png-jpg", "b", "a-smalti", "a.b"])
_NAMES = st.sets(
    st.tuples(st.sampled_from(["", "x", "x/y"]), _STEMS, st.sampled_from(["png", "jpg", "bmp"])),
    min_size=2,
)


@given(names=_NAMES, is_tree=st.booleans(), out=st.sampled_from([None, "out/"]))
def test_names_of_a_tree_never_collide(names, is_tree, out):
    below = {str(Path("in", folder, f"{stem}.{end}")): folder for folder, stem, end in names}
    tree = Tree(below, ".png") if is_tree or out else None
    destination = Destination(out, "-smalti.png", list(below), tree=tree)
    found = [destination.of(name) for name in below]
    assert len(set(found)) == len(found)
    # Nor do they depend on the order.
    backwards = Destination(out, "-smalti.png", list(below)[::-1], tree=tree)
    assert [backwards.of(name) for name in below] == found


def test_an_output_does_not_replace_another_input(folder):
    put(folder / "out/z.png", 7)
    before = state(folder / "out")
    results = run(["in", "out/z.png"], "out", recursive=True, overwrite=True)
    (failed,) = [result for result in results if result.error]
    assert "which is an input itself" in str(failed.error)
    assert {name: state(folder / "out")[name] for name in before} == before

"""Which files there are in folders and patterns, and in which order."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smalti.batch.expand import expanded, globbed
from tests.batch.trees import put


def names(*inputs, out=None, suffix="-smalti.png", recursive=True):
    items = expanded([str(each) for each in inputs], out, suffix, recursive=recursive)
    return [Path(item.name).as_posix() for item in items if item.is_open]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*paths):
    for path in map(Path, paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


@pytest.mark.usefixtures("folder")
def test_names_are_in_the_order_in_which_people_sort_them():
    touch("in/10.png", "in/2.png", "in/b/1.png", "in/B2.png", "in/a.png", "in/c.png")
    listed = ["in/2.png", "in/10.png", "in/a.png", "in/B2.png", "in/c.png", "in/b/1.png"]
    assert names("in") == listed


@pytest.mark.usefixtures("folder")
def test_only_images_that_are_not_hidden_are_found():
    touch("in/a.PNG", "in/.b.png", "in/.c/d.png", "in/e.txt", "in/f", "in/g.jp2", "in/h.npz")
    assert names("in") == ["in/a.PNG", "in/g.jp2"]


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_links_to_folders_are_not_followed(folder):
    touch("in/a.png", "other/b.png")
    (folder / "in/loop").symlink_to(folder / "in")
    (folder / "in/other").symlink_to(folder / "other")
    (folder / "in/c.png").symlink_to(folder / "other/b.png")
    (folder / "in/circle.png").symlink_to("circle.png")
    (folder / "in/nowhere.png").symlink_to("gone.png")
    assert names("in") == ["in/a.png", "in/c.png"]


@pytest.mark.usefixtures("folder")
def test_the_output_folder_is_not_searched():
    touch("in/a.png", "in/out/b.png", "in/output/c.png")
    assert names("in", out="in/out/") == ["in/a.png", "in/output/c.png"]


@pytest.mark.usefixtures("folder")
def test_outputs_of_earlier_runs_are_not_found():
    touch("in/a.jpg", "in/a-smalti.png", "in/b-smalti.png", "in/a-jpg-smalti.png")
    assert names("in") == ["in/a.jpg", "in/b-smalti.png"]


@pytest.mark.usefixtures("folder")
def test_icons_are_left_out_with_a_reason():
    touch("in/a.ico", "in/b.png")
    icon, picture = expanded(["in"], None, "-smalti.png", recursive=True)
    assert (icon.is_open, picture.is_open) == (False, True)
    assert icon.reason.startswith("left out, it is an icon")


@pytest.mark.usefixtures("folder")
def test_a_folder_without_images_gives_one_sentence():
    touch("in/a.txt")
    (item,) = expanded(["in"], None, "-smalti.png", recursive=True)
    assert (item.name, item.reason) == ("in", "has no images in it")


@pytest.mark.usefixtures("folder")
def test_a_folder_is_an_error_that_tells_what_to_do():
    touch("in/a.png")
    (item,) = expanded(["in"], None, "-smalti.png", recursive=False)
    sentence = "in: is a folder, not a file; to compress the images in it, use"
    assert str(item.error) == f"{sentence} recursive=True"
    assert item.error.command_line == f"{sentence} -r"


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_named_and_found_is_one_input():
    touch("in/a.png", "in/b.png")
    assert names("in/b.png", "in", "in/b.png") == ["in/b.png", "in/a.png"]
    assert names("in", "in/../in") == ["in/a.png", "in/b.png"]


@pytest.mark.usefixtures("folder")
def test_trees_of_several_folders_are_told_apart_by_their_names():
    touch("x/a.png", "y/sub/a.png")
    items = expanded(["x", "y"], "out/", "-smalti.png", recursive=True)
    assert [Path(item.below).as_posix() for item in items] == ["x", "y/sub"]


@pytest.mark.usefixtures("folder")
def test_patterns_are_expanded_unless_a_file_has_that_name():
    touch("in/1.png", "in/10.png", "in/2.png", "in/deep/3.png", "in/.4.png", "[a].png", "a.png")
    assert names("in/*.png", recursive=False) == ["in/1.png", "in/2.png", "in/10.png"]
    found = ["in/1.png", "in/2.png", "in/10.png", "in/deep/3.png"]
    assert sorted(names("in/**/*.png", recursive=False)) == sorted(found)
    assert globbed("[a].png") == ["[a].png"]
    assert globbed("none*.png") == ["none*.png"]
    assert names("in/*", recursive=False) == ["in/1.png", "in/2.png", "in/10.png"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_cannot_be_read_is_an_error(folder):
    touch("in/a.png", "in/closed/b.png")
    (folder / "in/closed").chmod(0)
    items = expanded(["in"], None, "-smalti.png", recursive=True)
    (folder / "in/closed").chmod(0o755)
    assert [item.error is None for item in items] == [True, False]


@pytest.mark.usefixtures("folder")
def test_a_pattern_does_not_find_what_is_in_the_output_folder():
    touch("a.png", "out/b.png", "out/deep/c.png", "outer/d.png")
    found = names("**/*.png", out="out", recursive=False)
    assert sorted(found) == ["a.png", "outer/d.png"]
    # Who names it means it.
    assert names("out/b.png", out="out", recursive=False) == ["out/b.png"]


_PARTS = st.sampled_from(["a", "b", "a-png", "10", "9", ".x", "A"])
_FILES = st.lists(
    st.tuples(st.lists(_PARTS, max_size=2), _PARTS, st.sampled_from([".png", ".jpg", ".txt", ""])),
    max_size=8,
)


@given(files=_FILES)
def test_every_visible_image_of_a_tree_is_found_once(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("tree")
    wanted = set()
    for folders, stem, ending in files:
        # A file is not a folder, too.
        path = folder.joinpath(*(f"{part}.d" for part in folders), stem + ending)
        touch(path)
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if ending in (".png", ".jpg") and not hidden:
            wanted.add(str(path))
    items = expanded([str(folder)], None, "-smalti.png", recursive=True)
    found = [item.name for item in items if item.is_open]
    assert len(found) == len(set(found))
    assert set(found) == wanted


def test_outputs_that_were_taken_elsewhere_are_found(folder):
    from tests.batch.trees import run

    for name in ("1", "10", "1-0"):
        put(folder / f"in/{name}.bmp", int(name[-1]), kind="BMP")
    run("in", "out", recursive=True)
    assert sorted(names("out", suffix=".png")) == ["out/1-0.png", "out/1.png", "out/10.png"]


def test_files_made_of_others_beside_them_are_not_found(folder):
    from tests.batch.trees import run

    put(folder / "in/a.jpg", kind="JPEG", quality=95, side=64)
    put(folder / "in/b.bmp", kind="BMP")
    first = run("in", recursive=True, suffix=".png", overwrite=True)
    assert {result.status for result in first} == {"written"}
    assert names("in", suffix=".png") == ["in/a.jpg", "in/b.bmp"]
    assert names(*sorted(Path("in").iterdir()), recursive=False, suffix=".png") == [
        "in/a.jpg",
        "in/a.png",
        "in/b.bmp",
        "in/b.png",
    ]
    again = run(sorted(Path("in").iterdir()), suffix=".png")
    assert [result.status for result in again] == ["skipped"] * 4
    assert "it was made of an image beside it" in again[1].reason

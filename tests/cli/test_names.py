"""Where outputs go: folders that are made, and names that do not collide."""

import pytest

from tests.cli.program import invoke, json_lines
from tests.pictures import encoded, noise

PICTURE = noise(6, 7)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in, with a.png, a.jpg and b.png."""
    monkeypatch.chdir(tmp_path)
    for name, kind in (("a.png", "PNG"), ("a.jpg", "JPEG"), ("b.png", "PNG")):
        (tmp_path / name).write_bytes(encoded(PICTURE, kind))
    return tmp_path


def outputs(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*-smalti.*"))


def compress(*arguments):
    return invoke("compress", *arguments, "-k", "2", "-f")


@pytest.mark.parametrize("out", ["out/", "deep/er/"])
def test_a_slash_at_the_end_makes_a_folder(folder, out):
    assert compress("a.png", "-o", out).exit_code == 0
    assert outputs(folder) == [f"{out}a-smalti.png"]


@pytest.mark.parametrize("out", ["out", "out/", "v1.2", "out.d"])
def test_several_inputs_make_a_folder(folder, out):
    assert compress("a.png", "b.png", "-o", out).exit_code == 0
    assert outputs(folder) == [f"{out.rstrip('/')}/{name}-smalti.png" for name in "ab"]


@pytest.mark.parametrize("out", ["x.jpg", "x.TIFF", "x.avif"])
def test_the_name_of_another_image_is_no_folder_either(folder, out):
    assert compress("a.png", "b.png", "-o", out).exit_code == 2
    assert outputs(folder) == []


@pytest.mark.parametrize("out", ["x.png", "x.webp", "x.npz", "x.PNG"])
def test_the_name_of_an_image_is_no_folder_for_several(folder, out):
    result = compress("a.png", "b.png", "-o", out)
    assert result.exit_code == 2
    assert f"-o {out}: must be a folder when there are 2 inputs" in result.stderr
    assert outputs(folder) == []


def test_no_folder_is_left_where_nothing_came_of_it(folder):
    for name in ("a.png", "b.png"):
        (folder / name).write_bytes(b"no image")
    assert compress("a.png", "b.png", "-o", "out/deep").exit_code == 1
    assert not (folder / "out").exists()


def test_a_file_in_the_way_of_a_folder_is_wrong_usage(folder):
    for out in ("b.png/", "b.png/deep/"):
        result = compress("a.png", "-o", out)
        assert result.exit_code == 2
        assert "cannot be made a folder: b.png is not one" in result.stderr
    assert outputs(folder) == []


def test_a_folder_is_made_for_other_commands_too(folder):
    assert compress("a.png", "-o", "a.npz").exit_code == 0
    assert invoke("reconstruct", "a.npz", "-o", "again/").exit_code == 0
    assert (folder / "again" / "a-reconstructed.png").exists()


@pytest.mark.parametrize("out", [None, "out"])
def test_inputs_of_one_name_keep_their_endings(folder, out):
    options = [] if out is None else ["-o", out]
    assert compress("a.png", "b.png", "a.jpg", *options).exit_code == 0
    expected = ["a-jpg-smalti.png", "a-png-smalti.png", "b-smalti.png"]
    assert outputs(folder) == [f"{out}/{name}" if out else name for name in expected]


def test_the_order_of_inputs_does_not_matter(folder):
    lines = json_lines(compress("a.jpg", "a.png", "--json").stdout)
    names = {line["input"]: line["output"] for line in lines}
    assert names == {"a.jpg": "a-jpg-smalti.png", "a.png": "a-png-smalti.png"}
    for name in names.values():
        (folder / name).unlink()
    lines = json_lines(compress("a.png", "a.jpg", "--json").stdout)
    assert {line["input"]: line["output"] for line in lines} == names
    assert len(outputs(folder)) == 2


def test_a_file_without_an_ending_keeps_its_name(folder):
    (folder / "a").write_bytes(encoded(PICTURE))
    assert compress("a", "a.png").exit_code == 0
    assert outputs(folder) == ["a-png-smalti.png", "a-smalti.png"]


def test_what_endings_do_not_tell_apart_is_refused(folder):
    (folder / "sub").mkdir()
    (folder / "sub" / "a.png").write_bytes(encoded(PICTURE))
    result = compress("a.png", "sub/a.png", "-o", "out")
    assert result.exit_code == 1
    assert "sub/a.png: would be written to out/a-smalti.png, as a.png is" in result.stderr
    assert outputs(folder) == ["out/a-smalti.png"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_one_input_twice_is_refused(folder, jobs):
    result = compress("a.png", "./a.png", "-j", jobs)
    assert result.exit_code == 1
    assert "./a.png: would be written to a-smalti.png, as a.png is" in result.stderr
    assert outputs(folder) == ["a-smalti.png"]

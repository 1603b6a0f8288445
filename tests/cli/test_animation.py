"""`smalti compress` into a GIF."""

import numpy as np
import pytest
from PIL import Image

from tests.animation.films import file_of, moving, shown_by_pillow
from tests.cli.program import invoke, json_lines
from tests.pictures import encoded, noise


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """The working folder, with an animation and its frames."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.png").write_bytes(file_of(moving(12), "PNG", duration=70, loop=2))
    (tmp_path / "frames").mkdir()
    for number, frame in enumerate(moving(12)):
        Image.fromarray(frame).save(tmp_path / f"frames/{number}.png")
    return tmp_path


def done(*arguments, code=0):
    result = invoke("compress", *arguments)
    assert result.exit_code == code, result.stderr
    return result


def test_an_animation_becomes_a_gif(folder):
    told = done("film.png", "-o", "film.gif")
    assert told.stdout.startswith("film.gif: 60 x 40, 12 frames, ")
    found = shown_by_pillow((folder / "film.gif").read_bytes())
    np.testing.assert_array_equal([pixels[..., :3] for pixels, _ in found], moving(12))
    assert {milliseconds for _, milliseconds in found} == {70}
    again = done("film.png", "-o", "film.gif", code=1)
    assert "film.gif: exists already; to replace it, use --force" in again.stderr


def test_images_in_a_row_are_sorted_as_people_do(folder):
    done("frames/*.png", "-o", "film.gif", "--fps", 20, "--loop", 1)
    found = shown_by_pillow((folder / "film.gif").read_bytes())
    np.testing.assert_array_equal([pixels[..., :3] for pixels, _ in found], moving(12))
    with Image.open(folder / "film.gif") as image:
        assert "loop" not in image.info
        assert image.info["duration"] == 50


def test_json_tells_frames_and_scores():
    (row,) = json_lines(done("film.png", "-o", "film.gif", "--json").stdout)
    assert (row["frames"], row["width"], row["height"]) == (12, 60, 40)
    assert row["ssimulacra2"] == row["worst_ssimulacra2"] == 100
    assert row["output"] == "film.gif"


def test_a_gif_that_does_not_become_smaller_is_kept(folder):
    done("film.png", "-o", "film.gif")
    told = done("film.gif", "-o", "again.gif")
    assert "film.gif: does not become smaller, and is kept" in told.stderr
    assert (folder / "again.gif").read_bytes() == (folder / "film.gif").read_bytes()
    # But for other times it is written anew.
    done("film.gif", "-o", "fast.gif", "--fps", 50)
    with Image.open(folder / "fast.gif") as image:
        assert image.info["duration"] == 20


def test_the_input_is_not_replaced(folder):
    done("film.png", "-o", "film.gif")
    before = (folder / "film.gif").read_bytes()
    told = done("film.gif", "-o", "film.gif", "--force", code=1)
    assert "is the input" in told.stderr
    assert (folder / "film.gif").read_bytes() == before


def test_goals_are_those_of_still_images(folder):
    for number in range(3):
        (folder / f"n{number}.png").write_bytes(encoded(noise(40, 40, seed=number)))
    done("n0.png", "n1.png", "n2.png", "-o", "n.gif", "--max-size", "4kB")
    assert (folder / "n.gif").stat().st_size <= 4000
    told = done("n0.png", "n1.png", "-o", "m.gif", "-q", 99, "-k", 2, code=99)
    assert "quality 99 cannot be reached" in told.stderr
    assert not (folder / "m.gif").exists()


@pytest.mark.parametrize("option", [["--fps", 20], ["--loop", 0], ["--strict"]])
def test_options_of_animations_are_refused_for_still_images(option):
    told = done("frames/0.png", "-o", "still.png", *option, code=2)
    assert f"{option[0]} is for animations: write one with -o OUT.gif" in told.stderr


@pytest.mark.parametrize(
    "option", [["--format", "png"], ["--block", "2x2"], ["-r"], ["--check"], ["--space", "srgb"]]
)
def test_options_of_still_images_are_refused_for_animations(option):
    told = done("film.png", "-o", "film.gif", *option, code=2)
    assert "is for still images, and the output is a GIF" in told.stderr


def test_damage_is_told_and_refused_with_strict(folder):
    data = (folder / "film.png").read_bytes()
    (folder / "cut.png").write_bytes(data[: len(data) * 3 // 4])
    told = done("cut.png", "-o", "cut.gif")
    assert "cut.png: is damaged after frame" in told.stderr
    told = done("cut.png", "-o", "strict.gif", "--strict", code=1)
    assert told.stderr.startswith("smalti: cut.png: ")
    assert not (folder / "strict.gif").exists()

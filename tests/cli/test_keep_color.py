"""``smalti compress --keep-color``."""

import pytest

import smalti
from tests.cli.program import invoke


def test_colours_are_kept(photo, photo_png):
    options = ["--keep-color", "#FF0000", "--keep-color", "00ff00", "-k", 16]
    assert invoke("compress", photo_png, *options).exit_code == 0
    written = photo_png.with_name("photo-smalti.png").read_bytes()
    assert written == smalti.compress(photo, 16, keep_colors=["ff0000", "00ff00"]).to_bytes("png")


@pytest.mark.parametrize("color", ["", "red", "fff", "ff00000", "0xff0000", "##ff0000", "ff 000"])
def test_what_is_no_colour_is_wrong_usage(photo_png, color):
    result = invoke("compress", photo_png, "--keep-color", color)
    assert result.exit_code == 2
    assert "--keep-color" in result.stderr
    assert f"{color!r} is not a colour of 6 hexadecimal digits" in result.stderr
    assert [path.name for path in photo_png.parent.iterdir()] == ["photo.png"]


def test_clear_colours_count_once(photo_png):
    options = ["--keep-color", "12345600", "--keep-color", "65432100", "-k", 1]
    result = invoke("compress", photo_png, *options)
    # They are counted, and then refused for the photograph's sake.
    assert result.exit_code == 1
    assert "photo.png: colour" in result.stderr
    assert "cannot be kept: it is see-through" in result.stderr


def test_more_colours_than_the_palette_has_are_refused(photo_png):
    colors = [
        option for color in ("ff0000", "00ff00", "0000ff") for option in ("--keep-color", color)
    ]
    result = invoke("compress", photo_png, "-k", 2, *colors)
    assert result.exit_code == 2
    assert "-k 2: 3 colours cannot be kept with --keep-color" in result.stderr

"""Animations are read as players show them."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.sources.animations.open import open_animation
from tests.animation.films import COUNT, HEIGHT, WIDTH, file_of, moving, shown_by_pillow

SHARED = Path(__file__).parents[3] / "shared/data/anim"


def frames_of(source, **options):
    animation = open_animation(source, **options)
    return animation, list(animation.frames())


def check_is_shown(data):
    """A file has the frames, and the times, that Pillow shows."""
    animation, found = frames_of(data)
    expected = shown_by_pillow(data)
    assert len(found) == len(expected)
    for frame, (pixels, milliseconds) in zip(found, expected, strict=True):
        clear = (frame.pixels[..., 3] == 0) & (pixels[..., 3] == 0)
        np.testing.assert_array_equal(frame.pixels[~clear], pixels[~clear])
        assert frame.milliseconds == pytest.approx(milliseconds, abs=0.5)
    assert animation.notes == []


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("GIF", {"disposal": 1}),
        ("GIF", {"disposal": 2}),
        ("PNG", {}),
        ("PNG", {"disposal": 1, "blend": 0}),
        ("WEBP", {"lossless": True}),
    ],
)
def test_frames_are_those_that_pillow_shows(kind, options):
    check_is_shown(file_of(moving(), kind, duration=[70, 80, 90, 100, 110, 120], **options))


@pytest.mark.parametrize(
    "name",
    [
        "anim.webp",
        "ball.apng.png",
        "iss634.webp",
        "newtonscradle.gif",
        "rotating-squares.webp",
    ],
)
def test_real_animations_are_what_pillow_shows(name):
    # ffmpeg shows the same of apng-delay.png, whose first picture is no frame, and of iss634.apng,
    # whose translucent pixels Pillow pastes.
    path = SHARED / name
    if not path.exists():
        pytest.skip("needs the shared images")
    check_is_shown(path.read_bytes())


@pytest.mark.parametrize(("kind", "loop"), [("GIF", 0), ("PNG", 3), ("WEBP", 3), ("PNG", 0)])
def test_plays_are_read(kind, loop):
    assert open_animation(file_of(moving(), kind, loop=loop, duration=50)).plays == loop


def test_a_gif_without_a_count_is_played_once():
    assert open_animation(file_of(moving(), "GIF", duration=50)).plays == 1
    # GIF counts what follows the first time.
    assert open_animation(file_of(moving(), "GIF", duration=50, loop=4)).plays == 5


@pytest.mark.parametrize("kind", ["list", "array", "iterator", "16 bits", "Pillow", "paths"])
def test_images_in_a_row_are_frames(kind, tmp_path):
    frames = moving()
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(tmp_path / f"{number}.png")
    sources = {
        "list": list(frames),
        "array": frames,
        "iterator": iter(frames),
        "16 bits": [frame.astype(np.uint16) * 257 for frame in frames],
        "Pillow": [Image.fromarray(frame) for frame in frames],
        "paths": [tmp_path / f"{number}.png" for number in range(COUNT)],
    }
    animation, found = frames_of(sources[kind])
    np.testing.assert_array_equal([frame.pixels[..., :3] for frame in found], frames)
    assert {frame.milliseconds for frame in found} == {50.0}
    assert (animation.shape, animation.plays) == ((HEIGHT, WIDTH), 0)
    # They can be read again.
    assert len(list(animation.frames())) == COUNT


@pytest.mark.parametrize("kind", ["PNG", "GIF", "JPEG", "WEBP"])
def test_a_still_image_is_one_frame(kind):
    image = Image.fromarray(moving()[0])
    _, found = frames_of(file_of([moving()[0]], kind))
    assert len(found) == 1
    assert len(frames_of(image)[1]) == len(frames_of(moving()[0])[1]) == 1


def test_pillow_images_that_move_have_their_frames(tmp_path):
    (tmp_path / "a.webp").write_bytes(file_of(moving(), "WEBP", lossless=True, duration=70))
    with Image.open(tmp_path / "a.webp") as image:
        _, found = frames_of(image)
    np.testing.assert_array_equal([frame.pixels[..., :3] for frame in found], moving())


@pytest.mark.parametrize("kind", ["GIF", "PNG"])
def test_damaged_files_end_where_the_damage_begins(kind):
    whole = file_of(moving(), kind, duration=50)
    cut = whole[: len(whole) * 3 // 4]
    animation, found = frames_of(cut)
    assert 1 <= len(found) < COUNT
    np.testing.assert_array_equal(
        [frame.pixels[..., :3] for frame in found], moving()[: len(found)]
    )
    assert [note.kind for note in animation.notes] == ["unread"]
    assert f"is damaged after frame {len(found)} of" in animation.notes[0].text
    with pytest.raises(ImageReadError, match=r"^the bytes given: "):
        frames_of(cut, is_strict=True)


def test_files_without_a_first_frame_are_refused_in_a_sentence(tmp_path):
    path = tmp_path / "a.gif"
    path.write_bytes(file_of(moving(), "GIF", duration=50)[:60])
    with pytest.raises(ImageReadError, match=rf"^{path}: "):
        open_animation(path)
    png = file_of(moving(), "PNG", duration=50)
    path.write_bytes(png[: png.find(b"IDAT")] + png[-12:])
    with pytest.raises(ImageReadError, match=rf"^{path}: "):
        open_animation(path)
    path.write_bytes(b"GIF89a" + os.urandom(20))
    with pytest.raises(ImageReadError, match=rf"^{path}: "):
        smalti.compress_animation(path)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_large_frames_are_refused(kind):
    data = file_of(moving(), kind, duration=50)
    with pytest.raises(ImageReadError, match=r"more than the 100 pixels allowed"):
        open_animation(data, max_pixels=100)


def test_frames_of_other_sizes_and_none_are_refused():
    mixed = [np.zeros((4, 5, 3), np.uint8), np.zeros((5, 4, 3), np.uint8)]
    with pytest.raises(InvalidParameterError, match=r"is 4 x 5, but the first frame is 5 x 4"):
        smalti.compress_animation(mixed)
    with pytest.raises(InvalidParameterError, match=r"^frames: there is none$"):
        smalti.compress_animation([])

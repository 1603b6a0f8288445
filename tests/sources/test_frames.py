import pytest
from PIL import Image

from smalti.sources.frames import frames_of_file
from tests.pictures import encoded, noise

FRAMES = [Image.fromarray(noise(5, 6, seed=seed)) for seed in range(3)]


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_frames_and_pages_are_counted(tmp_path, kind):
    path = tmp_path / "film"
    path.write_bytes(encoded(FRAMES[0], kind, save_all=True, append_images=FRAMES[1:]))
    assert frames_of_file(path) == 3
    path.write_bytes(encoded(FRAMES[0], kind))
    assert frames_of_file(path) == 1


def test_previews_of_a_camera_are_no_frames(tmp_path):
    path = tmp_path / "stereo.mpo"
    path.write_bytes(encoded(FRAMES[0], "MPO", save_all=True, append_images=FRAMES[1:]))
    assert frames_of_file(path) == 1


@pytest.mark.parametrize("content", [b"", b"no image", b"GIF89a"])
def test_what_is_no_image_has_one(tmp_path, content):
    path = tmp_path / "x"
    path.write_bytes(content)
    assert frames_of_file(path) == frames_of_file(tmp_path / "missing") == 1


def test_a_small_limit_of_pixels_does_not_hide_frames(tmp_path, monkeypatch):
    path = tmp_path / "film.gif"
    path.write_bytes(encoded(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4)
    assert frames_of_file(path) == 3

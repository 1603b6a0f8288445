"""Which images are read by parts, and which as a whole."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.exceptions import ImageReadError
from smalti.sources.tiles.open import is_zarr, opened_by_parts
from tests.pictures import encoded, noise
from tests.sources.tile_checks import assert_is

tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[large]")

HEIGHT, WIDTH = 20, 30
RGB = noise(HEIGHT, WIDTH)
PIXELS = HEIGHT * WIDTH


@pytest.fixture
def path(tmp_path):
    """A TIFF file."""
    tifffile.imwrite(tmp_path / "a.tif", RGB, photometric="rgb", metadata=None)
    return tmp_path / "a.tif"


def test_a_tiff_file_of_more_pixels_than_the_limit_is_read_by_parts(path):
    for source in (path, str(path)):
        assert opened_by_parts(source) is None
        assert opened_by_parts(source, max_pixels=PIXELS) is None
        assert_is(opened_by_parts(source, max_pixels=PIXELS - 1), RGB)


def test_without_a_limit_pillows_own_holds(path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", PIXELS // 2)
    assert opened_by_parts(path) is None
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", PIXELS // 2 - 1)
    assert_is(opened_by_parts(path), RGB)
    assert opened_by_parts(path, max_pixels=PIXELS) is None
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert opened_by_parts(path) is None


def test_a_tiff_file_is_known_by_its_contents(path):
    other = path.with_name("picture.png")
    other.write_bytes(path.read_bytes())
    assert_is(opened_by_parts(other, max_pixels=1), RGB)
    other.write_bytes(encoded(RGB))
    assert opened_by_parts(other, max_pixels=1) is None
    path.write_bytes(encoded(RGB, "JPEG"))
    assert opened_by_parts(path, max_pixels=1) is None


@pytest.mark.parametrize("data", [b"", b"II", b"II*", b"MM\0", b"no image at all"])
def test_what_is_no_tiff_is_not_read_by_parts(path, data):
    path.write_bytes(data)
    assert opened_by_parts(path, max_pixels=1) is None


@pytest.mark.parametrize("data", [b"II*\0", b"MM\0*" + bytes(40), b"II+\0" + bytes(40)])
def test_a_tiff_file_that_pillow_does_not_know_is_left_to_tifffile(path, data):
    path.write_bytes(data)
    try:
        assert opened_by_parts(path) is None
    except ImageReadError as error:
        assert str(error).startswith(f"{path}: cannot be read: ")  # noqa: PT017 - either is right


def test_what_pillow_warns_of_is_no_warning(path):
    extra = [(34675, "H", 3, (1, 2, 3), True)]
    tifffile.imwrite(path, RGB, photometric="rgb", metadata=None, extratags=extra)
    with pytest.warns(UserWarning, match="Metadata Warning"), Image.open(path):
        pass
    assert opened_by_parts(path, max_pixels=1) is not None


def test_samples_that_pillow_does_not_know_are_read_by_parts(path):
    samples = noise(HEIGHT, WIDTH, 3, dtype=np.uint16) / np.float32(65535)
    tifffile.imwrite(path, samples, photometric="rgb", metadata=None)
    with pytest.raises(ImageReadError):
        smalti.read(path)
    assert_is(opened_by_parts(path), samples)


def test_what_is_not_there_is_left_to_who_reads_it(tmp_path):
    assert opened_by_parts(tmp_path / "none.tif", max_pixels=1) is None
    assert opened_by_parts(tmp_path, max_pixels=1) is None


@pytest.mark.parametrize("name", ["a" * 300, "a" * 5000, "a\0b", "\ud800"])
def test_names_that_no_file_can_have_are_those_of_no_zarr(name):
    assert not is_zarr(name)
    assert opened_by_parts(name, max_pixels=1) is None
    with pytest.raises(ImageReadError):
        smalti.fit_palette(name)


def test_contents_and_images_are_read_as_a_whole(path):
    data = path.read_bytes()
    with path.open("rb") as file:
        for source in (data, bytearray(data), memoryview(data), io.BytesIO(data), file):
            assert opened_by_parts(source, max_pixels=1) is None
    with Image.open(path) as image:
        assert opened_by_parts(image, max_pixels=1) is None
    assert opened_by_parts(smalti.read(path), max_pixels=1) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.zarr", True),
        ("a.zarr/", True),
        ("a.ZARR", True),
        ("a.ome.zarr", True),
        ("a.zarr.zip", True),
        ("https://example.org/a.zarr", True),
        ("https://example.org/a.zarr/", True),
        ("https://example.org/a.tif", False),
        ("a.zip", False),
        ("azarr", False),
        ("a.zarr.png", False),
        ("-", False),
        ("", False),
    ],
)
def test_zarr_is_known_by_its_ending(name, expected):
    assert is_zarr(name) is expected


@pytest.mark.parametrize("file", ["zarr.json", ".zgroup", ".zarray"])
def test_a_folder_of_zarr_is_known_by_its_files(tmp_path, file):
    assert not is_zarr(str(tmp_path))
    (tmp_path / file).mkdir()
    assert not is_zarr(str(tmp_path))
    (tmp_path / file).rmdir()
    (tmp_path / file).touch()
    assert is_zarr(str(tmp_path))
    assert not is_zarr(str(tmp_path / "inner"))
    assert not is_zarr(str(tmp_path / file))


def test_looking_leaves_no_file_open(path):
    psutil = pytest.importorskip("psutil")
    opened_by_parts(path)
    assert str(path) not in [file.path for file in psutil.Process().open_files()]
    assert Path(path).exists()

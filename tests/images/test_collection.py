"""Files that other programs wrote, with all their oddities: the collection of test images.

The collection is not part of the repository; without it these tests are skipped. What does not
need another program's files is tested without it: `tests/conformance` writes PNG files of every
kind, and `test_decode` asks Pillow for other formats.
"""

import io
import warnings

import numpy as np
import pytest
from PIL import Image, ImageOps, features

import smalti
from smalti.exceptions import ImageReadError, ImageReadWarning
from smalti.sources.read import read
from tests.conftest import COLLECTION
from tests.pictures import without_png_chunk

K = 8

# Float samples from -pi to pi: outside the documented range of 0 to 1.
REFUSED = {"10ct_32bit_128.tiff"}

# Pillow looks for the transparent shade of 4 bits among samples of 8.
MISREAD_BY_PILLOW = {"tbbn0g04.png"}


def names(folder, pattern="*"):
    """File names to run a test on; one that is skipped where there is no collection."""
    return sorted(path.name for path in (COLLECTION / folder).glob(pattern)) or ["none"]


def read_quietly(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImageReadWarning)
        return read(path)


@pytest.mark.parametrize("name", [name for name in names("formats") if name not in REFUSED])
def test_every_format_is_read_and_compressed(data, name):
    if name.endswith(".avif") and not features.check("avif"):
        pytest.skip("this Pillow does not read AVIF")
    source = read_quietly(data / "formats" / name)
    compressed = smalti.compress(source, K, effort=1)
    assert compressed.indices.shape == source.pixels.shape[:2]
    assert 1 <= len(compressed.palette) <= K
    loaded = smalti.load(compressed.to_bytes("png"))
    # An alpha channel that is opaque throughout is not written.
    assert loaded.to_pillow().convert("RGBA") == compressed.to_pillow().convert("RGBA")


@pytest.mark.parametrize("name", REFUSED)
def test_samples_out_of_range_are_refused(data, name):
    with pytest.raises(ImageReadError, match=f"{name}: has float values"):
        read(data / "formats" / name)


@pytest.mark.parametrize("name", names("anim"))
def test_of_every_animation_the_first_frame_is_read_with_a_note(data, name):
    path = data / "anim" / name
    with Image.open(path) as image:
        expected = image.convert("RGBA")
        frames = image.n_frames
    source = read(path)
    assert [note.kind for note in source.notes] == ["frames"]
    assert f"{frames} frames" in source.notes[0].text
    np.testing.assert_array_equal(source.pixels[..., :3], np.asarray(expected)[..., :3])
    compressed = smalti.compress(source, K, effort=1)
    assert compressed.indices.shape == (expected.height, expected.width)


@pytest.mark.parametrize("name", names("png_suite", "[!x]*.png"))
def test_valid_files_of_the_png_suite_are_read_as_pillow_reads_them(data, name):
    # Pillow leaves gAMA to its users.
    file = without_png_chunk((data / "png_suite" / name).read_bytes(), b"gAMA")
    pixels = read(file).pixels
    if name in MISREAD_BY_PILLOW:
        assert (pixels[..., 3] == 0).any()
        pixels = pixels[..., :3]
    with Image.open(io.BytesIO(file)) as image:
        upright = ImageOps.exif_transpose(image)
        if upright.mode.startswith("I"):
            np.testing.assert_array_equal(pixels[..., 0], np.asarray(upright))
            return
        expected = np.asarray(upright.convert("RGBA"))
    if pixels.dtype == np.uint16:
        # Pillow keeps the high byte, and cannot find the transparent colour after that.
        pixels, expected = (pixels[..., :3] >> 8).astype(np.uint8), expected[..., :3]
    elif pixels.shape[2] == 3:
        assert name in MISREAD_BY_PILLOW or (expected[..., 3] == 255).all()
        expected = expected[..., :3]
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("name", names("png_suite", "x*.png"))
def test_damaged_files_of_the_png_suite_are_refused(data, name):
    path = data / "png_suite" / name
    with pytest.raises(ImageReadError, match=name) as caught:
        read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", names("gradients", "*16*"))
def test_pictures_of_16_bits_stay_so(data, name):
    assert read_quietly(data / "gradients" / name).pixels.dtype == np.uint16

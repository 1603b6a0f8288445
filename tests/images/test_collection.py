"""Files from elsewhere: every format and oddity in the collection of test images.

The collection is not part of the repository; without it these tests are skipped.
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
OUT_OF_RANGE = "10ct_32bit_128.tiff"

# Their IDAT checksum is wrong, which Pillow does not check: the picture itself decodes.
ACCEPTED_BY_PILLOW = {"xcsn0g01.png"}


def names(folder, pattern="*"):
    """File names to run a test on; one that is skipped where there is no collection."""
    return sorted(path.name for path in (COLLECTION / folder).glob(pattern)) or ["none"]


def read_quietly(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImageReadWarning)
        return read(path)


@pytest.mark.parametrize("name", [name for name in names("formats") if name != OUT_OF_RANGE])
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


def test_samples_out_of_range_are_refused_in_one_sentence(data):
    with pytest.raises(ImageReadError) as caught:
        read(data / "formats" / OUT_OF_RANGE)
    message = str(caught.value)
    assert "\n" not in message
    assert OUT_OF_RANGE in message
    assert "from -3.14094 to 3.14068" in message
    assert "0 to 1" in message


@pytest.mark.parametrize("name", names("anim"))
def test_of_every_animation_the_first_frame_is_read_with_a_warning(data, name):
    path = data / "anim" / name
    with Image.open(path) as image:
        expected = image.convert("RGBA")
        frames = image.n_frames
    with pytest.warns(ImageReadWarning, match=f"{frames} frames"):
        source = read(path)
    np.testing.assert_array_equal(source.pixels[..., :3], np.asarray(expected)[..., :3])
    compressed = smalti.compress(source, K, effort=1)
    assert compressed.indices.shape == (expected.height, expected.width)


@pytest.mark.parametrize("name", names("png_suite", "[!x]*.png"))
def test_valid_files_of_the_png_suite_are_read_as_pillow_reads_them(data, name):
    # Pillow leaves gAMA to its users.
    file = without_png_chunk((data / "png_suite" / name).read_bytes(), b"gAMA")
    pixels = read(file).pixels
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
        assert (expected[..., 3] == 255).all()
        expected = expected[..., :3]
    np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("name", names("png_suite", "[!x]*.png"))
def test_files_of_the_png_suite_are_read_whatever_their_gamma(data, name):
    path = data / "png_suite" / name
    bare = read(without_png_chunk(path.read_bytes(), b"gAMA"))
    assert read(path).pixels.shape == bare.pixels.shape


@pytest.mark.parametrize("name", names("png_suite", "t[bmp]*.png"))
def test_transparency_in_the_png_suite_is_seen(data, name):
    transparent = name[1] == "m" or name[2] != "0"
    assert read(data / "png_suite" / name).pixels.shape[2] == (4 if transparent else 3)


@pytest.mark.parametrize("name", names("png_suite", "[!x]????[gca]*.png"))
def test_bit_depths_of_the_png_suite_are_kept(data, name):
    path = data / "png_suite" / name
    with path.open("rb") as file:
        depth = file.read(25)[24]
    assert read(path).pixels.dtype == (np.uint16 if depth == 16 else np.uint8)


@pytest.mark.parametrize("name", names("png_suite", "x*.png"))
def test_damaged_files_of_the_png_suite_are_refused(data, name):
    path = data / "png_suite" / name
    if name in ACCEPTED_BY_PILLOW:
        assert read(path).pixels.shape == (32, 32, 3)
        return
    with pytest.raises(ImageReadError, match=name) as caught:
        read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", names("gradients", "*16*"))
def test_pictures_of_16_bits_stay_so(data, name):
    assert read_quietly(data / "gradients" / name).pixels.dtype == np.uint16


def test_soft_transparency_survives(data):
    source = read(data / "demo" / "tulips-alpha.png")
    compressed = smalti.compress(source, 64, effort=1)
    alpha, rebuilt = source.pixels[..., 3], compressed.reconstruct()[..., 3]
    assert (rebuilt[alpha == 0] == 0).all()
    assert (rebuilt[alpha == 255] == 255).all()
    assert len(np.unique(rebuilt)) > 10

"""ICC profiles: every picture comes out in sRGB."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from smalti.sources.read import read
from tests.pictures import (
    encoded,
    noise,
    png16,
    srgb_profile,
    swapped_profile,
    with_png_chunk,
)

RGB = noise(6, 9)


def _converted(image, profile):
    """What the colour management of Pillow makes of it."""
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    srgb = ImageCms.createProfile("sRGB")
    return np.asarray(ImageCms.profileToProfile(image, source, srgb, outputMode="RGB"))


def assert_a_level_apart(found, expected):
    """Two implementations of profiles round each in its way."""
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("format_name", ["PNG", "TIFF", "WEBP"])
def test_a_profile_gives_the_same_colours_in_every_format(format_name):
    options = {"lossless": True} if format_name == "WEBP" else {}
    data = encoded(RGB, format_name, icc_profile=swapped_profile(), **options)
    alone = read(encoded(RGB, icc_profile=swapped_profile()))
    np.testing.assert_array_equal(read(data).pixels, alone.pixels)


@pytest.mark.parametrize("format_name", ["PNG", "TIFF", "JPEG"])
def test_another_profile_is_converted(format_name):
    data = encoded(RGB, format_name, icc_profile=swapped_profile())
    with Image.open(io.BytesIO(data)) as image:
        expected = _converted(image, swapped_profile())
        assert np.abs(expected.astype(int) - np.asarray(image)).max() > 50
    assert_a_level_apart(read(data).pixels, expected)


def test_swapped_primaries_swap_the_colours():
    pure = np.array([[[255, 0, 0], [0, 0, 255], [90, 90, 90]]], dtype=np.uint8)
    pixels = read(encoded(pure, icc_profile=swapped_profile())).pixels
    assert np.abs(pixels.astype(int) - pure[..., ::-1]).max() <= 2


def test_alpha_is_not_touched_by_a_profile():
    rgba = noise(6, 9, 4)
    pixels = read(encoded(rgba, icc_profile=swapped_profile())).pixels
    np.testing.assert_array_equal(pixels[..., 3], rgba[..., 3])
    expected = _converted(Image.fromarray(np.ascontiguousarray(rgba[..., :3])), swapped_profile())
    assert_a_level_apart(pixels[..., :3], expected)


def test_palettes_are_converted():
    image = Image.fromarray(RGB).quantize(5)
    pixels = read(encoded(image, icc_profile=swapped_profile())).pixels
    assert_a_level_apart(pixels, _converted(image.convert("RGB"), swapped_profile()))


@pytest.mark.parametrize("channels", [3, 4])
def test_16_bit_samples_are_converted_too(channels):
    levels = np.array([[[65535, 0, 0, 65535], [0, 0, 65535, 500]]], dtype=np.uint16)
    levels = levels[..., :channels]
    expected = levels.astype(np.float64)
    expected[..., [0, 2]] = expected[..., [2, 0]]
    source = read(png16(levels, icc=swapped_profile()))
    assert source.pixels.dtype == np.uint16
    assert np.abs(source.pixels - expected).max() <= 2 * 257


@pytest.mark.parametrize("format_name", ["PNG", "TIFF"])
def test_an_srgb_profile_leaves_pixels_untouched(format_name):
    data = encoded(RGB, format_name, icc_profile=srgb_profile())
    np.testing.assert_array_equal(read(data).pixels, RGB)


def test_an_srgb_profile_hardly_moves_16_bit_samples():
    deep = noise(6, 9, dtype=np.uint16)
    pixels = read(png16(deep, icc=srgb_profile())).pixels
    # Half a level of 8 bits.
    assert np.abs(pixels.astype(int) - deep.astype(int)).max() <= 128


@pytest.mark.parametrize("profile", [b"not a profile", srgb_profile()[:200], b"\0" * 300])
def test_a_broken_profile_is_noted_and_colours_are_taken_as_srgb(profile):
    source = read(encoded(RGB, icc_profile=profile))
    assert [note.kind for note in source.notes] == ["profile"]
    assert source.notes[0].text.startswith("the bytes given: its colour profile cannot be used (")
    np.testing.assert_array_equal(source.pixels, RGB)


@pytest.mark.parametrize("profile", [b"not a profile", srgb_profile()[:200]])
def test_a_broken_profile_of_a_16_bit_picture_is_noted_and_keeps_the_depth(profile):
    deep = noise(6, 9, dtype=np.uint16)
    source = read(png16(deep, icc=profile))
    assert [note.kind for note in source.notes] == ["profile"]
    np.testing.assert_array_equal(source.pixels, deep)


def test_a_profile_of_another_kind_of_colours_is_left_out():
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    source = read(encoded(RGB, icc_profile=lab))
    assert [note.kind for note in source.notes] == ["profile"]
    np.testing.assert_array_equal(source.pixels, RGB)


def _gamma(value):
    """The gAMA chunk's content: the exponent in units of 1/100,000."""
    return round(value * 100_000).to_bytes(4, "big")


def test_linear_light_declared_by_gamma_is_converted():
    # Half of the light is 188 in sRGB: 255 (1.055 (128/255)^(1/2.4) - 0.055).
    pixels = np.array([[[0, 128, 255, 128]]], dtype=np.uint8)
    for channels in (3, 4):
        data = with_png_chunk(encoded(pixels[..., :channels]), b"gAMA", _gamma(1.0))
        assert read(data).pixels[0, 0].tolist() == [0, 188, 255, 128][:channels]


def test_linear_light_of_16_bits_is_converted():
    data = png16(np.array([[[0, 128 * 257, 65535]]], dtype=np.uint16))
    pixels = read(with_png_chunk(data, b"gAMA", _gamma(1.0))).pixels
    light = 128 / 255
    expected = 65535 * (1.055 * light ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(pixels[0, 0], [0, expected, 65535], atol=1)


def test_the_gamma_of_srgb_leaves_pixels_untouched():
    data = with_png_chunk(encoded(RGB), b"gAMA", _gamma(0.45455))
    np.testing.assert_array_equal(read(data).pixels, RGB)


def test_a_profile_or_srgb_chunk_overrules_gamma():
    data = with_png_chunk(encoded(RGB), b"gAMA", _gamma(1.0))
    np.testing.assert_array_equal(read(with_png_chunk(data, b"sRGB", b"\0")).pixels, RGB)
    data = with_png_chunk(encoded(RGB, icc_profile=srgb_profile()), b"gAMA", _gamma(1.0))
    np.testing.assert_array_equal(read(data).pixels, RGB)


@pytest.mark.parametrize("payload", [b"\0\0\0\0", b"\0\0\0\1", b"\xff\xff\xff\xff"])
def test_absurd_gammas_do_not_keep_a_picture_from_being_read(payload):
    data = with_png_chunk(encoded(RGB), b"gAMA", payload)
    assert read(data).pixels.shape == RGB.shape

"""PNG files that say what their colours mean: gAMA, sRGB, iCCP, cHRM and cICP."""

import struct
import zlib

import numpy as np
import pytest

import smalti
from smalti.sources.read import read
from tests.conformance.checks import assert_is_read_exactly
from tests.conformance.pictures import Picture, picture
from tests.conformance.png_writer import DEPTHS, INDEXED, RGB
from tests.pictures import srgb_profile, swapped_profile

KINDS = [(color_type, depth) for color_type, depths in DEPTHS.items() for depth in depths]
EACH_KIND = pytest.mark.parametrize(
    "made", [picture(*kind, 9, 7) for kind in KINDS], ids=lambda made: made.name
)
COLOR = picture(RGB, 8, 9, 7)

SRGB = b"sRGB", b"\0"
# Of white, red, green and blue.
SRGB_PRIMARIES = b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)


def gamma(value: float) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", round(value * 100_000))


def profile(icc: bytes) -> tuple[bytes, bytes]:
    return b"iCCP", b"a name\0\0" + zlib.compress(icc)


def encoded_as_srgb(sample: int, highest: int, file_gamma: float) -> int:
    """A sample that is light to the power of gamma, as the sRGB standard encodes that light."""
    light = (sample / highest) ** (1 / file_gamma)
    if light <= 0.0031308:
        return round(12.92 * light * highest)
    return round((1.055 * light ** (1 / 2.4) - 0.055) * highest)


SAYS_SRGB = {
    "sRGB": [SRGB],
    "gamma of sRGB": [gamma(0.45455)],
    "gamma and primaries of sRGB": [gamma(0.45455), SRGB_PRIMARIES],
    "sRGB beside another gamma": [gamma(1.0), SRGB],
    "code points of sRGB": [(b"cICP", bytes([1, 13, 0, 1]))],
    "gamma 0, which means nothing": [gamma(0)],
}


@EACH_KIND
@pytest.mark.parametrize("name", SAYS_SRGB)
def test_colours_that_are_srgb_already_are_not_changed(made, name):
    assert_is_read_exactly(made.file(before=SAYS_SRGB[name]), made)


@EACH_KIND
@pytest.mark.parametrize("value", [0.35, 1.0, 1.8])
def test_another_gamma_is_converted(made, value):
    pixels = made.pixels
    highest = int(np.iinfo(pixels.dtype).max)
    expected = pixels.copy()
    for place in np.ndindex(*pixels.shape[:2], 3):
        expected[place] = encoded_as_srgb(int(pixels[place]), highest, value)
    file = made.file(before=[gamma(value)])
    found = read(file).pixels
    assert found.dtype == pixels.dtype
    np.testing.assert_array_equal(found, expected)
    if made.color_type == INDEXED:
        np.testing.assert_array_equal(smalti.load(file).reconstruct(), expected)


def test_the_transparent_colour_is_that_of_the_file_not_the_converted():
    # In the file 100 is transparent; as sRGB it is another, which is not.
    shades = np.array([[[100, 100, 100], [encoded_as_srgb(100, 255, 1.0)] * 3]])
    made = Picture(shades, 8, RGB, transparent=(100, 100, 100))
    assert read(made.file(before=[gamma(1.0)])).pixels[0, :, 3].tolist() == [0, 255]


def assert_nearly_equal(found, expected):
    """Nowhere half a percent apart: the numbers in a profile are rounded."""
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype
    highest = np.iinfo(expected.dtype).max
    assert np.abs(found.astype(int) - expected).max() <= 0.005 * highest


@EACH_KIND
def test_a_profile_of_srgb_changes_nothing_that_one_sees(made):
    found = read(made.file(before=[profile(srgb_profile())])).pixels
    assert_nearly_equal(found, made.pixels)
    if made.depth < 16:
        np.testing.assert_array_equal(found, made.pixels)


@EACH_KIND
def test_a_profile_is_converted(made):
    found = read(made.file(before=[profile(swapped_profile())])).pixels
    # Its red and blue are swapped, and alpha is not concerned.
    assert_nearly_equal(found, made.pixels[..., [2, 1, 0, 3][: found.shape[2]]])


def test_a_profile_takes_precedence_over_gamma():
    both = COLOR.file(before=[gamma(1.0), profile(swapped_profile())])
    alone = COLOR.file(before=[profile(swapped_profile())])
    np.testing.assert_array_equal(read(both).pixels, read(alone).pixels)


@EACH_KIND
def test_a_profile_that_is_none_is_told_and_left_out(made):
    file = made.file(before=[profile(b"no profile at all")])
    image = read(file)
    assert [note.kind for note in image.notes] == ["profile"]
    assert "its colour profile cannot be used" in image.notes[0].text
    np.testing.assert_array_equal(image.pixels, made.pixels)


@pytest.mark.xfail(strict=True, reason="Pillow's limit on the size of text is told as damage")
def test_a_long_profile_is_used():
    icc = bytearray(swapped_profile() + bytes(2 << 20))
    struct.pack_into(">I", icc, 0, len(icc))  # a profile begins with its length
    long = COLOR.file(before=[profile(bytes(icc))])
    short = COLOR.file(before=[profile(swapped_profile())])
    np.testing.assert_array_equal(read(long).pixels, read(short).pixels)


@pytest.mark.xfail(strict=True, reason="cICP is not read: wide colours are taken as sRGB")
def test_code_points_of_display_p3_are_converted():
    made = Picture(np.array([[[55, 128, 188]]]), 8, RGB)
    found = read(made.file(before=[(b"cICP", bytes([12, 13, 0, 1]))])).pixels[0, 0]
    assert np.abs(found.astype(int) - [0, 130, 193]).max() <= 1

"""PNG files that say what their colours mean: gAMA, sRGB, iCCP, cHRM and cICP."""

import struct
import zlib

import numpy as np
import pytest

import smalti
from smalti.exceptions import ImageReadError
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


def test_a_long_profile_is_used():
    icc = bytearray(swapped_profile() + bytes(2 << 20))
    struct.pack_into(">I", icc, 0, len(icc))  # a profile begins with its length
    long = COLOR.file(before=[profile(bytes(icc))])
    short = COLOR.file(before=[profile(swapped_profile())])
    np.testing.assert_array_equal(read(long).pixels, read(short).pixels)


# Of white, red, green and blue.
PRIMARIES = {
    "srgb": ((0.3127, 0.3290), (0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    "p3": ((0.3127, 0.3290), (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    "bt2020": ((0.3127, 0.3290), (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    "adobe": ((0.3127, 0.3290), (0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
}
SRGB_LIGHT, LINEAR, GAMMA_22 = 13, 8, 4
LIGHT = {
    SRGB_LIGHT: lambda x: np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4),
    LINEAR: lambda x: x,
    GAMMA_22: lambda x: x**2.2,
}


def light_of(primaries):
    """The matrix from red, green and blue light to XYZ, by the definition of chromaticities."""
    white, *colors = [np.array([x / y, 1, (1 - x - y) / y]) for x, y in PRIMARIES[primaries]]
    columns = np.array(colors).T
    return columns * np.linalg.solve(columns, white)


def in_srgb(color, primaries, transfer):
    """What a colour of 8 bits is in sRGB. White is the same in all, so nothing is adapted."""
    light = LIGHT[transfer](np.array(color) / 255)
    srgb = np.linalg.solve(light_of("srgb"), light_of(primaries) @ light).clip(0, 1)
    return 255 * np.where(srgb <= 0.0031308, 12.92 * srgb, 1.055 * srgb ** (1 / 2.4) - 0.055)


COLORS = [(55, 128, 188), (200, 180, 160), (90, 140, 90), (0, 0, 0), (255, 255, 255)]


def converted(color, *chunks, depth=8):
    scale = (2**depth - 1) // 255
    made = Picture(scale * np.array([[color]]), depth, RGB)
    return read(made.file(before=chunks)).pixels[0, 0].astype(float) / scale


def code_points(primaries, transfer, matrix=0, full_range=1):
    return b"cICP", bytes([primaries, transfer, matrix, full_range])


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("transfer", LIGHT)
@pytest.mark.parametrize(("number", "primaries"), [(1, "srgb"), (12, "p3"), (9, "bt2020")])
def test_code_points_are_converted(number, primaries, transfer, color, depth):
    found = converted(color, code_points(number, transfer), depth=depth)
    assert np.abs(found - in_srgb(color, primaries, transfer)).max() <= 1.01


def chromaticities(primaries):
    numbers = [round(100_000 * value) for pair in PRIMARIES[primaries] for value in pair]
    return b"cHRM", struct.pack(">8I", *numbers)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("primaries", ["adobe", "p3"])
def test_primaries_and_gamma_are_converted(primaries, color, depth):
    found = converted(color, gamma(1 / 2.2), chromaticities(primaries), depth=depth)
    assert np.abs(found - in_srgb(color, primaries, GAMMA_22)).max() <= 1.01


def test_primaries_without_gamma_say_nothing():
    assert converted((55, 128, 188), chromaticities("p3")).tolist() == [55, 128, 188]


def test_primaries_that_are_no_colours_are_left_out():
    same = b"cHRM", struct.pack(">8I", 31270, 32900, *[64000, 33000] * 3)
    color = (55, 128, 188)
    assert converted(color, gamma(1.8), same).tolist() == converted(color, gamma(1.8)).tolist()


def test_of_two_descriptions_the_stronger_counts():
    descriptions = [
        code_points(12, SRGB_LIGHT),
        profile(swapped_profile()),
        SRGB,
        gamma(1.0),
    ]
    color = (55, 128, 188)
    for i, stronger in enumerate(descriptions):
        alone = converted(color, stronger)
        # The order in the file does not matter.
        assert converted(color, *descriptions[i:]).tolist() == alone.tolist()
        assert converted(color, *descriptions[i:][::-1]).tolist() == alone.tolist()


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_colours_brighter_than_white_are_refused(transfer, name):
    with pytest.raises(ImageReadError, match=f"the bytes given: is HDR \\({name}\\)"):
        read(COLOR.file(before=[code_points(9, transfer)]))


@pytest.mark.parametrize(
    "said",
    [code_points(2, 13), code_points(1, 2), code_points(1, 13, 0, 0)],
    ids=["unknown primaries", "unknown transfer", "narrow range"],
)
def test_code_points_that_cannot_be_used_are_told_and_left_out(said):
    image = read(COLOR.file(before=[said]))
    assert [note.kind for note in image.notes] == ["profile"]
    np.testing.assert_array_equal(image.pixels, COLOR.pixels)


def test_a_profile_counts_where_code_points_cannot_be_used():
    found = converted((55, 128, 188), code_points(2, 2), profile(swapped_profile()))
    assert found.tolist() == converted((55, 128, 188), profile(swapped_profile())).tolist()

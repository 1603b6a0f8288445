"""EXIF orientation: pictures come out upright, however the camera was held."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from smalti.sources.read import read
from tests.pictures import encoded, noise, png16, with_png_chunk

ORIENTATIONS = range(1, 9)


def _exif(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def _upright(data):
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_pictures_are_turned_as_pillow_turns_them(format_name, orientation):
    data = encoded(noise(3, 5), format_name, exif=_exif(orientation))
    np.testing.assert_array_equal(read(data).pixels, _upright(data))


def _turned(pixels, orientation):
    """What EXIF says: where the stored first row and first column belong."""
    turns = {
        1: lambda p: p,
        2: np.fliplr,
        3: lambda p: np.rot90(p, 2),
        4: np.flipud,
        5: lambda p: p.swapaxes(0, 1),
        6: lambda p: np.rot90(p, -1),
        7: lambda p: np.rot90(p, 2).swapaxes(0, 1),
        8: np.rot90,
    }
    return turns[orientation](pixels)


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_16_bit_png_is_turned(orientation):
    deep = noise(3, 5, dtype=np.uint16)
    exif = _exif(orientation).tobytes().removeprefix(b"Exif\0\0")
    source = read(with_png_chunk(png16(deep), b"eXIf", exif))
    np.testing.assert_array_equal(source.pixels, _turned(deep, orientation))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_16_bit_tiff_is_turned(orientation):
    deep = noise(3, 5, 1, dtype=np.uint16)[..., 0]
    source = read(encoded(deep, "TIFF", tiffinfo={0x0112: orientation}))
    np.testing.assert_array_equal(source.pixels[..., 0], _turned(deep, orientation))


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_pillow_images_are_turned(orientation):
    data = encoded(noise(3, 5), exif=_exif(orientation))
    with Image.open(io.BytesIO(data)) as image:
        np.testing.assert_array_equal(read(image).pixels, _upright(data))


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_unknown_orientations_turn_nothing(orientation):
    pixels = noise(3, 5)
    np.testing.assert_array_equal(read(encoded(pixels, exif=_exif(orientation))).pixels, pixels)


@pytest.mark.parametrize(
    "exif",
    [
        b"",
        b"garbage!",
        b"II*\0\xff\xff\xff\xff",
        b"II*\0\x08\0\0\0\xff\xff",
        # The orientation as text.
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\x02\0\0\0a\0\0\0\0\0\0\0",
    ],
)
def test_damaged_exif_does_not_keep_a_picture_from_being_read(exif):
    pixels = noise(3, 5)
    np.testing.assert_array_equal(
        read(with_png_chunk(encoded(pixels), b"eXIf", exif)).pixels, pixels
    )
    deep = noise(3, 5, dtype=np.uint16)
    np.testing.assert_array_equal(read(with_png_chunk(png16(deep), b"eXIf", exif)).pixels, deep)

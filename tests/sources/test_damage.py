"""Damaged files: each is read or refused with ImageReadError, and nothing else happens."""

import functools
import io
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import smalti
from smalti.exceptions import ImageReadError, ImageReadWarning
from smalti.sources.read import read
from tests.pictures import encoded, noise, png16, srgb_profile


def _frames(format_name):
    first = Image.fromarray(noise(12, 9))
    return encoded(first, format_name, save_all=True, append_images=[first.rotate(180)])


def _exif():
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "maker"
    return exif


@functools.cache
def _files():
    picture = Image.fromarray(noise(12, 9))
    return {
        "png": encoded(picture, exif=_exif(), icc_profile=srgb_profile()),
        "png, palette": encoded(picture.quantize(7), transparency=bytes([0, 9, 255])),
        "png, 16 bits": png16(noise(12, 9, 4, dtype=np.uint16)),
        "png, grey": encoded(picture.convert("L")),
        "apng": _frames("PNG"),
        "jpeg": encoded(picture, "JPEG", exif=_exif(), icc_profile=srgb_profile()),
        "jpeg, progressive": encoded(picture, "JPEG", progressive=True),
        "gif": _frames("GIF"),
        "webp": encoded(picture, "WEBP", exif=_exif()),
        "tiff": _frames("TIFF"),
        "tiff, 16 bits": encoded(noise(12, 9, 1, dtype=np.uint16)[..., 0], "TIFF"),
        "tiff, packed": encoded(picture, "TIFF", compression="tiff_lzw"),
        "bmp": encoded(picture, "BMP"),
        "ppm": encoded(picture, "PPM"),
        "ppm, 16 bits": b"P6 3 2 65535\n" + noise(2, 3, dtype=np.uint16).tobytes(),
        "tga": encoded(picture, "TGA", rle=True),
        "ico": encoded(picture.resize((16, 16)), "ICO", sizes=[(16, 16)]),
        "jpeg 2000": encoded(picture, "JPEG2000"),
        "pcx": encoded(picture, "PCX"),
        "sgi": encoded(picture, "SGI"),
    }


FILE_NAMES = list(_files())


def _read_or_refused(data, function=read):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", ImageReadWarning)
        try:
            function(data)
        except ImageReadError as error:
            assert "\n" not in str(error)  # noqa: PT017 - either outcome is right
            return False
    return True


@pytest.mark.parametrize("name", FILE_NAMES)
def test_the_whole_files_are_read(name):
    assert _read_or_refused(_files()[name])


@pytest.mark.parametrize("name", FILE_NAMES)
@settings(max_examples=30)
@given(data=st.data())
def test_a_truncated_file_is_read_or_refused(name, data):
    whole = _files()[name]
    length = data.draw(st.integers(0, len(whole) - 1))
    _read_or_refused(whole[:length])
    _read_or_refused(whole[:length], smalti.load)


@pytest.mark.parametrize("name", FILE_NAMES)
@settings(max_examples=60)
@given(data=st.data())
def test_a_file_with_changed_bytes_is_read_or_refused(name, data):
    changed = bytearray(_files()[name])
    # Headers are where damage confuses most.
    places = st.integers(0, len(changed) - 1) | st.integers(0, min(120, len(changed) - 1))
    for place in data.draw(st.lists(places, min_size=1, max_size=4)):
        changed[place] = data.draw(st.integers(0, 255))
    _read_or_refused(bytes(changed))
    _read_or_refused(bytes(changed), smalti.load)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
@pytest.mark.parametrize(
    "data",
    [
        encoded(noise(60, 60)),
        encoded(noise(60, 60), "JPEG"),
        png16(noise(60, 60, dtype=np.uint16)),
        encoded(noise(60, 60), "WEBP", lossless=True),
        encoded(noise(60, 60), "TIFF", compression="tiff_lzw"),
    ],
    ids=["png", "jpeg", "16-bit png", "webp", "tiff"],
)
def test_a_picture_cut_off_in_its_pixels_is_refused_by_name(tmp_path, data, share):
    path = tmp_path / "cut.image"
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ImageReadError, match=r"cut\.image: is"):
        read(path)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data):
    assert not _read_or_refused(data)


@pytest.mark.parametrize("magic", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"PK\x03\x04"])
@given(data=st.binary(max_size=200))
def test_a_magic_number_followed_by_anything_is_refused(magic, data):
    assert not _read_or_refused(magic + data)
    assert not _read_or_refused(magic + data, smalti.load)


def test_a_file_object_is_refused_as_bytes_are():
    assert not _read_or_refused(io.BytesIO(encoded(noise(9, 9))[:100]))


def test_a_wrong_checksum_names_its_chunk():
    data = bytearray(encoded(noise(5, 9)))
    data[29] ^= 1  # in the checksum of the first chunk
    with pytest.raises(ImageReadError, match=r"the checksum of its chunk IHDR is wrong$"):
        read(bytes(data))

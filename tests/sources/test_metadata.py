"""What files of other formats say beside their pixels, put into a PNG that is made of them."""

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.formats.png_chunks import with_chunks
from smalti.sources.header import frames_in, pixels_in
from smalti.sources.metadata import metadata_in
from smalti.sources.read import read
from tests.pictures import encoded, noise, png_header

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'


def exif(orientation=1, author="someone"):
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x013B] = author
    return tags


def made_of(data, strip, tmp_path):
    """A PNG with the upright pixels and the metadata of a file."""
    png = with_chunks(encoded(read(data).pixels), metadata_in(data, strip))
    path = tmp_path / "made.png"
    path.write_bytes(png)
    return path


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "BMP"])
@pytest.mark.parametrize("strip", ["none", "safe"])
def test_the_size_of_pixels_is_kept(tmp_path, kind, strip):
    data = encoded(noise(4, 6), kind, dpi=(300, 150))
    with Image.open(made_of(data, strip, tmp_path)) as image:
        assert image.info["dpi"] == pytest.approx((300, 150), abs=0.02)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "WEBP", "GIF"])
def test_nothing_is_kept_of_what_is_stripped(kind):
    data = encoded(noise(4, 6), kind, dpi=(300, 150), exif=exif())
    assert metadata_in(data, "all") == []


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_exif_and_xmp_are_kept_if_nothing_is_stripped(tmp_path, kind):
    data = encoded(noise(4, 6), kind, exif=exif(), xmp=XMP)
    with Image.open(made_of(data, "none", tmp_path)) as image:
        assert image.getexif()[0x013B] == "someone"
        assert image.info["xmp"] == XMP
    assert metadata_in(data, "safe") == []


@pytest.mark.parametrize("orientation", range(1, 9))
def test_what_is_kept_is_upright(tmp_path, orientation):
    data = encoded(noise(4, 6), "JPEG", exif=exif(orientation), xmp=XMP, dpi=(300, 150))
    made = made_of(data, "none", tmp_path)
    np.testing.assert_array_equal(read(made).pixels, read(data).pixels)
    with Image.open(made) as image:
        assert image.getexif()[0x0112] == 1
        sides = (150, 300) if orientation > 4 else (300, 150)
        assert image.info["dpi"] == pytest.approx(sides, abs=0.02)
        turned = b'tiff:Orientation="6"' if orientation == 1 else b'tiff:Orientation="1"'
        assert turned in image.info["xmp"]


@pytest.mark.parametrize("data", [b"", b"no image", encoded(noise(4, 6), "JPEG")[:30]])
def test_what_cannot_be_opened_says_nothing(data):
    assert metadata_in(data, "none") == []
    assert (pixels_in(data), frames_in(data)) == (0, 1)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF"])
def test_pixels_and_frames_are_known_from_the_header(kind):
    frames = [Image.fromarray(noise(8, 9, seed=seed) // 90 * 90) for seed in range(3)]
    still = encoded(frames[0], kind)
    assert (pixels_in(still), frames_in(still)) == (72, 1)
    if kind != "JPEG":
        film = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        assert (pixels_in(film), frames_in(film)) == (72, 3)


def test_a_header_may_claim_any_number_of_pixels():
    png = bytearray(encoded(noise(4, 6)))
    png[16:24] = b"\x7f\xff\xff\xff" * 2
    assert pixels_in(bytes(png)) == (2**31 - 1) ** 2
    assert png_header(png)[:2] == (2**31 - 1,) * 2


def test_one_file_gets_what_its_input_says(tmp_path):
    data = encoded(noise(20, 20), dpi=(300, 300))
    (tmp_path / "a.png").write_bytes(data)
    options = smalti.CompressOptions(k=4, effort=1)
    for strip in ("none", "safe", "all"):
        out = tmp_path / strip
        (result,) = smalti.compress_files(tmp_path / "a.png", out, options=options, strip=strip)
        with Image.open(result.output) as image:
            assert ("dpi" in image.info) == (strip != "all")

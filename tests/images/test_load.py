import io

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.exceptions import ImageReadError, ImageReadWarning
from smalti.sources.read import read
from tests.conformance.png_writer import chunk
from tests.pictures import encoded, noise, swapped_profile, with_png_chunk


@pytest.mark.parametrize("format_name", ["png", "webp", "npz"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("k", [1, 2, 3, 5, 16, 17, 256])
def test_saved_pictures_come_back(format_name, channels, k):
    compressed = smalti.compress(noise(40, 40, channels), k, effort=1)
    loaded = smalti.load(compressed.to_bytes(format_name))
    np.testing.assert_array_equal(loaded.reconstruct(), compressed.reconstruct())
    assert loaded.report().index_bits == compressed.report().index_bits
    assert loaded.report().palette_bits == compressed.report().palette_bits
    assert loaded.report().entropy_bits == pytest.approx(compressed.report().entropy_bits)


def test_paths_file_objects_and_bytes_are_loaded(photo, tmp_path):
    path = tmp_path / "photo.npz"
    compressed = smalti.compress(photo, 5)
    compressed.save(path)
    for source in (path, str(path), path.read_bytes(), io.BytesIO(path.read_bytes())):
        np.testing.assert_array_equal(smalti.load(source).indices, compressed.indices)


@pytest.mark.parametrize("format_name", ["PNG", "GIF", "BMP", "TIFF"])
def test_palette_files_of_other_programs_are_loaded(photo, format_name):
    quantised = Image.fromarray(photo).quantize(9)
    loaded = smalti.load(encoded(quantised, format_name))
    np.testing.assert_array_equal(loaded.reconstruct(), np.asarray(quantised.convert("RGB")))
    np.testing.assert_array_equal(loaded.centroids, loaded.palette)
    assert loaded.original_bits == 24 * photo.shape[0] * photo.shape[1]


def test_gif_with_a_transparent_index_has_alpha():
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((1, 0), 1)
    loaded = smalti.load(encoded(image, "GIF", transparency=1, optimize=False))
    assert loaded.reconstruct()[0, :, 3].tolist() == [255, 0]


def test_gif_whose_transparent_index_is_outside_its_palette_is_loaded_or_refused():
    # A table of 2 colours, and 9 as the transparent index: no pixel has it.
    gif = (
        b"GIF89a\x02\x00\x01\x00\x80\x00\x00" + b"\xff\0\0\0\xff\0"
        b"!\xf9\x04\x01\x00\x00\x09\x00,\x00\x00\x00\x00\x02\x00\x01\x00\x00"
        b"\x02\x02\x44\x0a\x00;"
    )
    with Image.open(io.BytesIO(gif)) as image:
        expected = np.asarray(image.convert("RGB"))
    np.testing.assert_array_equal(smalti.load(gif).reconstruct()[..., :3], expected)


def _wide_gamut_palette(**options):
    image = Image.fromarray(noise(6, 9)).quantize(7)
    return image, encoded(image, "PNG", **options)


def test_profiles_of_indexed_files_are_converted():
    _, data = _wide_gamut_palette(icc_profile=swapped_profile())
    np.testing.assert_array_equal(smalti.load(data).reconstruct(), read(data).pixels)


def test_gamma_of_indexed_files_is_applied():
    image, data = _wide_gamut_palette()
    data = with_png_chunk(data, b"gAMA", (100_000).to_bytes(4, "big"))
    loaded = smalti.load(data).reconstruct()
    np.testing.assert_array_equal(loaded, read(data).pixels)
    assert (loaded >= np.asarray(image.convert("RGB"))).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_indexed_files_are_turned_upright(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    _, data = _wide_gamut_palette(exif=exif)
    np.testing.assert_array_equal(smalti.load(data).reconstruct(), read(data).pixels)


def test_frames_that_are_left_out_are_told():
    frames = [Image.new("RGB", (4, 3), color) for color in ("red", "blue")]
    film = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.warns(ImageReadWarning, match="2 frames"):
        smalti.load(film)


def test_unused_palette_entries_are_kept():
    image = Image.new("P", (2, 1))
    image.putpalette([1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert smalti.load(encoded(image, "PNG")).palette[:3].tolist() == [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
    ]


@pytest.mark.parametrize("alpha", [None, "clear", "veil"])
def test_grey_pictures_come_back_from_files_without_a_palette(alpha):
    shades = np.arange(240, dtype=np.uint8).reshape(15, 16)
    image = np.dstack([shades] * 3)
    if alpha is not None:
        opacity = np.where(shades < 120, 0, 255 if alpha == "clear" else shades)
        image = np.dstack([np.where(shades < 120, 0, shades)] * 3 + [opacity]).astype(np.uint8)
    made = smalti.compress(image)
    file = made.to_bytes("png")
    # The byte of the colour type: grey, or grey with alpha.
    assert file[25] == (4 if alpha == "veil" else 0)
    loaded = smalti.load(file)
    assert loaded == made
    assert np.array_equal(loaded.palette, made.palette)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_pictures_without_a_palette_are_refused(tmp_path, mode):
    path = tmp_path / "full.png"
    Image.new(mode, (3, 2)).save(path)
    with pytest.raises(ImageReadError, match=r"full\.png: has no palette;"):
        smalti.load(path)


def test_files_that_are_no_images_are_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    for source in (tmp_path / "notes.txt", tmp_path / "missing.png", tmp_path, b""):
        with pytest.raises(ImageReadError):
            smalti.load(source)


def test_an_index_outside_the_palette_is_refused():
    png = bytearray(smalti.compress(noise(9, 9), 16).to_bytes("png"))
    at = png.index(b"PLTE") - 4
    end = png.index(b"IDAT") - 4
    short = bytes(png[:at]) + chunk(b"PLTE", bytes([1, 2, 3])) + bytes(png[end:])
    with pytest.raises(ImageReadError, match=r"outside its palette"):
        smalti.load(short)


def test_large_images_are_refused(monkeypatch):
    png = smalti.compress(noise(9, 9), 4).to_bytes("png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)
    with pytest.raises(ImageReadError, match="MAX_IMAGE_PIXELS"):
        smalti.load(png)


def test_a_grey_picture_is_inspected_with_its_palette():
    image = np.tile(np.arange(0, 240, 8, dtype=np.uint8), (20, 1))
    file = smalti.compress(image).to_bytes("png")
    found = smalti.inspect(file)
    assert found.colors == 30
    assert found.image == smalti.load(file)
    assert found.original_bits == found.image.original_bits == 8 * image.size
    # More than 8 bits a sample are no indices.
    assert smalti.inspect(encoded(Image.fromarray(image.astype(np.uint16) * 7))).image is None

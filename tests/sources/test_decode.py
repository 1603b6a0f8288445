"""Image files of every kind that Pillow can make here."""

import io

import numpy as np
import pytest
from PIL import Image

from smalti import _core
from smalti.exceptions import ImageReadError
from smalti.sources.note import Note
from smalti.sources.read import read
from tests.pictures import encoded, noise, png16, with_png_chunk

GREY = noise(6, 9, 1)[..., 0]
RGB = noise(6, 9)
RGBA = noise(6, 9, 4)
DEEP = noise(6, 9, 4, dtype=np.uint16)


def _repeated(grey):
    return np.repeat(grey[..., np.newaxis], 3, axis=2)


def test_greyscale_is_repeated():
    source = read(encoded(GREY))
    np.testing.assert_array_equal(source.pixels, _repeated(GREY))
    assert source.original_bits == 6 * 9 * 8


def test_greyscale_with_alpha_has_four_channels():
    source = read(encoded(Image.fromarray(RGBA).convert("LA")))
    expected = np.asarray(Image.fromarray(RGBA).convert("LA"))
    np.testing.assert_array_equal(source.pixels, expected[..., [0, 0, 0, 1]])
    assert source.original_bits == 6 * 9 * 16


def test_black_and_white_takes_one_bit():
    bilevel = Image.fromarray(GREY).convert("1")
    source = read(encoded(bilevel))
    np.testing.assert_array_equal(source.pixels, np.asarray(bilevel.convert("RGB")))
    assert source.original_bits == 6 * 9


def test_palettes_are_looked_up():
    image = Image.fromarray(RGB).quantize(5)
    source = read(encoded(image))
    np.testing.assert_array_equal(source.pixels, np.asarray(image.convert("RGB")))
    assert source.original_bits == 6 * 9 * 24


def test_palettes_with_transparency_have_alpha():
    image = Image.fromarray(RGB).quantize(3)
    source = read(encoded(image, transparency=bytes([0, 100, 255])))
    np.testing.assert_array_equal(source.pixels[..., :3], np.asarray(image.convert("RGB")))
    alpha = np.array([0, 100, 255], dtype=np.uint8)[np.asarray(image)]
    np.testing.assert_array_equal(source.pixels[..., 3], alpha)
    assert source.original_bits == 6 * 9 * 32


def test_rgb_with_a_transparent_colour_has_alpha():
    transparent = tuple(int(sample) for sample in RGB[2, 3])
    source = read(encoded(RGB, transparency=transparent))
    expected = np.where(np.equal(RGB, RGB[2, 3]).all(axis=2), 0, 255)
    np.testing.assert_array_equal(source.pixels[..., 3], expected)
    np.testing.assert_array_equal(source.pixels[..., :3], RGB)


def test_greyscale_with_a_transparent_shade_has_alpha():
    source = read(encoded(GREY, transparency=int(GREY[0, 0])))
    np.testing.assert_array_equal(source.pixels[..., :3], _repeated(GREY))
    np.testing.assert_array_equal(source.pixels[..., 3] == 0, np.equal(GREY, GREY[0, 0]))


def test_black_and_white_with_a_transparent_shade_has_alpha():
    bilevel = Image.fromarray(GREY).convert("1")
    source = read(with_png_chunk(encoded(bilevel), b"tRNS", b"\0\0"))
    black = ~np.asarray(bilevel)
    np.testing.assert_array_equal(source.pixels[..., 3] == 0, black)


@pytest.mark.parametrize("format_name", ["PNG", "TIFF", "WEBP"])
def test_rgba_keeps_its_colours_and_alpha(format_name):
    options = {"lossless": True, "exact": True} if format_name == "WEBP" else {}
    source = read(encoded(RGBA, format_name, **options))
    np.testing.assert_array_equal(source.pixels, RGBA)
    assert source.original_bits == 6 * 9 * 32


def test_cmyk_jpeg_becomes_rgb():
    data = encoded(Image.fromarray(RGB).convert("CMYK"), "JPEG", quality=95)
    source = read(data)
    with Image.open(io.BytesIO(data)) as image:
        assert image.mode == "CMYK"
        np.testing.assert_array_equal(source.pixels, np.asarray(image.convert("RGB")))
    assert source.original_bits == 6 * 9 * 32


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_16_bit_png_stays_16_bit(channels):
    source = read(png16(DEEP[..., :channels]))
    order = {1: [0, 0, 0], 2: [0, 0, 0, 1], 3: [0, 1, 2], 4: [0, 1, 2, 3]}[channels]
    assert source.pixels.dtype == np.uint16
    np.testing.assert_array_equal(source.pixels, DEEP[..., order])
    assert source.original_bits == 6 * 9 * 16 * channels


@pytest.mark.parametrize("channels", [1, 3])
def test_16_bit_png_with_a_transparent_colour_has_alpha(channels):
    samples = DEEP[..., :channels]
    source = read(png16(samples, transparent=samples[2, 3].tolist()))
    expected = np.where((samples == samples[2, 3]).all(axis=2), 0, 65535)
    np.testing.assert_array_equal(source.pixels[..., 3], expected)


def test_16_bit_ppm_stays_16_bit():
    data = b"P6 9 6 65535\n" + DEEP[..., :3].astype(">u2").tobytes()
    np.testing.assert_array_equal(read(data).pixels, DEEP[..., :3])


@pytest.mark.parametrize("header", [b"P6\n# a comment\n9 6\n1023\n", b"P6\t9\t6\t1023\n"])
def test_ppm_of_10_bits_is_scaled_to_16(header):
    samples = DEEP[..., :3] >> 6
    pixels = read(header + samples.astype(">u2").tobytes()).pixels
    assert pixels.dtype == np.uint16
    difference = pixels.astype(np.float64) - samples * (65535 / 1023)
    assert np.abs(difference).max() <= 1.0


def test_16_bit_grey_tiff_stays_16_bit():
    source = read(encoded(DEEP[..., 0], "TIFF"))
    np.testing.assert_array_equal(source.pixels, _repeated(DEEP[..., 0]))
    assert source.original_bits == 6 * 9 * 16


@pytest.mark.parametrize("dtype", ["<u2", ">u2"])
def test_16_bit_colour_tiff_stays_16_bit(dtype):
    tifffile = pytest.importorskip("tifffile")
    buffer = io.BytesIO()
    order = dtype[0]
    tifffile.imwrite(buffer, DEEP[..., :3], photometric="rgb", byteorder=order)
    np.testing.assert_array_equal(read(buffer.getvalue()).pixels, DEEP[..., :3])


def planes16(height, width, **layout):
    """A TIFF of 16 bits a sample, each channel for itself, and its pixels."""
    tifffile = pytest.importorskip("tifffile")
    pixels = noise(height, width, dtype=np.uint16)
    buffer = io.BytesIO()
    options = {"planarconfig": "separate", "photometric": "rgb", **layout}
    tifffile.imwrite(buffer, np.moveaxis(pixels, 2, 0), **options)
    return buffer.getvalue(), pixels


@pytest.mark.parametrize("layout", [{}, {"tile": (16, 16)}])
def test_planes_of_16_bits_stay_16_bits(layout):
    data, pixels = planes16(32, 48, **layout)
    np.testing.assert_array_equal(read(data).pixels, pixels)


def test_planes_in_tiles_over_the_edge_are_refused():
    # The decoder of 16 bits a sample panics, which is no exception of Python's. Pillow reads them
    # as another picture.
    data, _ = planes16(50, 70, tile=(16, 16))
    with pytest.raises(ImageReadError, match="has 16-bit samples in planes, in a layout that"):
        read(data)


def test_float_tiff_from_0_to_1_becomes_16_bits():
    values = np.linspace(0, 1, 54, dtype=np.float32).reshape(6, 9)
    pixels = read(encoded(values, "TIFF")).pixels
    assert pixels.dtype == np.uint16
    np.testing.assert_array_equal(pixels, _repeated(np.rint(values * 65535.0)))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([[0.0, 2.0]], "from 0 to 2"),
        ([[-1.0, 0.5]], "from -1 to 0.5"),
        ([[-np.pi, np.pi]], "from -3.14159 to 3.14159"),
    ],
)
def test_float_tiff_out_of_range_is_refused(tmp_path, values, said):
    path = tmp_path / "floats.tiff"
    path.write_bytes(encoded(np.array(values, dtype=np.float32), "TIFF"))
    with pytest.raises(ImageReadError) as caught:
        read(path)
    assert str(caught.value) == f"{path}: has float values {said}, but they must lie in 0 to 1"


def test_32_bit_tiff_is_read_within_16_bits_and_refused_beyond():
    values = np.array([[0, 40_000, 65_535]], dtype=np.int32)
    np.testing.assert_array_equal(read(encoded(values, "TIFF")).pixels, _repeated(values))
    with pytest.raises(ImageReadError, match="from 0 to 65536"):
        read(encoded(np.array([[0, 65_536]], dtype=np.int32), "TIFF"))


@pytest.mark.parametrize("mode", sorted({*Image.MODES, "PA", "La", "RGBa", "RGBX", "HSV"}))
def test_every_mode_of_pillow_is_read(mode):
    # The middle of the range in each band, so that LAB is grey.
    bands = len(Image.new(mode, (1, 1)).getbands())
    image = Image.new(mode, (3, 2), 128 if bands == 1 else (128,) * bands)
    if mode == "F":
        image = Image.new(mode, (3, 2), 0.5)
    with_alpha = mode in ("LA", "La", "PA", "RGBA", "RGBa")
    assert read(image).pixels.shape == (2, 3, 4 if with_alpha else 3)


def test_lab_is_converted():
    # Half lightness without chroma is the grey of 119 in sRGB.
    pixels = read(Image.new("LAB", (1, 1), (128, 128, 128))).pixels
    assert np.abs(pixels.astype(int) - 119).max() <= 1


def test_premultiplied_alpha_is_undone():
    pixels = read(Image.new("RGBa", (1, 1), (50, 25, 0, 100))).pixels
    assert pixels[0, 0].tolist() == [127, 63, 0, 100]


@pytest.mark.parametrize("format_name", ["GIF", "PNG", "WEBP", "TIFF"])
def test_of_animations_the_first_frame_is_read_with_a_note(format_name):
    frames = [Image.new("RGB", (4, 3), color) for color in ("red", "lime", "blue")]
    options = {"lossless": True} if format_name == "WEBP" else {}
    data = encoded(frames[0], format_name, save_all=True, append_images=frames[1:], **options)
    source = read(data)
    sentence = "the bytes given: has 3 frames or pages; only the first is read"
    assert source.notes == (Note("frames", sentence),)
    assert (source.pixels[..., :3] == (255, 0, 0)).all()


def test_a_single_frame_is_not_noted():
    source = read(encoded(Image.new("RGB", (4, 3), "red"), "GIF"))
    assert source.pixels.shape == (3, 4, 3)
    assert source.notes == ()


def test_a_loss_of_depth_is_noted(monkeypatch):
    def refuse(_data, _max_bytes):
        raise ImageReadError("a variant that the core does not read")

    monkeypatch.setattr(_core, "decode16", refuse)
    source = read(b"P6 9 6 65535\n" + DEEP[..., :3].astype(">u2").tobytes())
    assert source.pixels.dtype == np.uint8
    assert source.notes == (
        Note(
            "depth",
            "the bytes given: its 16-bit samples are read as 8 bits "
            "(a variant that the core does not read)",
        ),
    )


def test_large_images_are_refused(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    # Up to twice the limit Pillow warns only, and its warning is left to the caller's filters.
    with pytest.warns(Image.DecompressionBombWarning):
        assert read(encoded(noise(5, 8), "JPEG")).pixels.shape == (5, 8, 3)
    assert read(encoded(noise(5, 8))).pixels.shape == (5, 8, 3)
    for picture in (encoded(noise(5, 9)), png16(DEEP), encoded(noise(5, 9), "JPEG")):
        with pytest.raises(ImageReadError, match="MAX_IMAGE_PIXELS"):
            read(picture)


@pytest.mark.parametrize("size", [(0, 4), (4, 0), (0, 0)])
def test_pillow_images_without_pixels_are_refused(size):
    with pytest.raises(ImageReadError, match=f"{size[0]} x {size[1]}"):
        read(Image.new("RGB", size))


def test_a_closed_pillow_image_is_refused(tmp_path):
    (tmp_path / "picture.png").write_bytes(encoded(RGB))
    with Image.open(tmp_path / "picture.png") as image:
        pass
    with pytest.raises(ImageReadError):
        read(image)

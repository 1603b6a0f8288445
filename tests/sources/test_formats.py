"""Files of many formats that Pillow writes here, and real ones that scikit-image ships."""

import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

import smalti
from smalti.exceptions import ImageReadWarning
from smalti.sources.read import read
from tests.pictures import encoded, noise

RGB = noise(12, 9)
RGBA = noise(12, 9, 4)
GREY = noise(12, 9, 1)[..., 0]
PALETTE = Image.fromarray(RGB).quantize(7)

# Pixels, Pillow's name of the format, options.
LOSSLESS = {
    "bmp": (RGB, "BMP", {}),
    "dds": (RGBA, "DDS", {}),
    "gif": (PALETTE, "GIF", {}),
    "ico": (RGBA, "ICO", {"sizes": [(9, 12)]}),
    "jpeg 2000": (RGB, "JPEG2000", {"irreversible": False}),
    "pcx": (RGB, "PCX", {}),
    "pcx, grey": (GREY, "PCX", {}),
    "pgm": (GREY, "PPM", {}),
    "ppm": (RGB, "PPM", {}),
    "qoi": (RGBA, "QOI", {}),
    "sgi": (RGB, "SGI", {}),
    "tga": (RGBA, "TGA", {}),
    "tga, runs": (RGBA, "TGA", {"compression": "tga_rle"}),
    "tiff": (RGB, "TIFF", {}),
    "tiff, alpha": (RGBA, "TIFF", {}),
    "tiff, deflate": (RGB, "TIFF", {"compression": "tiff_adobe_deflate"}),
    "tiff, lzw": (RGB, "TIFF", {"compression": "tiff_lzw"}),
    "tiff, palette": (PALETTE, "TIFF", {}),
    "tiff, runs": (RGB, "TIFF", {"compression": "packbits"}),
    "webp": (RGB, "WEBP", {"lossless": True}),
    "webp, alpha": (RGBA, "WEBP", {"lossless": True, "exact": True}),
}

# What a lossy format may be off in the mean, in levels of 255, for a smooth picture.
LOSSY = {
    "avif": ("AVIF", {"quality": 90}),
    "jpeg": ("JPEG", {"quality": 95}),
    "jpeg, progressive": ("JPEG", {"quality": 95, "progressive": True}),
    "jpeg 2000, lossy": ("JPEG2000", {"irreversible": True}),
    "mpo": ("MPO", {"quality": 95}),
    "webp, lossy": ("WEBP", {"quality": 95}),
}

CODECS = {"AVIF": "avif", "JPEG2000": "jpg_2000", "WEBP": "webp"}


def written(image, format_name, options):
    """A file, if this Pillow can write it."""
    codec = CODECS.get(format_name)
    if codec and not features.check(codec):
        pytest.skip(f"this Pillow was built without {format_name}")
    Image.init()
    if format_name not in Image.SAVE:
        pytest.skip(f"this Pillow does not write {format_name}")
    return encoded(image, format_name, **options)


def colors_of(image):
    """The pixels of an array or a Pillow image as read must give them."""
    if isinstance(image, Image.Image):
        return np.asarray(image.convert("RGB"))
    return np.repeat(image[..., np.newaxis], 3, axis=2) if image.ndim == 2 else image


def quietly(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImageReadWarning)
        return read(path)


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_files_are_read_exactly_and_compressed(name):
    image, format_name, options = LOSSLESS[name]
    file = written(image, format_name, options)
    pixels = read(file).pixels
    np.testing.assert_array_equal(pixels, colors_of(image))
    compressed = smalti.compress(file, pixels.size, rate_weight=0, dither=0, effort=1)
    seen = pixels[..., -1:] != 0 if pixels.shape[2] == 4 else True
    np.testing.assert_array_equal(compressed.reconstruct(), np.where(seen, pixels, 0))


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_files_are_read_nearly(name):
    rows, columns = np.mgrid[:40, :56]
    smooth = np.dstack([4 * columns, 5 * rows, 128 + columns - rows]).astype(np.uint8)
    pixels = read(written(smooth, *LOSSY[name])).pixels
    assert pixels.shape == smooth.shape
    assert np.abs(pixels.astype(int) - smooth).mean() < 3


def shipped(name):
    """A file of scikit-image's data that comes with the package, and is not downloaded."""
    data = pytest.importorskip("skimage.data", reason="needs the extra smalti[demo]")
    path = Path(data.__file__).parent / name
    if not path.exists():
        pytest.skip(f"this scikit-image does not ship {name}")
    return path


@pytest.mark.parametrize(
    "name", ["chessboard_GRAY.png", "coins.png", "logo.png", "horse.png", "text.png"]
)
def test_real_files_are_read_as_pillow_reads_them_and_come_back(name):
    path = shipped(name)
    pixels = read(path).pixels
    with Image.open(path) as image:
        expected = np.asarray(image.convert("RGBA" if pixels.shape[2] == 4 else "RGB"))
    np.testing.assert_array_equal(pixels, expected)
    compressed = smalti.compress(pixels[:100, :100], 8, effort=1)
    loaded = smalti.load(compressed.to_bytes("png"))
    assert loaded.to_pillow().convert("RGBA") == compressed.to_pillow().convert("RGBA")


@pytest.mark.parametrize("name", ["multipage.tif", "no_time_for_that_tiny.gif"])
def test_of_real_stacks_the_first_picture_is_read_with_a_note(name):
    path = shipped(name)
    with Image.open(path) as image:
        frames = image.n_frames
        expected = np.asarray(image.convert("RGB"))
    assert frames > 1
    source = read(path)
    assert [note.kind for note in source.notes] == ["frames"]
    assert f"{frames} frames or pages; only the first is read" in source.notes[0].text
    np.testing.assert_array_equal(source.pixels[..., :3], expected)

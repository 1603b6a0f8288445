"""GIF and WebP files: the core reads them as Pillow does, and what it refuses Pillow reads."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from smalti import _core
from smalti.exceptions import ImageReadError
from smalti.sources.gif_webp import header_of
from smalti.sources.metadata import metadata_in
from smalti.sources.read import read
from smalti.sources.reading import Reading
from smalti.sources.upright import Upright
from tests.pictures import encoded, noise, photographs_reduced

needs_webp = pytest.mark.skipif(not features.check("webp"), reason="this Pillow writes no WebP")


def by_core(file):
    """The pixels that the core decodes, without another decoder's help."""
    width, height, _ = header_of(file)
    upright = Upright.of(_core.decode_first(file, 4 * width * height), Reading("a test's file"))
    return upright.source(len(file), Reading("a test's file")).pixels


def by_pillow(file):
    with Image.open(io.BytesIO(file)) as image:
        return np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))


def is_refused_by_core(file):
    try:
        by_core(file)
    except (ImageReadError, TypeError):
        return True
    return False


def gif(canvas, place, indices, palette, transparent=None):
    """A GIF file of one frame, as no library writes it: its canvas and its place do not agree."""
    frame = Image.new("P", (place[2], place[3]))
    frame.putdata(indices)
    frame.putpalette(palette)
    options = {} if transparent is None else {"transparency": transparent}
    file = bytearray(encoded(frame, "GIF", optimize=False, **options))
    file[6:10] = np.array(canvas, dtype="<u2").tobytes()
    at = file.rindex(b"\x2c" + np.array([0, 0, *place[2:]], dtype="<u2").tobytes())
    file[at + 1 : at + 5] = np.array(place[:2], dtype="<u2").tobytes()
    return bytes(file)


@needs_webp
@pytest.mark.parametrize("method", [0, 4, 6])
@pytest.mark.parametrize("quality", [5, 60, 100])
@pytest.mark.parametrize("channels", [3, 4])
def test_lossy_webps_are_decoded_as_pillow_decodes_them(channels, quality, method):
    for i, photograph in enumerate(photographs_reduced(5)):
        odd = photograph[i:, : 60 + i]
        alpha = np.linspace(0, 255, odd.shape[0] * odd.shape[1]).reshape(*odd.shape[:2], 1)
        samples = np.concatenate([odd, alpha.astype(np.uint8)], axis=2)[..., :channels]
        file = encoded(
            np.ascontiguousarray(samples), "WEBP", quality=quality, method=method, exact=True
        )
        np.testing.assert_array_equal(by_core(file), by_pillow(file))


@needs_webp
@given(
    sides=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    channels=st.sampled_from([3, 4]),
    colors=st.sampled_from([1, 2, 5, 17, 300]),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=40)
def test_lossless_webps_are_decoded_exactly(sides, channels, colors, seed):
    palette = noise(colors, 1, channels, seed=seed)[:, 0]
    pixels = palette[np.random.default_rng(seed).integers(0, colors, sides)]
    file = encoded(pixels, "WEBP", lossless=True, exact=True)
    np.testing.assert_array_equal(by_core(file)[..., :3], pixels[..., :3])
    np.testing.assert_array_equal(by_core(file), by_pillow(file))


@needs_webp
@pytest.mark.parametrize("lossless", [False, True])
def test_animated_webps_are_left_to_pillow(lossless):
    frames = [Image.fromarray(noise(20, 30, 4, seed=seed)) for seed in range(3)]
    file = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=lossless)
    assert header_of(file) == (30, 20, 3)
    assert is_refused_by_core(file)
    source = read(file)
    np.testing.assert_array_equal(source.pixels, by_pillow(file))
    assert "has 3 frames" in source.notes[0].text


@needs_webp
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_webps_that_are_cut_off_are_refused(kept):
    file = encoded(noise(30, 30), "WEBP", quality=50)
    with pytest.raises(ImageReadError, match=r"^the bytes given: is (damaged|not an image)"):
        read(file[: int(kept * len(file))])


@pytest.mark.parametrize("interlace", [0, 1])
@pytest.mark.parametrize("colors", [2, 7, 255, 256])
def test_gifs_are_decoded_as_pillow_decodes_them(colors, interlace):
    for photograph in photographs_reduced(5):
        indexed = Image.fromarray(photograph).quantize(colors)
        file = encoded(indexed, "GIF", interlace=interlace)
        np.testing.assert_array_equal(by_core(file), by_pillow(file))
        clear = encoded(indexed, "GIF", interlace=interlace, transparency=1)
        np.testing.assert_array_equal(by_core(clear), by_pillow(clear))


def test_the_palette_of_a_gif_gives_the_order_of_colours():
    palette = [0, 0, 255, 255, 0, 0, 0, 255, 0]
    source = read(gif((3, 1), (0, 0, 3, 1), [2, 0, 1], palette))
    assert source.palette[:3].tolist() == [[0, 0, 255], [255, 0, 0], [0, 255, 0]]
    assert source.pixels.tolist() == [[[0, 255, 0], [0, 0, 255], [255, 0, 0]]]


@pytest.mark.parametrize("transparent", [None, 1])
def test_what_a_gif_does_not_draw_is_transparent(transparent):
    palette = [10, 20, 30, 40, 50, 60, 70, 80, 90]
    file = gif((4, 3), (1, 2, 2, 1), [0, 1], palette, transparent)
    expected = np.zeros((3, 4, 4), dtype=np.uint8)
    expected[2, 1] = 10, 20, 30, 255
    expected[2, 2] = 40, 50, 60, 0 if transparent == 1 else 255
    np.testing.assert_array_equal(read(file).pixels, expected)


def test_a_gif_larger_than_its_canvas_is_read_whole():
    assert read(gif((1, 1), (0, 0, 3, 2), [0, 1, 2] * 2, [*range(9)])).shape == (2, 3, 3)


def test_a_gif_that_says_it_is_huge_is_refused_before_memory_is_taken():
    file = gif((65535, 65535), (0, 0, 3, 2), [0, 1, 2] * 2, [*range(9)])
    with pytest.raises(ImageReadError, match="has more than the 178,956,970 pixels allowed"):
        read(file)
    with pytest.raises(ImageReadError, match="has more than the 5 pixels allowed"):
        read(encoded(Image.new("P", (3, 2)), "GIF"), max_pixels=5)


@pytest.mark.parametrize("kept", [0.02, 0.3, 0.9])
def test_gifs_that_are_cut_off_are_refused(kept):
    file = encoded(Image.fromarray(noise(30, 30)).quantize(64), "GIF")
    with pytest.raises(ImageReadError, match=r"^the bytes given: is (damaged|not an image)"):
        read(file[: int(kept * len(file))])


@needs_webp
def test_a_webp_made_a_png_keeps_what_it_kept_before():
    exif = Image.Exif()
    exif[0x0112] = 6
    file = encoded(noise(3, 5), "WEBP", exif=exif, dpi=(300, 300))
    assert metadata_in(file, "safe") == []
    assert [chunk.kind for chunk in metadata_in(file, "none")] == [b"eXIf"]

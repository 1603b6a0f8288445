import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.images.never_larger import kept_report, smallest
from smalti.sources.read import read
from tests.pictures import encoded, noise, with_png_chunk

PICTURE = noise(3, 4)


def chosen(original, compressed, format_name="png"):
    return smallest(original, read(original), compressed, format_name)


def test_the_smaller_file_is_chosen():
    original = encoded(PICTURE)
    smaller, larger = original[:-1], original + b"x"
    assert chosen(original, smaller).data == smaller
    assert not chosen(original, smaller).is_original
    assert chosen(original, larger).data == original
    assert chosen(original, larger).is_original


def test_of_two_of_one_size_the_original_is_chosen():
    original = encoded(PICTURE)
    assert chosen(original, bytes(len(original))) == smallest(
        original, read(original), original + b"x", "png"
    )


def test_the_metadata_of_a_png_do_not_count():
    plain = encoded(PICTURE)
    original = with_png_chunk(plain, b"tEXt", bytes(1000))
    assert chosen(original, plain + bytes(10)).data == plain
    assert chosen(original, plain[:-1]).data == plain[:-1]


def test_a_webp_is_kept_for_a_webp():
    original = encoded(PICTURE, "WEBP", lossless=True)
    assert chosen(original, original + b"x", "webp").data == original
    assert chosen(original, original + b"x", "png").data == original + b"x"


@pytest.mark.parametrize("kind", ["JPEG", "GIF", "BMP"])
def test_a_file_of_another_format_is_never_chosen(kind):
    original = encoded(PICTURE, kind)
    assert not chosen(original, original + bytes(1000)).is_original


@pytest.mark.parametrize(("kind", "name"), [("PNG", "png"), ("WEBP", "webp")])
def test_an_animation_is_never_chosen(kind, name):
    frames = [Image.fromarray(noise(4, 4, seed=seed)) for seed in (1, 2)]
    original = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
    assert not chosen(original, original + b"x", name).is_original


@pytest.mark.parametrize("channels", [3, 4])
def test_the_report_of_an_original_is_that_of_its_distinct_colours(channels):
    pixels = np.zeros((2, 4, channels), np.uint8)
    pixels[..., -1] = 255
    pixels[0, 0, 0] = pixels[0, 1, 1] = 9
    colors, report = kept_report(read(encoded(pixels)))
    assert colors == 3
    # Two bits for each of eight pixels; shares of 1, 1 and 6 of eight.
    assert (report.index_bits, report.palette_bits) == (16, 3 * 8 * channels)
    assert report.compressed_bits == 16 + 24 * channels
    assert report.original_bits == 8 * 8 * channels
    assert report.entropy_bits == pytest.approx(2 * 3 + 6 * np.log2(8 / 6))
    assert (report.mse, report.ssimulacra2, report.worst_local_error) == (0.0, 100.0, 0.0)
    assert report.psnr == np.inf


def test_the_report_is_that_of_the_same_picture_compressed_without_loss():
    pixels = PICTURE // 64 * 64
    _, report = kept_report(read(encoded(pixels)))
    assert report == smalti.compress(pixels).report(pixels)

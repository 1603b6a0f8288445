import io

import numpy as np
import pytest
from PIL import Image, features

import smalti
from smalti.exceptions import ImageReadError, InvalidParameterError, MissingExtraError
from smalti.images.compressed_image import CompressedImage
from tests.pictures import encoded, noise

pytestmark = pytest.mark.skipif(
    not features.check("webp"), reason="this Pillow was built without WebP"
)


def flat(height, width):
    palette = np.zeros((1, 3), np.uint8)
    indices = np.zeros((height, width), np.uint8)
    return CompressedImage(indices, palette, palette.astype(float), original_bits=24)


@pytest.mark.parametrize("k", [1, 2, 3, 5, 16, 17, 256])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_palette_and_indices_come_back(k, channels):
    picture = noise(40, 40, channels)
    compressed = smalti.compress(picture, k, rate_weight=0, dither=0, effort=1)
    loaded = smalti.load(compressed.to_bytes("webp"))
    np.testing.assert_array_equal(loaded.reconstruct(), compressed.reconstruct())
    np.testing.assert_array_equal(loaded.palette, compressed.palette)
    np.testing.assert_array_equal(loaded.indices, compressed.indices)
    assert loaded.indices.dtype == np.uint8


def test_a_palette_in_the_coders_order_comes_back_in_that_of_lightness(photo):
    compressed = smalti.compress(photo, 30, rate_weight=0.1)
    loaded = smalti.load(compressed.to_bytes("webp"))
    np.testing.assert_array_equal(loaded.reconstruct(), compressed.reconstruct())
    first, second = (sorted(one.palette.tolist()) for one in (loaded, compressed))
    assert first == second


@pytest.mark.parametrize("effort", range(1, 10))
def test_every_effort_keeps_the_picture(photo, effort):
    compressed = smalti.compress(photo, 30)
    data = compressed.to_bytes("webp", effort=effort)
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "WEBP"
        np.testing.assert_array_equal(np.asarray(image), compressed.reconstruct())


def test_more_effort_makes_smaller_files(photo):
    compressed = smalti.compress(photo, 256)
    sizes = [len(compressed.to_bytes("webp", effort=effort)) for effort in (1, 5, 9)]
    assert sizes == sorted(sizes, reverse=True)


def test_see_through_colours_are_kept_and_come_first():
    image = noise(12, 12, 4)
    image[:6, :, 3] = 0
    image[6:8, :, 3] = 90
    compressed = smalti.compress(image, 40, rate_weight=0, dither=0)
    loaded = smalti.load(compressed.to_bytes("webp"))
    np.testing.assert_array_equal(loaded.reconstruct(), compressed.reconstruct())
    np.testing.assert_array_equal(loaded.palette, compressed.palette)
    assert loaded.palette[0].tolist() == [0, 0, 0, 0]
    assert (np.diff(loaded.palette[:, 3].astype(int) == 255) >= 0).all()


def test_what_is_hidden_under_transparency_is_one_colour():
    palette = np.array([[255, 0, 0, 0], [0, 255, 0, 0], [1, 2, 3, 255]], np.uint8)
    indices = np.array([[0, 1, 2]], np.uint8)
    picture = CompressedImage(indices, palette, palette.astype(float), original_bits=96)
    with Image.open(io.BytesIO(picture.to_bytes("webp"))) as image:
        np.testing.assert_array_equal(np.asarray(image), picture.reconstruct())
    loaded = smalti.load(picture.to_bytes("webp"))
    assert loaded.palette.tolist() == [[0, 0, 0, 0], [1, 2, 3, 255]]
    assert loaded.indices.tolist() == [[0, 0, 1]]


def test_a_file_of_few_colours_from_elsewhere_is_loaded():
    image = np.zeros((5, 4, 3), np.uint8)
    image[2:, 1:] = 10, 200, 30
    image[0, 0] = 250, 250, 250
    loaded = smalti.load(encoded(image, "WEBP", lossless=True))
    assert loaded.palette.tolist() == [[0, 0, 0], [10, 200, 30], [250, 250, 250]]
    np.testing.assert_array_equal(loaded.reconstruct(), image)
    assert loaded.original_bits == 24 * 20


def test_a_file_of_many_colours_is_refused_with_their_number(tmp_path):
    path = tmp_path / "photo.webp"
    path.write_bytes(encoded(noise(20, 20), "WEBP", lossless=True))
    with pytest.raises(ImageReadError, match=r"photo\.webp: has 400 distinct colours.* 256"):
        smalti.load(path)


def test_more_than_256_colours_are_refused(tmp_path):
    compressed = smalti.compress(noise(20, 20), 257, effort=1)
    with pytest.raises(InvalidParameterError, match="at most 256 colours, this image has 257"):
        compressed.save(tmp_path / "picture.webp")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("height", "width"), [(1, 16384), (16384, 1)])
def test_longer_sides_than_the_format_holds_are_refused(height, width):
    with pytest.raises(InvalidParameterError, match=f"16383 .* is {width} x {height}"):
        flat(height, width).to_bytes("webp")
    longest = flat(min(height, 16383), min(width, 16383))
    assert smalti.load(longest.to_bytes("webp")).indices.shape == longest.indices.shape


def test_a_pillow_without_webp_is_one_sentence(monkeypatch):
    monkeypatch.setattr(features, "check", lambda _: False)
    with pytest.raises(MissingExtraError, match="WebP needs a Pillow"):
        flat(2, 2).to_bytes("webp")


def test_interrupting_the_encoder_stops_it():
    def stop(_stage, _fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        flat(2, 2).to_bytes("webp", progress=stop)


def test_what_the_encoder_refuses_is_raised(monkeypatch):
    def refuse(*_args, **_kwargs):
        raise MemoryError

    monkeypatch.setattr(Image.Image, "save", refuse)
    with pytest.raises(MemoryError):
        flat(2, 2).to_bytes("webp")

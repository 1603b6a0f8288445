import io

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti import _core
from smalti.exceptions import InvalidParameterError
from tests.pictures import encoded, noise, png_header

GREY, INDEXED = 0, 3


def _checked(compressed, png):
    """Assert that the PNG equals the picture, indexed or grey; return its bits a sample."""
    width, height, depth, color_type = png_header(png)
    assert (height, width) == compressed.indices.shape
    is_grey = (compressed.palette[:, :1] == compressed.palette[:, :3]).all()
    assert color_type in ((GREY, INDEXED) if is_grey else (INDEXED,))
    with Image.open(io.BytesIO(png)) as image:
        mode = "RGBA" if compressed.palette.shape[1] == 4 else "RGB"
        np.testing.assert_array_equal(np.asarray(image.convert(mode)), compressed.reconstruct())
    return depth


# The encoder may leave more bits than needed where deflate then makes the smaller file; noise of
# 16 equally frequent colours is such a case.
@pytest.mark.parametrize(
    ("k", "depths"),
    [(1, {1}), (2, {1}), (3, {2}), (4, {2}), (5, {4}), (16, {4, 8}), (17, {8}), (256, {8})],
)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_indices_take_as_few_bits_as_fit(k, depths, channels):
    picture = noise(40, 40, channels)
    if channels == 1:
        picture = np.dstack([picture, picture, picture ^ 1])  # nearly grey: samples are no way out
    compressed = smalti.compress(picture, k, rate_weight=0, dither=0, effort=2)
    assert len(compressed.palette) == k
    png = compressed.to_bytes("png")
    assert _checked(compressed, png) in depths


@pytest.mark.parametrize("effort", range(1, 10))
def test_every_effort_keeps_the_picture(photo, effort):
    compressed = smalti.compress(photo, 6, rate_weight=0, dither=0)
    # Behind a filter that suits the order of the palette whole bytes are smaller than four bits.
    assert _checked(compressed, compressed.to_bytes("png", effort=effort)) == 8


# Labels chosen for the Paeth filter need whole bytes, unless few bits make the smaller file.
@pytest.mark.parametrize("effort", range(1, 10))
@pytest.mark.parametrize("k", [2, 6, 40])
def test_every_effort_keeps_a_picture_chosen_weighed(photo, k, effort):
    compressed = smalti.compress(photo, k, rate_weight=0.2)
    png = compressed.to_bytes("png", effort=effort)
    assert _checked(compressed, png) in ({1, 8} if k == 2 else {4, 8} if k == 6 else {8})
    again = smalti.compress(photo, k, rate_weight=0.2).to_bytes("png", effort=effort)
    assert again == png


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (3, 9)])
@pytest.mark.parametrize("k", [2, 3, 5])
def test_rows_that_do_not_fill_a_byte_are_kept(shape, k):
    compressed = smalti.compress(noise(*shape), k)
    _checked(compressed, compressed.to_bytes("png"))


@pytest.mark.parametrize(("color", "type_"), [((1, 1, 1), GREY), ((0, 1, 1), INDEXED)])
def test_large_pictures_are_kept_whole(color, type_):
    # Ways are ranked on some of the rows. One colour stands in a single pixel of another row.
    rows, columns = np.ogrid[:2100, :2000]
    shades = ((rows + columns) // 17 % 250).astype(np.uint8)
    shades[7, 1999] = 255
    compressed = smalti.compress(shades[..., np.newaxis] * np.array(color, np.uint8), effort=1)
    png = compressed.to_bytes()
    assert (png_header(png)[3], _checked(compressed, png)) == (type_, 8)
    # (2,099 + 1,999) // 17 + 1 shades of the ramp, and one.
    assert len(compressed.palette) == 243


def test_black_and_white_needs_no_palette():
    image = np.zeros((6, 9), np.uint8)
    image[2:, 3:] = 255
    compressed = smalti.compress(image, 2)
    png = compressed.to_bytes("png")
    _checked(compressed, png)
    assert png_header(png)[3] == GREY


def test_alpha_is_written_exactly():
    image = noise(6, 6, 4)
    image[..., 3] |= 1  # the colour of what is fully transparent is not kept
    compressed = smalti.compress(image, 36)
    _checked(compressed, compressed.to_bytes("png"))
    np.testing.assert_array_equal(smalti.load(compressed.to_bytes()).reconstruct(), image)


def test_more_than_256_colours_are_refused(tmp_path):
    compressed = smalti.compress(noise(20, 20), 257, effort=1)
    with pytest.raises(InvalidParameterError, match="at most 256 colours, this image has 257"):
        compressed.to_bytes("png")
    with pytest.raises(InvalidParameterError, match="npz"):
        compressed.save(tmp_path / "picture.png")
    assert list(tmp_path.iterdir()) == []


def test_a_large_k_is_no_obstacle_when_the_picture_has_few_colours():
    compressed = smalti.compress(noise(5, 5), 60_000)
    _checked(compressed, compressed.to_bytes("png"))


def test_compression_makes_a_photo_smaller(photo):
    assert len(smalti.compress(photo, 256).to_bytes("png")) < len(encoded(photo)) / 2


def test_interrupting_the_encoder_stops_it():
    def stop(_stage, _fraction):
        raise KeyboardInterrupt

    image = smalti.compress(noise(300, 300), 200, effort=1)
    with pytest.raises(KeyboardInterrupt):
        image.to_bytes("png", effort=9, progress=stop)


@pytest.mark.parametrize("weight", [0, 0.3])
@pytest.mark.parametrize("lengths", [(5, 6), (6, 5)])
def test_the_ways_that_are_tried_are_those_that_suit_the_labels(
    photo, monkeypatch, weight, lengths
):
    made = smalti.compress(photo, 30, rate_weight=weight)
    loaded = [smalti.load(made.to_bytes(name)) for name in ("png", "webp")]

    def encode_png(*_arguments, weighed, **_options):
        return bytes(lengths[weighed])

    monkeypatch.setattr(_core, "encode_png", encode_png)
    assert len(made.to_bytes("png")) == lengths[weight > 0]
    for picture in loaded:
        # An image file does not tell: both sets of ways are tried, and the smaller file wins.
        assert (picture.rate_weight, picture.dither, picture.coder) == (None, None, None)
        assert len(picture.to_bytes("png")) == 5

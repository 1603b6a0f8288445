"""A palette that was made before is given to `smalti.compress`: tiles have no seams."""

import json
import pickle

import numpy as np
import pytest

import smalti
from smalti import CompressOptions, Palette
from smalti.exceptions import ImageReadError, InvalidParameterError, OptionsError
from smalti.formats.palette_registry import palette_formats
from tests.pictures import encoded, noise, photographs_reduced

PLAIN = {"rate_weight": 0, "dither": 0}
RED, SHADOW = (255, 0, 0), (0, 0, 0, 128)


@pytest.fixture(scope="module")
def palette():
    return smalti.fit_palette(photographs_reduced(8), 12)


def _gradients(height, width):
    """Slow colours, flat areas, and one edge."""
    y, x = np.mgrid[:height, :width]
    picture = np.dstack([x * 255 // (width - 1), y * 255 // (height - 1), (x + y) // 2 % 256])
    picture[height // 4 : height // 2, width // 4 : width // 2] = (100, 120, 50)
    return picture.astype(np.uint8)


def _cutout(height, width):
    """The same in a disc whose rim is soft."""
    y, x = np.mgrid[:height, :width]
    distance = np.hypot(x - width / 2, y - height / 2)
    alpha = np.clip((height * 0.45 - distance) * 12, 0, 255).astype(np.uint8)
    return np.dstack([_gradients(height, width), alpha])


def _photograph(height, width):
    return np.ascontiguousarray(photographs_reduced(2)[0][:height, :width])


PICTURES = [_gradients, _cutout, _photograph]


def _check_tiles(picture, palette, side, options):
    """Tiles that are mapped by themselves are those of the mapped picture."""
    whole = smalti.compress(picture, palette=palette, **options).indices
    assert len(np.unique(whole)) > 2
    height, width = whole.shape
    tiles = [(y, x) for y in range(0, height, side) for x in range(0, width, side)]
    for y, x in tiles:
        tile = picture[y : y + side, x : x + side]
        mapped = smalti.compress(tile, palette=palette, **options)
        np.testing.assert_array_equal(mapped.indices, whole[y : y + side, x : x + side])
    return len(tiles)


@pytest.mark.parametrize("k", [3, 16])
@pytest.mark.parametrize("make", PICTURES)
def test_tiles_have_the_indices_of_the_whole_picture(make, k):
    picture = make(88, 88)
    tiles = [picture[y : y + 22, x : x + 22] for y in range(0, 88, 22) for x in range(0, 88, 22)]
    palette = smalti.fit_palette(tiles, k)
    assert palette == smalti.fit_palette(picture, k)
    assert _check_tiles(picture, palette, 22, PLAIN) == 16


@pytest.mark.parametrize(("method", "side"), [("blue-noise", 64), ("ordered", 8)])
@pytest.mark.parametrize("make", PICTURES)
def test_masks_have_no_seams_where_tiles_are_as_large_as_they_are(make, method, side):
    picture = make(2 * side, 3 * side)
    palette = smalti.fit_palette(picture, 6)
    options = {"rate_weight": 0, "dither": 0.5, "dither_method": method}
    assert _check_tiles(picture, palette, side, options) == 6
    # That is a matter of the side.
    with pytest.raises(AssertionError, match="Mismatched elements"):
        _check_tiles(picture, palette, side - 2, options)


@pytest.mark.parametrize("options", [PLAIN, {}, {"rate_weight": 0.1}, {"max_bytes": 700}])
def test_a_palette_is_the_same_in_every_way_that_it_is_given(photo, palette, tmp_path, options):
    photo = photo[:40, :40]
    expected = smalti.compress(photo, palette=palette.colors, **options)
    np.testing.assert_array_equal(expected.palette, palette.colors)
    palette.save(tmp_path / "a.json")
    given = [palette, palette.hex, list(palette), tmp_path / "a.json", str(tmp_path / "a.json")]
    for each in given:
        compressed = smalti.compress(photo, palette=each, **options)
        np.testing.assert_array_equal(compressed.indices, expected.indices)
        assert compressed.to_bytes() == expected.to_bytes()


@pytest.mark.parametrize("name", palette_formats())
def test_a_file_of_every_format_is_a_palette(photo, palette, tmp_path, name):
    palette.save(tmp_path / f"a.{name}")
    compressed = smalti.compress(photo, palette=tmp_path / f"a.{name}", **PLAIN)
    np.testing.assert_array_equal(compressed.palette, palette.colors)


def test_a_palette_with_alpha_keeps_it():
    picture = noise(9, 9, 4)
    palette = smalti.fit_palette([picture, noise(9, 9, 4, seed=1)], 9)
    compressed = smalti.compress(picture, palette=palette, **PLAIN)
    np.testing.assert_array_equal(compressed.palette, palette.colors)
    assert compressed.reconstruct().shape == (9, 9, 4)


def test_an_image_is_left_as_it_is_by_a_palette_of_all_its_colours():
    image = noise(8, 8) // 64 * 85
    palette = smalti.fit_palette([image, noise(2, 2)], 256)
    for options in ({}, PLAIN, {"dither": 1}):
        shown = smalti.compress(image, palette=palette, **options).reconstruct()
        np.testing.assert_array_equal(shown, image)


def test_a_palette_that_is_missing_or_broken_is_one_sentence(photo, tmp_path):
    (tmp_path / "broken.gpl").write_bytes(b"no palette")
    for name, sentence in {"none.gpl": "no such file", "broken.gpl": "broken.gpl: "}.items():
        with pytest.raises(ImageReadError, match=sentence):
            smalti.compress(photo, palette=tmp_path / name)
        with pytest.raises(ImageReadError, match=sentence):
            CompressOptions(palette=tmp_path / name)


def test_a_photograph_is_a_palette_of_its_colours(tmp_path):
    image = noise(4, 5)
    (tmp_path / "few.png").write_bytes(encoded(image))
    options = CompressOptions(palette=tmp_path / "few.png")
    assert options.palette == tuple(Palette.of(image.reshape(-1, 3)))


# Options


def test_options_hold_the_colours(palette, tmp_path):
    palette.save(tmp_path / "a.hex")
    options = CompressOptions(palette=palette)
    assert options.palette == tuple(palette)
    others = [
        CompressOptions(palette=each)
        for each in (palette.hex, palette.colors, tmp_path / "a.hex", str(tmp_path / "a.hex"))
    ]
    for other in others:
        assert other == options
        assert hash(other) == hash(options)
        assert other.digest() == options.digest()
    # Where they come from makes no difference, their order does.
    (tmp_path / "a.hex").unlink()
    assert others[-1] == options
    turned = CompressOptions(palette=palette.sorted("hue"))
    assert turned != options
    assert turned.digest() != options.digest()


@pytest.mark.parametrize("colors", [[RED], [RED, SHADOW], noise(1, 300)[0]])
def test_options_with_a_palette_come_back_from_json(colors):
    options = CompressOptions(palette=Palette.of(colors, [1.5] * len(colors)))
    again = CompressOptions(**json.loads(json.dumps(options.to_dict())))
    assert again == options == pickle.loads(pickle.dumps(options))
    assert again.digest() == options.digest()
    assert options.to_dict()["palette"][0] == bytes(options.palette[0]).hex()[:6]


def test_options_and_arguments_make_the_same_picture(photo, palette):
    options = CompressOptions(palette=palette, dither=0.5)
    expected = smalti.compress(photo, palette=palette, dither=0.5)
    assert smalti.compress(photo, options=options) == expected
    with pytest.raises(InvalidParameterError, match="palette is decided by options"):
        smalti.compress(photo, palette=palette, options=options)


def test_what_does_not_go_with_a_palette_is_refused(palette):
    assert CompressOptions(palette=palette, k=12).palette == tuple(palette)
    for sentence, others in {
        "k=4 contradicts the 12 colours of palette": {"k": 4},
        "keep_colors cannot be given with palette": {"keep_colors": ["ff0000"]},
        r"palette cannot be given with block=\(2, 2\)": {"block": (2, 2)},
    }.items():
        with pytest.raises(OptionsError, match=sentence):
            CompressOptions(palette=palette, **others)

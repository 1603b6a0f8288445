"""`smalti.fit_palette`: one palette for many images."""

import io
import os
import re
import subprocess
import sys
import weakref
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import smalti
from smalti import fit_palette
from smalti.exceptions import ImageReadError, ImageReadWarning, InvalidParameterError, OptionsError
from smalti.progress import Stage
from tests.pictures import distinct_colors, encoded, noise, photographs_reduced, png16

PLAIN = {"rate_weight": 0, "dither": 0}
SPACES = ["oklab", "srgb", "linear"]
ORANGE, LIME = "#ff8000", "#00ff00"


def _as_rgba(picture, seed=0):
    """The same with alpha, of which some is 0 and some is 255."""
    alpha = noise(*picture.shape[:2], 1, seed=seed).astype(int) * 2 - 128
    return np.dstack([picture, np.clip(alpha, 0, 255).astype(np.uint8)])


def _as_deep(picture):
    """The same in 16 bits, of which the lower ones are by chance."""
    return picture.astype(np.uint16) * 256 + noise(*picture.shape, seed=3)


@pytest.fixture(scope="module")
def photographs():
    """Real pictures at an eighth of their size."""
    return photographs_reduced(8)


@cache
def _pictures(kind):
    """Three pictures of one kind."""
    made = photographs_reduced(16)
    change = {"rgb": lambda picture: picture, "rgba": _as_rgba, "deep": _as_deep}[kind]
    return [change(picture) for picture in made]


def _check_same(palette, other):
    """Palettes are equal, and so are their colours before rounding."""
    assert palette == other
    np.testing.assert_array_equal(palette.centroids, other.centroids)


def _tiles(picture, rows, columns):
    """The parts of a picture that is cut at these places."""
    height, width = picture.shape[:2]
    rows, columns = sorted({0, height, *rows}), sorted({0, width, *columns})
    return [
        picture[top:bottom, left:right]
        for top, bottom in pairwise(rows)
        for left, right in pairwise(columns)
    ]


# The palette of one image is that of `smalti.compress`.


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("kind", ["rgb", "rgba", "deep"])
@pytest.mark.parametrize("k", [1, 3, 16, 300])
def test_of_one_image_it_is_that_of_compress_and_weights_are_pixels(k, kind, space):
    for picture in _pictures(kind):
        compressed = smalti.compress(picture, k, space=space, **PLAIN)
        palette = fit_palette(picture, k, space=space)
        np.testing.assert_array_equal(palette.colors, compressed.palette)
        np.testing.assert_array_equal(palette.centroids, compressed.centroids)
        pixels = np.bincount(compressed.indices.ravel(), minlength=len(compressed.palette))
        assert palette.weights.tolist() == pixels.tolist()


@pytest.mark.parametrize("effort", [1, 9])
def test_effort_is_that_of_compress(photographs, effort):
    compressed = smalti.compress(photographs[0], 12, effort=effort, **PLAIN)
    palette = fit_palette([photographs[0]], 12, effort=effort)
    np.testing.assert_array_equal(palette.centroids, compressed.centroids)
    assert palette != fit_palette([photographs[0]], 12)


def test_an_image_can_be_given_in_every_way(photographs, tmp_path):
    picture = photographs[0]
    path, data = tmp_path / "a.png", encoded(picture)
    path.write_bytes(data)
    expected = fit_palette([picture], 9)
    assert len(expected) == 9
    for image in (
        picture,
        path,
        str(path),
        data,
        bytearray(data),
        io.BytesIO(data),
        Image.fromarray(picture),
        smalti.read(path),
    ):
        assert fit_palette(image, 9) == expected
    for images in ([path], (data,), {str(path): 1}, iter([Image.fromarray(picture)])):
        assert fit_palette(images, 9) == expected


def test_an_array_of_four_dimensions_is_many_images():
    stack = noise(5, 6, 7 * 3, seed=2).reshape(5, 6, 7, 3)
    _check_same(fit_palette(stack, 11), fit_palette(list(stack), 11))
    _check_same(fit_palette(stack, 11), fit_palette(stack.reshape(30, 7, 3), 11))
    greys = noise(8, 9, 1)[..., 0]
    assert fit_palette(greys, 4) == fit_palette([greys], 4)


# The palette of many images is that of one picture of all pixels.


@pytest.mark.parametrize("kind", ["rgb", "rgba", "deep"])
@given(data=st.data(), k=st.integers(1, 40), space=st.sampled_from(SPACES))
def test_tiles_give_the_palette_of_the_whole_in_any_order(kind, data, k, space):
    picture = data.draw(st.sampled_from(_pictures(kind)))
    height, width = picture.shape[:2]
    rows = data.draw(st.sets(st.integers(1, height - 1), max_size=4))
    columns = data.draw(st.sets(st.integers(1, width - 1), max_size=4))
    tiles = data.draw(st.permutations(_tiles(picture, rows, columns)))
    _check_same(fit_palette(tiles, k, space=space), fit_palette(picture, k, space=space))


@pytest.mark.parametrize("kind", ["rgb", "rgba", "deep"])
def test_different_images_give_the_palette_of_all_their_pixels(kind):
    pictures = _pictures(kind)
    row = np.concatenate([picture.reshape(1, -1, picture.shape[2]) for picture in pictures], axis=1)
    expected = fit_palette(row, 24)
    _check_same(fit_palette(pictures, 24), expected)
    _check_same(fit_palette(pictures[::-1], 24), expected)
    assert expected.weights.sum() == row.shape[1]


def test_images_are_taken_once_and_not_kept():
    class Images:
        asked = 0

        def __iter__(self):
            self.asked += 1
            given = []
            for seed in range(6):
                # The last one may still have a name where it was taken.
                assert all(image() is None for image in given[:-1])
                image = noise(9, 9, seed=seed)
                given.append(weakref.ref(image))
                yield image
                del image

    images = Images()
    palette = fit_palette(images, 10)
    assert images.asked == 1
    assert palette == fit_palette([noise(9, 9, seed=seed) for seed in range(6)], 10)


@pytest.mark.parametrize("k", [20, 256])
def test_fewer_colours_than_k_are_all_kept(k):
    first, second = noise(4, 4) // 128 * 255, noise(3, 3, seed=5) // 128 * 85
    palette = fit_palette([first, second, first], k)
    rows = np.concatenate([image.reshape(-1, 3) for image in (first, second, first)])
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    assert len(distinct) <= k
    pixels = dict(zip(map(tuple, distinct.tolist()), counts.tolist(), strict=True))
    found = zip(palette, palette.weights.tolist(), strict=True)
    assert {color[:3]: weight for color, weight in found} == pixels


def test_all_clear_colours_are_one():
    clear = noise(3, 5, 4)
    clear[..., 3] = 0
    palette = fit_palette([clear, noise(1, 2)], 9)
    assert palette.hex[0] == "#00000000"
    assert palette.weights.tolist() == [15, 1, 1]


def test_alpha_that_is_opaque_makes_no_difference(photographs):
    first, second = photographs[:2]
    opaque = np.dstack([first, np.full(first.shape[:2], 255, np.uint8)])
    nearly = np.dstack([first, np.full(first.shape[:2], 253, np.uint8)])
    expected = fit_palette([first, second], 16)
    _check_same(fit_palette([opaque, second], 16), expected)
    _check_same(fit_palette([nearly, second], 16), expected)
    # Where all colours are kept nothing about them changes.
    assert fit_palette(nearly[:1, :1]).hex[0].endswith("fd")


def test_images_with_and_without_alpha_share_a_palette(photographs):
    rgba = _as_rgba(photographs[0])
    palette = fit_palette([rgba, photographs[1]], 16)
    wide = np.dstack([photographs[1], np.full(photographs[1].shape[:2], 255, np.uint8)])
    _check_same(palette, fit_palette([rgba, wide], 16))
    assert palette.colors.shape == (16, 4)
    alpha = palette.colors[:, 3]
    assert {0, 255} < set(alpha.tolist())
    # See-through colours come first.
    assert (np.diff((alpha == 255).astype(int)) >= 0).all()


def test_images_of_8_and_16_bits_share_a_palette(photographs):
    shallow, deep = photographs[0], _as_deep(photographs[1])
    palette = fit_palette([shallow, deep], 16)
    _check_same(palette, fit_palette([deep, shallow.astype(np.uint16) * 257], 16))
    _check_same(palette, fit_palette([png16(deep), encoded(shallow)], 16))


# Weights


@pytest.mark.parametrize("kind", ["rgb", "rgba", "deep"])
def test_a_weight_is_how_often_an_image_counts(kind):
    a, b, c = _pictures(kind)
    _check_same(fit_palette([a, b, c], 9, weights=[2, 1, 3]), fit_palette([a, a, b, c, c, c], 9))
    _check_same(fit_palette([a, b], 9, weights=iter([1, 1])), fit_palette([a, b], 9))
    _check_same(fit_palette([a, b, c], 9, weights=[0, 1, 0]), fit_palette(b, 9))
    _check_same(fit_palette(a, 9, weights=[2]), fit_palette([a, a], 9))


def test_a_weight_can_be_a_fraction(photographs):
    a, b = photographs[:2]
    once, half = fit_palette([a, b, b], 9), fit_palette([a, b], 9, weights=[0.5, 1])
    np.testing.assert_array_equal(half.colors, once.colors)
    np.testing.assert_array_equal(half.weights * 2, once.weights)
    most = fit_palette([a, b], 9, weights=[1_000, 0])
    np.testing.assert_array_equal(most.weights, fit_palette(a, 9).weights * 1_000)
    third = fit_palette(a, 9, weights=[1 / 3]).weights.sum()
    assert third == pytest.approx(a.shape[0] * a.shape[1] / 3, rel=1e-4)


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ([1], "weights: there are 1, but more images"),
        ([], "weights: there are 0, but more images"),
        ([1, 1, 1], "weights: there are more than images"),
        ([1, -1], "weights[1] must be a finite number between 0 and 1000, got -1"),
        ([1, np.nan], "weights[1] must be a finite number between 0"),
        ([1_000_001, 1], "weights[0] must be a finite number between 0"),
        (["1", 1], "weights[0] must be a finite number between 0"),
        ([0, 0], "images: there is none that counts"),
        pytest.param(2, "weights", id="a number"),
    ],
)
def test_what_are_no_weights_of_two_images_is_one_sentence(weights, sentence):
    with pytest.raises(InvalidParameterError, match=re.escape(sentence)):
        fit_palette([noise(2, 2), noise(2, 2)], 2, weights=weights)


# Colours to keep


@pytest.mark.parametrize("space", SPACES)
def test_colours_are_kept_exactly_beside_those_that_are_learned(photographs, space):
    options = {"space": space, "keep_colors": [ORANGE, LIME]}
    palette = fit_palette(photographs, 8, **options)
    assert len(palette) == 8
    assert {ORANGE, LIME} < set(palette.hex)
    assert palette.weights.sum() == sum(picture[..., 0].size for picture in photographs)
    one = photographs[2]
    compressed = smalti.compress(one, 8, **options, **PLAIN)
    np.testing.assert_array_equal(fit_palette(one, 8, **options).colors, compressed.palette)
    assert set(fit_palette(photographs, 2, **options).hex) == {ORANGE, LIME}


def test_pixels_of_a_kept_colour_are_its_own():
    image = noise(10, 10) // 2
    image[:2] = (255, 128, 0)
    palette = fit_palette([image, noise(5, 5) // 2], 4, keep_colors=[(255, 128, 0), LIME])
    weights = dict(zip(palette.hex, palette.weights.tolist(), strict=True))
    assert weights[ORANGE] >= 20
    # Nothing is as green: it has no pixels, and stays.
    assert LIME in weights
    few = fit_palette(np.zeros((2, 2, 3), np.uint8), 3, keep_colors=[ORANGE, LIME])
    assert few.hex == ["#000000", ORANGE, LIME]
    assert few.weights.tolist() == [4, 0, 0]


def test_a_see_through_colour_can_be_kept_among_opaque_images():
    palette = fit_palette([noise(5, 5)], 4, keep_colors=["ff000080"])
    assert palette.hex[0] == "#ff000080"
    assert palette.weights[0] == 0
    assert palette.colors[1:, 3].tolist() == [255] * 3


# What is wrong, and what is told


@pytest.mark.parametrize("images", [[], (), iter([]), np.zeros((0, 2, 2, 3), np.uint8)])
def test_no_images_are_one_sentence(images):
    with pytest.raises(InvalidParameterError, match=r"^images: there is none that counts$"):
        fit_palette(images)


def test_options_are_those_of_compress():
    def refused(sentence, **options):
        with pytest.raises(InvalidParameterError, match=re.escape(sentence)):
            fit_palette([noise(2, 2)], **options)

    refused("k must be between 1 and 65536, got 0", k=0)
    refused("space must be one of 'oklab', 'srgb', 'linear', got 'lab'", space="lab")
    refused("effort must be between 1 and 9, got 10", effort=10)
    refused("seed must be between 0 and", seed=-1)
    refused("max_pixels must be at least 1", max_pixels=0)
    refused("keep_colors[0]: 'red' is not a colour", keep_colors=["red"])
    with pytest.raises(OptionsError, match="k=1"):
        fit_palette([noise(2, 2)], 1, keep_colors=[ORANGE, LIME])


def test_an_image_that_cannot_be_read_is_named(tmp_path):
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    good.write_bytes(encoded(noise(4, 4)))
    bad.write_bytes(b"no image")
    with pytest.raises(ImageReadError, match=r"bad\.png: is not an image that can be read"):
        fit_palette([good, bad])
    with pytest.raises(ImageReadError, match=r"none\.png: no such file"):
        fit_palette(iter([good, tmp_path / "none.png"]))
    with pytest.raises(ImageReadError, match=r"good\.png: .*15"):
        fit_palette([good], max_pixels=15)
    for image in (None, 3, "", np.zeros((2, 2, 7), np.uint8)):
        with pytest.raises((ImageReadError, InvalidParameterError)):
            fit_palette([image])


def test_what_is_odd_about_an_image_is_a_warning_at_the_line_of_the_caller():
    frames = [Image.fromarray(noise(4, 4, seed=seed)) for seed in range(2)]
    animation = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.warns(ImageReadWarning, match="2 frames") as caught:
        fit_palette([animation])
    assert Path(caught[0].filename).name == Path(__file__).name


def test_progress_is_told_in_stages(photographs):
    calls = []
    fit_palette(photographs, 16, progress=lambda *call: calls.append(call))
    assert {"kmeans"} <= {stage for stage, _ in calls} <= set(get_args(Stage))
    assert all(0 <= fraction <= 1 for _, fraction in calls)


def test_what_progress_raises_stops_the_work(photographs):
    def stop(*_):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        fit_palette(photographs, 16, progress=stop)


def test_the_same_palette_comes_from_any_number_of_threads():
    script = (
        "from smalti import fit_palette\n"
        "from tests.images.test_fit_palette import _as_rgba\n"
        "from tests.pictures import noise\n"
        "pictures = [noise(200, 300, seed=seed) // 4 for seed in range(2)]\n"
        "for images in (pictures, [_as_rgba(picture) for picture in pictures]):\n"
        "    print(fit_palette(images, 8, effort=1).to_bytes('json'))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "RAYON_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize("k", [1, 16])
def test_colours_are_distinct_and_from_dark_to_light(photographs, k):
    palette = fit_palette(photographs, k)
    assert len(distinct_colors(palette.colors)) == len(palette) == k
    _check_same(palette, palette.sorted())

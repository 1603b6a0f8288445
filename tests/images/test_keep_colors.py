"""Colours that are kept exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import smalti
from smalti.exceptions import InvalidParameterError
from tests.pictures import noise

RED = (255, 0, 0)
GOALS = [
    {},
    {"rate_weight": 0, "dither": 0},
    {"rate_weight": 0, "dither": 1},
    {"rate_weight": 0.5},
    {"rate_weight": 1e9, "dither": 1},
    {"quality": 20},
    {"max_bytes": 6000},
]


def holds(compressed, color):
    return (compressed.palette == color).all(axis=1).any()


def check(compressed, image, color):
    """Pixels of the colour keep it."""
    having = (image == color).all(axis=2)
    assert (compressed.reconstruct()[having] == color).all()


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("k", [8, 256])
def test_pixels_of_a_kept_colour_keep_it_and_the_others_are_as_good(photo, goal, k):
    image = photo.copy()
    image[20:26, 30:36] = RED
    color = tuple(int(sample) for sample in photo[50, 50])
    compressed = smalti.compress(image, k, keep_colors=[RED, color], **goal)
    assert len(compressed.palette) <= k
    for kept in (RED, color):
        assert holds(compressed, kept)
        check(compressed, image, kept)


@pytest.mark.parametrize("space", ["oklab", "srgb", "linear"])
@settings(max_examples=60)
@given(data=st.data(), channels=st.sampled_from([3, 4]), k=st.integers(1, 9))
def test_any_colours_are_kept_in_any_image(space, data, channels, k):
    samples = st.sampled_from([0, 1, 128, 254, 255]) | st.integers(0, 255)
    shape = st.tuples(st.integers(1, 7), st.integers(1, 7), st.just(channels))
    image = data.draw(hnp.arrays(np.uint8, shape, elements=samples))
    colors = data.draw(hnp.arrays(np.uint8, (min(k, 3), channels), elements=samples))
    colors[0] = image[0, 0]
    goal = data.draw(st.sampled_from(GOALS[:-2]))
    compressed = smalti.compress(image, k, keep_colors=colors, space=space, **goal)
    assert len(compressed.palette) <= k
    assert np.abs(compressed.centroids - compressed.palette).max() <= 0.5 + 1e-6
    for color in colors:
        seen = color if channels == 3 or color[3] else np.zeros(4, np.uint8)
        assert holds(compressed, seen)
        having = (image == color).all(axis=2)
        assert (compressed.reconstruct()[having] == seen).all()


def test_they_can_be_written_in_many_ways(photo):
    expected = smalti.compress(photo, 9, keep_colors=[(255, 128, 0)]).to_bytes("png")
    for colors in (
        ["ff8000"],
        ["#FF8000"],
        ["Ff8000FF", (255, 128, 0), "ff8000"],
        np.array([[255, 128, 0]], dtype=np.uint8),
        [[255, 128, 0, 255]],
        ((255, 128, 0),),
    ):
        assert smalti.compress(photo, 9, keep_colors=colors).to_bytes("png") == expected


def test_16_bits_keep_what_is_the_colour_in_8(photo):
    image = photo.astype(np.uint16) * 257
    image[3:9, 3:9] = np.array(RED) * 257
    compressed = smalti.compress(image, 12, keep_colors=["ff0000"])
    assert (compressed.reconstruct()[3:9, 3:9] == RED).all()


def test_16_bits_with_few_colours_keep_them_too():
    image = np.full((2, 2, 3), 1000, dtype=np.uint16)
    compressed = smalti.compress(image, 2, keep_colors=["ff0000"])
    assert compressed.palette.tolist() == [[4, 4, 4], [255, 0, 0]]


def test_greys_and_clear_pixels_are_kept():
    grey = noise(30, 30, 1)[..., 0]
    compressed = smalti.compress(grey, 4, keep_colors=[[grey[0, 0]] * 3])
    assert (compressed.reconstruct()[grey == grey[0, 0]] == grey[0, 0]).all()
    image = noise(30, 30, 4)
    image[:9, :, 3] = 0
    compressed = smalti.compress(image, 4, keep_colors=["12345600", "65432100", "ffffff"])
    assert (compressed.palette == (0, 0, 0, 0)).all(axis=1).sum() == 1
    assert (compressed.reconstruct()[:9] == 0).all()


def test_a_picture_of_few_colours_and_the_kept_ones_is_left_as_it_is():
    image = noise(3, 3)
    compressed = smalti.compress(image, 10, keep_colors=["ff0000", tuple(image[1, 1].tolist())])
    np.testing.assert_array_equal(compressed.reconstruct(), image)
    assert len(compressed.palette) == 10


def test_as_many_as_k_are_the_whole_palette(photo):
    colors = ["000000", "ffffff", "ff0000"]
    palette = smalti.compress(photo, 3, keep_colors=colors).palette
    assert sorted(map(tuple, palette.tolist())) == [(0, 0, 0), (255, 0, 0), (255, 255, 255)]


def test_the_other_colours_are_learned_beside_them(photo):
    plain = {"rate_weight": 0, "dither": 0, "space": "srgb"}
    free = smalti.compress(photo, 16, **plain)
    common = free.palette[5]
    kept = smalti.compress(photo, 16, keep_colors=[common], **plain)
    assert kept.report().mse < 1.05 * free.report().mse


def test_more_than_256_colours_are_kept():
    image = noise(40, 40)
    colors = image[:10, :30].reshape(-1, 3)
    compressed = smalti.compress(image, 400, rate_weight=0, dither=0, keep_colors=colors)
    np.testing.assert_array_equal(compressed.reconstruct()[:10, :30], image[:10, :30])


@pytest.mark.parametrize(
    ("colors", "sentence"),
    [
        ("ff0000", "keep_colors must be a sequence of colours, got 'ff0000'"),
        (5, "keep_colors must be a sequence of colours, got 5"),
        (
            ["ff00"],
            "keep_colors[0]: 'ff00' is not a colour of 6 hexadecimal digits, or 8 with alpha, "
            "such as FF8000",
        ),
        (
            [RED, (1, 2, 256)],
            "keep_colors[1] must be 3 or 4 whole numbers between 0 and 255, or hexadecimal digits "
            "such as 'FF8000', got (1, 2, 256)",
        ),
        (
            ["000000", "ffffff", "ff0000"],
            "k=2: 3 colours cannot be kept with keep_colors",
        ),
        (
            ["ff000080"],
            "the image array: colour 255, 0, 0, 128 cannot be kept: it is see-through, and the "
            "image has no alpha channel",
        ),
    ],
)
def test_bad_colours_are_named(colors, sentence):
    with pytest.raises(InvalidParameterError) as caught:
        smalti.compress(noise(3, 3), 2, keep_colors=colors)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("effort", [1, 5, 9])
@pytest.mark.parametrize("goal", [{}, {"rate_weight": 0, "dither": 0}, {"rate_weight": 0.5}])
def test_files_hold_kept_colours_that_no_pixel_has(photo, effort, goal):
    compressed = smalti.compress(
        photo[:40, :60], 12, keep_colors=[(1, 254, 3)], effort=effort, **goal
    )
    loaded = smalti.load(compressed.to_bytes("png"))
    assert [1, 254, 3] in loaded.palette.tolist()
    np.testing.assert_array_equal(loaded.reconstruct(), compressed.reconstruct())


@pytest.mark.parametrize("color", [(1, 2), (1.0, 2.0, 3.0), None, [[1], [2, 3]], ("a", 1, 2)])
def test_what_is_no_colour_is_refused(color):
    with pytest.raises(
        InvalidParameterError, match=r"keep_colors\[0\] must be 3 or 4 whole numbers"
    ):
        smalti.compress(noise(3, 3), 2, keep_colors=[color])

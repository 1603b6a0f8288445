"""Label maps and pictures of half the size."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smalti.scale.halved import halved, halved_picture, level_shapes
from tests.pictures import noise
from tests.scale.checks import quickly_halved, slowly_halved


@given(
    shape=st.tuples(st.integers(1, 13), st.integers(1, 13)),
    labels=st.integers(1, 6),
    seed=st.integers(0, 1000),
    dtype=st.sampled_from([np.uint8, np.uint16]),
)
def test_any_label_map_is_halved_as_the_slow_way_has_it(shape, labels, seed, dtype):
    values = np.random.default_rng(seed).integers(0, labels, shape).astype(dtype)
    found = halved(values)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, slowly_halved(values))
    np.testing.assert_array_equal(found, quickly_halved(values))


@pytest.mark.parametrize(
    ("four", "label"),
    [
        ([1, 2, 3, 4], 1),
        ([4, 3, 2, 1], 4),
        ([1, 1, 2, 2], 1),
        ([2, 1, 2, 1], 2),
        ([2, 1, 1, 2], 2),
        ([1, 2, 2, 3], 2),
        ([1, 2, 3, 2], 2),
        ([1, 3, 2, 2], 2),
        ([3, 1, 1, 1], 1),
        ([0, 9, 0, 5], 0),
        ([7, 7, 7, 7], 7),
    ],
)
def test_most_wins_and_of_ties_the_first(four, label):
    assert halved(np.array(four, dtype=np.uint8).reshape(2, 2)).tolist() == [[label]]


def test_every_four_of_four_labels_are_as_the_slow_way_has_them():
    fours = np.stack(np.meshgrid(*[range(4)] * 4), axis=-1).reshape(-1, 2, 2).astype(np.uint16)
    row = np.concatenate(list(fours), axis=1)
    np.testing.assert_array_equal(halved(row), slowly_halved(row))


def test_the_last_row_and_column_count_twice_at_odd_sides():
    assert halved(np.array([[5]], dtype=np.uint8)).tolist() == [[5]]
    assert halved(np.array([[1, 2, 3]], dtype=np.uint8)).tolist() == [[1, 3]]
    assert halved(np.array([[1], [2], [3]], dtype=np.uint8)).tolist() == [[1], [3]]
    assert halved(np.array([[1, 1, 2], [3, 1, 2], [4, 5, 6]], dtype=np.uint8)).tolist() == [
        [1, 2],
        [4, 6],
    ]


@given(
    shape=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    channels=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_pictures_are_rounded_means_of_four(shape, channels, seed):
    pixels = noise(*shape, channels, seed=seed)
    padded = np.pad(pixels, [(0, shape[0] % 2), (0, shape[1] % 2), (0, 0)], mode="edge")
    total = sum(padded[i::2, j::2].astype(int) for i in (0, 1) for j in (0, 1))
    expected = np.floor(total / 4 + 0.5)
    found = halved_picture(pixels)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, expected)


@given(st.tuples(st.integers(1, 10**7), st.integers(1, 10**7)), st.integers(1, 2048))
def test_levels_are_rounded_up_until_both_sides_are_short(shape, smallest):
    shapes = level_shapes(shape, smallest)
    assert shapes[0] == shape
    assert max(shapes[-1]) <= smallest
    assert all(max(sides) > smallest for sides in shapes[:-1])
    for (height, width), below in zip(shapes[1:], shapes[:-1], strict=True):
        assert (height, width) == ((below[0] + 1) // 2, (below[1] + 1) // 2)

"""The worst local error: the difference of means over 5 x 5 pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import smalti
from smalti import _core, metrics
from smalti.exceptions import InvalidParameterError
from tests import reference
from tests.pictures import encoded, noise

GREY = np.full((9, 9, 3), 119, np.uint8)
RED = (255, 0, 0)

pairs = st.tuples(st.integers(1, 12), st.integers(1, 12), st.sampled_from([3, 4])).flatmap(
    lambda shape: st.tuples(hnp.arrays(np.uint8, shape), hnp.arrays(np.uint8, shape))
)


def distance(first, second):
    return 100 * np.linalg.norm(reference.oklab(first) - reference.oklab(second))


def with_patch(image, rows, columns, color):
    changed = image.copy()
    changed[rows, columns] = color
    return changed


def test_a_lost_patch_of_5_by_5_counts_in_full_at_its_middle():
    patched = with_patch(GREY, slice(1, 6), slice(3, 8), RED)
    error, place = _core.local_error(patched, GREY)
    assert error == pytest.approx(distance(RED, (119,) * 3))
    assert place == (5, 3)
    # OKLab of red is (0.62796, 0.22486, 0.12585), of this grey (0.5693, 0, 0).
    assert error == pytest.approx(100 * np.hypot(np.hypot(0.0587, 0.22486), 0.12585), abs=0.02)
    assert metrics.worst_local_error(patched, GREY) == error


@pytest.mark.parametrize(
    ("y", "x", "pixels", "place"),
    [
        (4, 4, 25, (2, 2)),  # the first window that holds it
        (0, 4, 15, (2, 0)),  # at a border windows are clipped: the pixel counts for more
        (0, 0, 9, (0, 0)),
        (8, 8, 9, (8, 8)),
    ],
)
def test_a_single_pixel_counts_for_its_share_of_the_window(y, x, pixels, place):
    changed = with_patch(GREY, y, x, RED)
    error, found = _core.local_error(GREY, changed)
    assert error == pytest.approx(distance(RED, (119,) * 3) / pixels)
    assert found == place


def test_dither_averages_out_and_a_shift_of_the_mean_does_not():
    # Light of equal halves: the checkerboard's mean in OKLab is the grey between its levels.
    y, x = np.indices((20, 20))
    board = np.where((x + y) % 2, 140, 110).astype(np.uint8)[..., np.newaxis].repeat(3, 2)
    flat = np.full_like(board, 125)
    assert distance((140,) * 3, (125,) * 3) > 5
    assert metrics.worst_local_error(flat, board) < 1
    assert metrics.worst_local_error(flat, np.full_like(board, 140)) > 5


@given(pairs)
def test_errors_agree_with_numpy(pair):
    expected = reference.local_errors(*pair)
    found = metrics.local_errors(*pair)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    error, (x, y) = _core.local_error(*pair)
    assert error == pytest.approx(expected.max(), rel=1e-9, abs=1e-9)
    assert expected[y, x] == pytest.approx(expected.max(), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("height", [63, 64, 65, 66, 131])
def test_strips_of_rows_leave_no_seams(height):
    pair = noise(height, 6), noise(height, 6, seed=1)
    expected = reference.local_errors(*pair)
    np.testing.assert_allclose(metrics.local_errors(*pair), expected, rtol=1e-5, atol=1e-5)
    error, (x, y) = _core.local_error(*pair)
    assert error == pytest.approx(expected.max(), rel=1e-9)
    assert (y, x) == np.unravel_index(expected.argmax(), expected.shape)


@given(pairs)
def test_equal_pictures_have_none_and_the_order_does_not_matter(pair):
    first, second = pair
    assert _core.local_error(first, first) == (0.0, (0, 0))
    assert _core.local_error(first, second) == _core.local_error(second, first)


def test_bit_depths_may_differ():
    image = noise(6, 7)
    assert metrics.worst_local_error(image.astype(np.uint16) * 257, image) == 0.0


def test_colours_are_premultiplied_and_alpha_counts():
    clear, hidden, half, solid = (
        np.array([[color]], np.uint8)
        for color in ((9, 9, 9, 0), (200, 0, 0, 0), (255, 255, 255, 51), (255, 255, 255, 255))
    )
    assert metrics.worst_local_error(clear, hidden) == 0.0
    # White's lightness and the alpha both differ by 80.
    assert metrics.worst_local_error(half, solid) == pytest.approx(80 * np.sqrt(2), rel=1e-6)


def test_the_map_is_black_where_pictures_agree_and_white_from_20_on():
    patched = with_patch(GREY, slice(0, 5), slice(0, 5), RED)
    drawn = metrics.difference_map(patched, GREY)
    errors = metrics.local_errors(patched, GREY)
    assert (drawn.dtype, drawn.shape) == (np.uint8, (9, 9, 3))
    assert drawn[2, 2].tolist() == [255, 255, 255]
    assert drawn[8, 8].tolist() == [0, 0, 0]
    expected = np.minimum(255, np.rint(errors.astype(float) * 255 / 20))
    assert np.abs(drawn[..., 0] - expected).max() <= 1
    assert (drawn == drawn[..., :1]).all()


def test_a_compressed_picture_draws_its_differences(photo):
    compressed = smalti.compress(photo, 4)
    drawn = compressed.difference_map()
    np.testing.assert_array_equal(drawn, metrics.difference_map(photo, compressed.reconstruct()))
    worst = compressed.report().worst_local_error
    assert worst == metrics.worst_local_error(photo, compressed.reconstruct())
    assert drawn.max() == min(255, round(worst * 255 / 20))


def test_a_loaded_picture_has_no_original_to_compare_with(photo):
    loaded = smalti.load(smalti.compress(photo, 4).to_bytes())
    with pytest.raises(InvalidParameterError, match="no original"):
        loaded.difference_map()


def test_files_are_compared_like_arrays(photo):
    assert metrics.worst_local_error(encoded(photo), photo) == 0.0

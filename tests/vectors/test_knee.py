import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smalti.vectors.knee import knee_position


@pytest.mark.parametrize(
    ("distortion", "position"),
    [
        # log2 is 6 3 2 1 0: 0.5 of the way down after a quarter of the way across.
        ([64.0, 8.0, 4.0, 2.0, 1.0], 1),
        # log2 is 8 5 2 1 0: 3/8 - 1/4, then 6/8 - 2/4.
        ([256.0, 32.0, 4.0, 2.0, 1.0], 2),
        # A straight line in log has none.
        ([16.0, 8.0, 4.0, 2.0, 1.0], None),
        # Neither has what falls faster and faster, such as a range that ends at the bend.
        ([16.0, 15.0, 12.0, 8.0, 1.0], None),
        # All of the way to nothing.
        ([9.0, 5.0, 0.0, 0.0, 0.0], 2),
        ([3.0, 3.0, 3.0, 3.0, 3.0], None),
        ([0.0, 0.0, 0.0, 0.0, 0.0], None),
    ],
)
def test_the_knee_is_farthest_below_the_chord(distortion, position):
    assert knee_position(np.arange(1, 6), np.array(distortion)) == position


def test_sizes_need_not_be_evenly_spaced():
    # log2 is 4 1 0: 3/4 down after 1/10 across, or after 9/10.
    distortion = np.array([16.0, 2.0, 1.0])
    assert knee_position(np.array([1, 2, 11]), distortion) == 1
    assert knee_position(np.array([1, 10, 11]), distortion) is None


@pytest.mark.parametrize("distortion", [[1.0], [4.0, 1.0], [4.0, 0.0]])
def test_fewer_than_three_sizes_have_no_knee(distortion):
    assert knee_position(np.arange(len(distortion)), np.array(distortion)) is None


@given(
    st.lists(st.floats(0.01, 100.0), min_size=1, max_size=12),
    st.sampled_from([1e-9, 1.0, 2.0**40]),
)
def test_the_unit_of_the_distortion_does_not_matter(falls, unit):
    # Steps of at least a hundredth: no curve is straight but for rounding.
    distortion = np.cumsum(np.array(falls)[::-1])[::-1]
    sizes = np.arange(len(falls))
    found = knee_position(sizes, distortion)
    levels = np.log(distortion)
    chord = levels[0] + (levels[-1] - levels[0]) * sizes / max(len(falls) - 1, 1)
    below = chord - levels
    for knee in (found, knee_position(sizes, distortion * unit)):
        # The ends are on the chord.
        depth = 0.0 if knee is None else below[knee]
        assert depth == pytest.approx(below.max(), abs=1e-9)

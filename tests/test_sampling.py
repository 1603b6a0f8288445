"""One point from each stratum."""

import numpy as np

from smalti.sampling import some_colors, stratified_positions, weighted_sample


def test_each_stratum_of_equal_length_gives_one_position():
    positions = stratified_positions(1000, 100)
    assert (positions // 10 == np.arange(100)).all()
    assert len(set((positions % 10).tolist())) == 10
    assert (stratified_positions(1000, 100) == positions).all()
    assert stratified_positions(7, 7).tolist() == list(range(7))


def test_each_stratum_of_equal_weight_gives_one_position():
    weights = np.array([1.0, 2.0, 1.0, 4.0, 0.5, 0.5, 1.0, 2.0])
    positions, stand_for = weighted_sample(weights, 3)
    # Strata end at 4, 8 and 12: the second lies in the heavy point alone.
    assert 3 in positions
    assert stand_for.sum() == weights.sum()
    assert set(stand_for.tolist()) <= {4.0, 8.0}


def test_a_point_that_is_drawn_several_times_stands_for_as_many_strata():
    positions, stand_for = weighted_sample(np.array([0.5, 9.0, 0.5]), 2)
    assert positions.tolist() == [1]
    assert stand_for.tolist() == [10.0]


def test_few_points_are_all_taken():
    weights = np.array([3.0, 1.0])
    positions, stand_for = weighted_sample(weights, 2)
    assert positions.tolist() == [0, 1]
    assert stand_for.tolist() == [3.0, 1.0]


def test_equal_weights_are_sampled_as_no_weights_are():
    positions, _ = weighted_sample(np.ones(5000), 300)
    assert positions.tolist() == stratified_positions(5000, 300).tolist()


def test_a_second_sample_goes_on_in_the_stream_of_the_first():
    weights = np.ones(5000)
    first, _ = weighted_sample(weights, 300, seed=5)
    second, _ = weighted_sample(weights, 300, seed=5, skipped=300)
    expected = np.random.default_rng(5).random(600)
    places = np.concatenate([np.arange(300), np.arange(300)]) + expected
    assert np.concatenate([first, second]).tolist() == (places * (5000 / 300)).astype(int).tolist()


def test_colors_are_those_of_the_pixels_that_take_part():
    pixels = np.arange(10 * 10 * 4, dtype=np.uint16).reshape(10, 10, 4)
    mask = np.zeros((10, 10), dtype=bool)
    mask[3:5] = True
    assert (some_colors(pixels, None, 100) == pixels.reshape(-1, 4)[:, :3]).all()
    assert (some_colors(pixels, mask, 20) == pixels[mask][:, :3]).all()
    few = some_colors(pixels, mask, 5)
    assert few.shape == (5, 3)
    assert np.isin(few[:, 0], pixels[mask][:, 0]).all()

from itertools import product

import numpy as np
import pytest
import scipy.sparse

from smalti.exceptions import InvalidParameterError
from smalti.sklearn import KMeans, MiniBatchKMeans

PAIRS = np.array([[12.0], [2.0], [0.0], [10.0]])
BOTH = pytest.mark.parametrize("cls", [KMeans, MiniBatchKMeans])


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"n_clusters": 0}, ["n_clusters", "got 0"]),
        ({"n_clusters": 2.5}, ["n_clusters", "got 2.5"]),
        ({"n_clusters": 5}, ["n_samples=4", "n_clusters=5"]),
        ({"init": "wu"}, ["init", "'wu'", "'k-means++', 'random'"]),
        ({"init": None}, ["init", "None", "array of shape (2, 1)"]),
        ({"init": 5}, ["init", "5", "callable"]),
        ({"init": [1.0, 2.0]}, ["init", "(2,)", "(2, 1)"]),
        ({"init": [["a"], ["b"]]}, ["init", "real numbers", "list"]),
        ({"init": [[0.0], [1.0, 2.0]]}, ["init", "real numbers", "list"]),
        ({"init": [[0.0]]}, ["init", "(1, 1)", "clusters 2"]),
        ({"init": [[0.0, 1.0], [2.0, 3.0]]}, ["init", "(2, 2)", "features of the data 1"]),
        ({"init": [[0.0], [float("nan")]]}, ["init[1, 0]", "finite", "nan"]),
        ({"init": [[0.0], [1e91]]}, ["init[1, 0]", "1e+90", "1e+91"]),
        ({"init": lambda *_, **_state: [[0.0]]}, ["init", "(1, 1)", "clusters 2"]),
        ({"n_init": "10"}, ["n_init", "'10'", "'auto' or a whole number of 1 or more"]),
        ({"n_init": 0}, ["n_init", "0", "'auto' or a whole number of 1 or more"]),
        ({"n_init": None}, ["n_init", "None"]),
        ({"max_iter": 0}, ["max_iter", "got 0"]),
        ({"tol": -1}, ["tol", "got -1"]),
        ({"tol": None}, ["tol", "None"]),
        ({"verbose": -1}, ["verbose", "-1", "0 or more"]),
        ({"verbose": "a"}, ["verbose", "'a'"]),
        ({"random_state": -1}, ["random_state", "to 4294967295", "got -1"]),
        ({"random_state": 2**32}, ["random_state", "got 4294967296"]),
        ({"random_state": 1.5}, ["random_state", "1.5", "RandomState"]),
        ({"random_state": "a"}, ["random_state", "'a'", "seed"]),
    ],
)
@BOTH
def test_parameters_outside_their_range_are_named(cls, parameters, words):
    with pytest.raises(InvalidParameterError) as caught:
        cls(**{"n_clusters": 2, **parameters}).fit(PAIRS)
    for word in words:
        assert word in str(caught.value)


def test_the_algorithm_is_one_of_two():
    with pytest.raises(InvalidParameterError, match=r"algorithm must be .* got 'hamerly'"):
        KMeans(2, algorithm="hamerly").fit(PAIRS)


@BOTH
@pytest.mark.parametrize("verbose", [False, np.False_, 0, np.int64(0)])
def test_verbose_takes_truth_values_and_numbers(cls, verbose, capsys):
    cls(2, verbose=verbose, random_state=np.int64(3)).fit(PAIRS)
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"reassignment_ratio": 5}, ["reassignment_ratio", "got 5"]),
        ({"random_state": -1}, ["random_state", "got -1"]),
        ({"init": None}, ["init", "None"]),
        ({"batch_size": 0}, ["batch_size", "got 0"]),
        ({"n_init": "10"}, ["n_init", "'10'"]),
    ],
)
def test_later_batches_find_wrong_parameters_too(parameters, words):
    kmeans = MiniBatchKMeans(2, random_state=0).partial_fit(PAIRS)
    centers = kmeans.cluster_centers_.copy()
    with pytest.raises(InvalidParameterError) as caught:
        kmeans.set_params(**parameters).partial_fit(PAIRS)
    for word in words:
        assert word in str(caught.value)
    # Nothing has been learned from that batch.
    kmeans.set_params(**MiniBatchKMeans(2, random_state=0).get_params())
    assert kmeans.n_steps_ == 1
    np.testing.assert_array_equal(kmeans.partial_fit(PAIRS).cluster_centers_, centers)


def test_one_start_from_given_centres_is_told_once_in_a_stream():
    kmeans = MiniBatchKMeans(2, init=[[0.0], [9.0]], n_init=3)
    with pytest.warns(RuntimeWarning, match="only one init in MiniBatchKMeans instead of n_init=3"):
        kmeans.partial_fit(PAIRS)
    kmeans.partial_fit(PAIRS)


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([1, 1], ["sample_weight", "(4,)", "(2,)"]),
        ([[1, 1, 1, 1]], ["sample_weight", "(4,)", "(1, 4)"]),
        ([1, 1, -0.5, 1], ["sample_weight[2]", "-0.5"]),
        # Without those of weight 0 it is the third.
        ([0, 1, 1, 1e-100], ["sample_weight[3]", "1e-90 to 1e+90", "1e-100"]),
        ([1, float("nan"), 1, 1], ["sample_weight", "NaN"]),
        ([0, 0, 0, 0], ["sample_weight", "zeros"]),
        ([1, 1e308, 1e308, 1], ["sample_weight[1]", "1e-90 to 1e+90", "1e+308"]),
        (-1.0, ["sample_weight", "got -1.0"]),
    ],
)
@BOTH
def test_weights_outside_their_range_are_named(cls, weights, words):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are looked for below
        cls(2).fit(PAIRS, sample_weight=weights)
    for word in words:
        assert word in str(caught.value)


@BOTH
@pytest.mark.parametrize("weight", [1e-90, 1e90])
def test_weights_at_their_bounds_are_taken(cls, weight):
    weights = [weight, weight, 0, weight]
    kmeans = cls(2, random_state=0).fit(PAIRS, sample_weight=weights)
    assert kmeans.inertia_ == pytest.approx(2 * weight, abs=0)
    assert kmeans.score(PAIRS, sample_weight=weights) == -kmeans.inertia_


@BOTH
def test_score_takes_the_weights_that_fit_takes(cls):
    kmeans = cls(2, random_state=0).fit(PAIRS)
    with pytest.raises(InvalidParameterError, match=r"sample_weight\[1\] .* got 1e\+300"):
        kmeans.score(PAIRS, sample_weight=[0, 1e300, 1, 1])


@pytest.mark.parametrize("container", [np.asarray, scipy.sparse.csr_array])
@pytest.mark.parametrize(
    ("cls", "method"),
    [
        *product([KMeans, MiniBatchKMeans], ["fit", "predict", "transform", "score"]),
        (MiniBatchKMeans, "partial_fit"),
    ],
)
def test_samples_too_large_to_be_squared_are_refused_alike(cls, container, method):
    kmeans = cls(2, random_state=0).fit(PAIRS.repeat(2, axis=1))
    large = container([[0.0, 1e90], [0.0, -2e90], [3.0, 1e160], [1.0, 0.0]])
    words = r"^X\[1, 1\] must be a finite number up to 1e\+90, got -2e\+90$"
    with pytest.raises(InvalidParameterError, match=words):
        getattr(kmeans, method)(large)


def test_positions_of_samples_are_those_before_weights_of_zero_are_left_out():
    with pytest.raises(InvalidParameterError, match=r"X\[2, 0\] .* got 1e\+100"):
        KMeans(1).fit([[0.0], [1.0], [1e100]], sample_weight=[0, 1, 1])

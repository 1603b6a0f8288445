"""What smalti.kmeans refuses: always with one sentence that names the argument and the value."""

import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import smalti
from smalti.exceptions import InvalidParameterError

POINTS = [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
NAN, INF = float("nan"), float("inf")


def _refused(points, k, options):
    with pytest.raises(InvalidParameterError) as caught:
        smalti.kmeans(points, k, **options)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ([[0.0, NAN]], ["points[0, 1]", "NaN"]),
        ([[0.0], [INF]], ["points[1, 0]", "inf"]),
        ([[0.0], [-INF]], ["points[1, 0]", "-inf"]),
        ([1.0, 2.0], ["points", "(2,)"]),
        (np.zeros((2, 2, 2)), ["points", "(2, 2, 2)"]),
        (3.0, ["points", "(n, D)"]),
        ([], ["points", "(0,)"]),
        (np.zeros((0, 3)), ["points", "empty"]),
        (np.zeros((3, 0)), ["points", "empty"]),
        ([[1.0], [2.0, 3.0]], ["points", "list"]),
        ([["a", "b"]], ["points", "list"]),
        ([[1j]], ["points", "list"]),
        ([[None]], ["points", "list"]),
        (np.zeros((2, 3), dtype=complex), ["points", "ndarray of dtype complex128"]),
        (np.zeros((2, 3), dtype="datetime64[s]"), ["points", "ndarray of dtype datetime64[s]"]),
        (np.array([["a", "b"]]), ["points", "ndarray of dtype <U1"]),
        (np.array([[1, "b"]], dtype=object), ["points", "dtype object", "holds str"]),
        (np.array([[1, None]], dtype=object), ["points", "dtype object", "holds NoneType"]),
        (np.array([[1j]], dtype=object), ["points", "dtype object", "holds complex"]),
        ([[10**400]], ["points", "list"]),
        ([[1e91, 0.0, 0.0]], ["points[0, 0]", "1e91"]),
        (None, ["points", "NoneType"]),
        ("points.csv", ["points", "str"]),
    ],
)
def test_points_must_be_finite_rows(points, words):
    message = _refused(points, 1, {})
    for word in words:
        assert word in message


def test_objects_that_are_real_numbers_are_numbers():
    points = np.array(
        [[1, 2.5], [True, Fraction(1, 2)], [np.float32(8), Decimal("0.25")]], dtype=object
    )
    result = smalti.kmeans(points, 2, sample_weight=np.array([1, 2, 3], dtype=object))
    expected = smalti.kmeans(points.astype(float), 2, sample_weight=[1, 2, 3])
    np.testing.assert_array_equal(result.centroids, expected.centroids)
    np.testing.assert_array_equal(result.labels, expected.labels)


def test_tables_are_named_with_what_they_hold():
    pandas = pytest.importorskip("pandas")
    table = pandas.DataFrame({"size": [1.0, 2.0, 9.0], "count": [1, 2, 3], "name": ["a", "b", "c"]})
    message = _refused(table, 2, {})
    assert "DataFrame of dtype object that holds str" in message
    numbers = table[["size", "count"]]
    mixed = smalti.kmeans(numbers.astype(object), 2)
    np.testing.assert_array_equal(mixed.centroids, smalti.kmeans(numbers, 2).centroids)


@pytest.mark.parametrize("k", [0, -1, 1.0, 2.5, "a", None, NAN, [2], -(2**70)])
def test_k_must_be_a_whole_number_of_at_least_1(k):
    message = _refused(POINTS, k, {})
    assert re.fullmatch(r"k must be (a whole number )?at least 1, got .*", message)
    assert message.endswith(f", got {k!r}")


@pytest.mark.parametrize("k", [4, 10**6, 2**64, 2**200])
def test_any_k_above_the_number_of_points_gives_all_points(k):
    assert sorted(smalti.kmeans(POINTS, k).centroids.tolist()) == POINTS


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([1, 0, 1], ["sample_weight[1] is 0.0,"]),
        ([1, 1, -2.5], ["sample_weight[2] is -2.5,"]),
        ([NAN, 1, 1], ["sample_weight[0]", "NaN"]),
        ([INF, 1, 1], ["sample_weight[0]", "inf"]),
        ([1, 1e300, 1], ["sample_weight[1] is 1e300,", "1e-90 to 1e90"]),
        ([1, 1], ["sample_weight", "(2,)", "(3,)"]),
        ([], ["sample_weight", "(0,)", "(3,)"]),
        ([1, 1j, 1], ["sample_weight", "list"]),
        ([[1, 1, 1]], ["sample_weight", "(1, 3)"]),
        (2.0, ["sample_weight", "(3,)"]),
        ("abc", ["sample_weight", "str"]),
        (["a", "b", "c"], ["sample_weight", "list"]),
    ],
)
def test_weights_must_be_positive_and_one_a_point(weights, words):
    message = _refused(POINTS, 2, {"sample_weight": weights})
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"init": "best"}, ["init", "'best'"]),
        ({"init": None}, ["init", "NoneType"]),
        ({"init": [[0.0, 1.0]]}, ["init", "(2, 2)", "(1, 2)"]),
        ({"init": [[0.0], [1.0]]}, ["init", "(2, 2)", "(2, 1)"]),
        ({"init": [[0.0, 1.0], [NAN, 1.0]]}, ["init[1, 0]", "NaN"]),
        ({"init": [[0.0, 1.0], [2.0, -INF]]}, ["init[1, 1]", "-inf"]),
        ({"init": np.zeros((2, 2, 1))}, ["init", "(2, 2, 1)"]),
        ({"init": np.zeros((2, 2), dtype=complex)}, ["init", "ndarray"]),
        ({"init": "wu"}, ["init", "'wu'", "3 or 4", "got 2"]),
        ({"n_init": 0}, ["n_init", "got 0"]),
        ({"n_init": 1.5}, ["n_init", "got 1.5"]),
        ({"max_iter": 0}, ["max_iter", "got 0"]),
        ({"max_iter": -3}, ["max_iter", "got -3"]),
        ({"max_iter": "a"}, ["max_iter", "'a'"]),
        ({"tol": -1e-9}, ["tol", "-1e-09"]),
        ({"tol": NAN}, ["tol", "nan"]),
        ({"tol": INF}, ["tol", "inf"]),
        ({"tol": "a"}, ["tol", "'a'"]),
        ({"tol": None}, ["tol", "None"]),
        ({"seed": -1}, ["seed", "got -1"]),
        ({"seed": 2**64}, ["seed", str(2**64)]),
        ({"seed": None}, ["seed", "None"]),
    ],
)
def test_options_outside_their_range_are_named(options, words):
    message = _refused(POINTS, 2, options)
    for word in words:
        assert word in message


def test_a_huge_number_of_iterations_is_just_a_bound():
    assert smalti.kmeans(POINTS, 1, max_iter=2**64).n_iter == 1


def test_more_given_centroids_than_distinct_points_leave_the_distinct_points():
    result = smalti.kmeans([[1.0], [1.0], [3.0]], 3, init=[[0.0], [2.0], [4.0]])
    assert sorted(result.centroids.ravel().tolist()) == [1.0, 3.0]
    assert result.inertia == 0.0


def test_more_given_centroids_than_points_leave_the_points():
    result = smalti.kmeans([[1.0], [3.0]], 3, init=[[0.0], [2.0], [4.0]])
    assert sorted(result.centroids.ravel().tolist()) == [1.0, 3.0]


def test_values_too_large_to_square_are_refused_or_clustered():
    # Squared distances of 4e400 are beyond float64.
    points = [[1e200], [1.01e200], [-1e200], [-1.01e200]]
    try:
        result = smalti.kmeans(points, 2)
    except InvalidParameterError as error:
        assert "points" in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert len(set(result.labels[:2].tolist())) == 1
        assert result.labels[0] != result.labels[2]
        assert np.isfinite(result.inertia)


def test_weights_too_large_to_add_are_refused_or_clustered():
    try:
        result = smalti.kmeans([[1.0], [2.0], [9.0]], 2, sample_weight=[1e308] * 3)
    except InvalidParameterError as error:
        assert "sample_weight" in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert np.isfinite(result.centroids).all()
        assert result.labels[0] == result.labels[1] != result.labels[2]


@pytest.mark.parametrize(("other", "ours"), [("n_clusters", "k"), ("random_state", "seed")])
def test_names_of_scikit_learn_are_told_apart(other, ours):
    sentence = f"kmeans has no argument {other}: here it is called {ours}"
    for arguments in ([[[0.0], [1.0]]], [[[0.0], [1.0]], 2]):
        with pytest.raises(InvalidParameterError, match=f"^{sentence}$"):
            smalti.kmeans(*arguments, **{other: 2})


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_points_that_are_not_aligned_are_clustered(dtype):
    points = np.arange(12, dtype=dtype).reshape(4, 3)
    shifted = np.frombuffer(b"-" + points.tobytes(), dtype, offset=1).reshape(4, 3)
    assert not shifted.flags.aligned
    assert smalti.kmeans(shifted, 2) == smalti.kmeans(points, 2)
    np.testing.assert_array_equal(smalti.Codebook(points).encode(shifted), [0, 1, 2, 3])

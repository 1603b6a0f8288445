import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import smalti
from tests import reference

# Whole numbers: many ties and repeats.
grid_points = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 40), st.integers(1, 4)),
    elements=st.integers(-9, 9).map(float),
)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("n", "dim", "k"), [(300, 5, 9), (2000, 20, 40), (900, 130, 30), (3000, 41, 200)]
)
def test_many_dimensions_agree_with_the_numpy_reference(n, dim, k, dtype):
    # Noise, and groups far from the origin; one of each group to begin with leaves none empty.
    random = np.random.default_rng(n)
    noise = random.normal(size=(n, dim))
    groups = 2 * random.normal(size=(k, dim))[np.arange(n) % k] + random.normal(size=(n, dim))
    for points in (noise.astype(dtype), (groups + 500).astype(dtype)):
        start = points[:k]
        centroids, labels, history = reference.lloyd(points.astype(np.float64), start)
        result = smalti.kmeans(points, k, init=start)
        np.testing.assert_array_equal(result.labels, labels)
        np.testing.assert_allclose(result.centroids, centroids, rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(result.history, history, rtol=1e-11)


def test_as_many_centroids_as_are_allowed():
    points = np.random.default_rng(8).normal(size=(70_000, 6)).astype(np.float32)
    result = smalti.kmeans(points, 65_536, init="random", max_iter=1)
    assert result.labels.dtype == np.uint16
    assert result.centroids.shape == (65_536, 6)
    for i in range(0, 70_000, 5000):
        distances = ((result.centroids - points[i]) ** 2).sum(axis=1)
        assert distances[result.labels[i]] == pytest.approx(distances.min(), rel=1e-12)


@pytest.mark.parametrize(("n", "dim", "k"), [(50, 1, 3), (400, 2, 7), (600, 3, 16), (200, 11, 5)])
def test_lloyd_agrees_with_the_numpy_reference(n, dim, k):
    random = np.random.default_rng(n + dim)
    points = random.normal(size=(n, dim))
    start = points[random.choice(n, k, replace=False)]
    centroids, labels, history = reference.lloyd(points, start)
    result = smalti.kmeans(points, k, init=start)
    np.testing.assert_array_equal(result.labels, labels)
    np.testing.assert_allclose(result.centroids, centroids, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(result.history, history, rtol=1e-12)
    assert result.inertia == result.history[-1]
    assert result.n_iter == len(history)


def test_each_iteration_agrees_with_the_numpy_reference():
    random = np.random.default_rng(5)
    points = random.normal(size=(300, 3))
    for max_iter in (1, 2, 3):
        centroids, labels, _ = reference.lloyd(points, points[:6], max_iter)
        result = smalti.kmeans(points, 6, init=points[:6], max_iter=max_iter)
        np.testing.assert_allclose(result.centroids, centroids, rtol=1e-12, atol=1e-12)
        np.testing.assert_array_equal(result.labels, labels)
        assert result.n_iter == max_iter


def test_two_pairs_on_a_line_end_at_their_means():
    result = smalti.kmeans([[0.0], [2.0], [10.0], [12.0]], 2, init=[[0.0], [2.0]])
    assert result.centroids.tolist() == [[1.0], [11.0]]
    assert result.labels.tolist() == [0, 0, 1, 1]
    assert result.labels.dtype == np.uint8
    assert result.inertia == 4.0


@given(grid_points, st.integers(1, 8), st.integers(0, 3), st.sampled_from(["k-means++", "random"]))
def test_the_result_is_a_fixed_point(points, k, seed, init):
    result = smalti.kmeans(points, k, seed=seed, init=init)
    distances = reference.squared_distances(points, result.centroids)
    own = distances[np.arange(len(points)), result.labels]
    np.testing.assert_allclose(own, distances.min(axis=1), atol=1e-9)
    assert result.inertia == pytest.approx(own.sum(), abs=1e-9)
    for label, centroid in enumerate(result.centroids):
        members = points[result.labels == label]
        np.testing.assert_allclose(centroid, members.mean(axis=0), atol=1e-9)


@given(grid_points, st.integers(1, 8), st.data())
def test_inertia_never_rises(points, k, data):
    k = min(k, len(np.unique(points, axis=0)))
    shape = (k, points.shape[1])
    start = data.draw(hnp.arrays(np.float64, shape, elements=st.integers(-30, 30).map(float)))
    history = smalti.kmeans(points, k, init=start).history
    # The last digit may differ where the sums are rounded.
    assert (np.diff(history) <= 1e-12 * history[0]).all()


@given(grid_points, st.integers(1, 6), st.data())
def test_weights_equal_repeats(points, k, data):
    repeats = data.draw(hnp.arrays(np.int64, len(points), elements=st.integers(1, 4)))
    weighted = smalti.kmeans(points, k, sample_weight=repeats)
    repeated = smalti.kmeans(points.repeat(repeats, axis=0), k)
    np.testing.assert_array_equal(weighted.centroids, repeated.centroids)
    np.testing.assert_array_equal(weighted.labels.repeat(repeats), repeated.labels)
    assert weighted.inertia == repeated.inertia


@given(grid_points, st.integers(1, 6), st.data())
def test_the_order_of_points_does_not_matter(points, k, data):
    order = np.array(data.draw(st.permutations(range(len(points)))))
    straight, shuffled = smalti.kmeans(points, k), smalti.kmeans(points[order], k)
    np.testing.assert_array_equal(straight.centroids, shuffled.centroids)
    np.testing.assert_array_equal(straight.labels[order], shuffled.labels)
    assert straight.inertia == shuffled.inertia


@given(grid_points, st.integers(0, 5), st.sampled_from(["k-means++", "random"]))
def test_enough_centroids_are_the_distinct_points(points, more, init):
    distinct = np.unique(points, axis=0)
    result = smalti.kmeans(points, len(distinct) + more, init=init)
    assert result.inertia == 0.0
    np.testing.assert_array_equal(np.unique(result.centroids, axis=0), distinct)
    np.testing.assert_array_equal(result.centroids[result.labels], points)


def test_empty_clusters_are_refilled():
    points = [[0.0], [1.0], [10.0], [11.0]]
    result = smalti.kmeans(points, 3, init=[[5.0], [1000.0], [2000.0]])
    assert np.bincount(result.labels, minlength=3).min() == 1
    assert result.inertia == 0.5


def test_tolerance_ends_earlier():
    points = np.random.default_rng(0).normal(size=(2000, 2))
    exact = smalti.kmeans(points, 20)
    rough = smalti.kmeans(points, 20, tol=1e-2)
    assert rough.n_iter < exact.n_iter
    np.testing.assert_array_equal(rough.history, exact.history[: rough.n_iter])


def test_more_starts_are_never_worse():
    points = np.random.default_rng(0).normal(size=(200, 2))
    inertia = [smalti.kmeans(points, 9, init="random", n_init=n).inertia for n in (1, 3, 10)]
    assert inertia == sorted(inertia, reverse=True)
    assert inertia[0] > inertia[-1]


def test_equal_seeds_give_equal_results_and_others_differ():
    points = np.random.default_rng(0).normal(size=(500, 3))
    first, again = smalti.kmeans(points, 8, seed=1), smalti.kmeans(points, 8, seed=1)
    np.testing.assert_array_equal(first.centroids, again.centroids)
    other = smalti.kmeans(points, 8, seed=2**64 - 1)
    assert not np.array_equal(first.centroids, other.centroids)


@pytest.mark.parametrize("k", [256, 257])
def test_labels_have_the_smallest_type(k):
    result = smalti.kmeans(np.arange(400.0)[:, np.newaxis], k, max_iter=2)
    assert result.labels.dtype == (np.uint8 if k == 256 else np.uint16)
    assert result.labels.max() == k - 1


@pytest.mark.parametrize(
    "convert",
    [
        lambda points: points.astype(np.float32),
        lambda points: points.astype(np.int8),
        lambda points: points.astype(">f8"),
        lambda points: points.tolist(),
        np.asfortranarray,
        lambda points: points.repeat(2, axis=0)[::2],
        lambda points: points[:, ::-1][:, ::-1],
    ],
    ids=["float32", "int8", "big-endian", "list", "columns first", "stride", "negative strides"],
)
def test_any_layout_and_type_gives_the_same_result(convert):
    points = np.random.default_rng(2).integers(-50, 50, (200, 3)).astype(np.float64)
    expected = smalti.kmeans(points, 5)
    result = smalti.kmeans(convert(points), 5)
    np.testing.assert_array_equal(result.centroids, expected.centroids)
    np.testing.assert_array_equal(result.labels, expected.labels)


def test_negative_zero_is_zero():
    assert smalti.kmeans([[0.0], [-0.0], [1.0]], 3).centroids.tolist() == [[0.0], [1.0]]


def test_the_points_given_are_left_alone():
    points = np.random.default_rng(2).normal(size=(20, 2))
    before = points.copy()
    smalti.kmeans(points, 3, init=points[:3])
    np.testing.assert_array_equal(points, before)


def test_a_result_prints_in_one_line():
    result = smalti.kmeans([[0.0], [2.0], [10.0], [12.0]], k=2)
    assert repr(result) == (
        "<KMeansResult of 2 centroids, 1 coordinate: inertia 4 after 1 iteration, ended by labels>"
    )

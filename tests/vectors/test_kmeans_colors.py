"""K-Means on colours: points of 3 or 4 coordinates, from 256 on searched in blocks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smalti
from tests import reference

# What the points of a cloud look like; the last two are hard on float64.
KINDS = {
    "normal": lambda random, shape: random.normal(size=shape),
    "8 bits": lambda random, shape: random.integers(0, 256, shape).astype(float),
    "grid": lambda random, shape: random.integers(-4, 5, shape).astype(float),
    "tiny": lambda random, shape: 1e-100 * random.normal(size=shape),
    "huge": lambda random, shape: 1e80 * random.normal(size=shape),
    "two heaps": lambda random, shape: (
        1e-3 * random.normal(size=shape) + 1e3 * random.integers(0, 2, (shape[0], 1))
    ),
    "far": lambda random, shape: 1e9 + random.normal(size=shape),
}

INITS = st.sampled_from(["k-means++", "random", "wu"])
SEEDS = st.integers(0, 2**32)


@st.composite
def clouds(draw, kinds=tuple(KINDS)):
    """Points around and above the number from which on they are searched in blocks."""
    shape = (draw(st.sampled_from([255, 256, 257, 700, 1500])), draw(st.sampled_from([3, 4])))
    return KINDS[draw(st.sampled_from(kinds))](np.random.default_rng(draw(SEEDS)), shape)


def _own_distances(points, result):
    distances = reference.squared_distances(points, result.centroids)
    return distances[np.arange(len(points)), result.labels], distances


@given(clouds(), st.integers(1, 40), INITS, SEEDS)
def test_the_order_of_points_does_not_matter(points, k, init, seed):
    points = points[np.random.default_rng(seed).integers(0, len(points), 2 * len(points))]
    order = np.random.default_rng(seed).permutation(len(points))
    straight = smalti.kmeans(points, k, init=init, seed=seed)
    shuffled = smalti.kmeans(points[order], k, init=init, seed=seed)
    np.testing.assert_array_equal(straight.centroids, shuffled.centroids)
    np.testing.assert_array_equal(straight.labels[order], shuffled.labels)
    np.testing.assert_array_equal(straight.history, shuffled.history)


@given(clouds(), st.integers(1, 40), INITS, SEEDS)
def test_weights_equal_repeats(points, k, init, seed):
    repeats = np.random.default_rng(seed).integers(1, 5, len(points))
    weighted = smalti.kmeans(points, k, init=init, sample_weight=repeats)
    repeated = smalti.kmeans(points.repeat(repeats, axis=0), k, init=init)
    np.testing.assert_array_equal(weighted.centroids, repeated.centroids)
    np.testing.assert_array_equal(weighted.labels.repeat(repeats), repeated.labels)
    np.testing.assert_array_equal(weighted.history, repeated.history)


def _assert_fixed_point(points, weights, result):
    """Every centroid is the mean of its members, and every label that of the nearest."""
    ulp, spread = np.spacing(np.abs(points).max()), np.ptp(points, axis=0).max()
    own, distances = _own_distances(points, result)
    assert (own <= distances.min(axis=1) + 16 * spread * ulp).all()
    assert result.inertia == pytest.approx((weights * own).sum(), rel=1e-9 + 64 * ulp / spread)
    origin = points.mean(axis=0)
    for label, centroid in enumerate(result.centroids):
        of_label = result.labels == label
        mean = np.average(points[of_label] - origin, axis=0, weights=weights[of_label])
        np.testing.assert_allclose(centroid - origin, mean, rtol=0, atol=1e-10 * spread + 4 * ulp)


@given(clouds(), st.integers(1, 40), INITS, SEEDS)
def test_a_fixed_point_is_reached_and_inertia_never_rises(points, k, init, seed):
    weights = np.random.default_rng(seed).uniform(0.1, 9.0, len(points))
    result = smalti.kmeans(points, k, init=init, sample_weight=weights, max_iter=1000, seed=seed)
    assert result.n_iter < 1000
    assert (np.diff(result.history) <= 0).all()
    assert len(result.centroids) == k
    _assert_fixed_point(points, weights, result)


@given(clouds(), st.integers(1, 40), SEEDS)
def test_a_fixed_point_is_reached_from_anywhere(points, k, seed):
    # Some centroids start inside the cloud, others so far away that they are without members.
    random = np.random.default_rng(seed)
    start = points.mean(axis=0) + 3 * np.ptp(points, axis=0) * random.normal(size=(k, 1))
    result = smalti.kmeans(points, k, init=start, max_iter=1000)
    assert (np.diff(result.history) <= 0).all()
    _assert_fixed_point(points, np.ones(len(points)), result)


@given(clouds(kinds=["normal", "8 bits", "grid", "tiny", "huge"]), st.integers(1, 40), INITS)
def test_labels_are_those_of_comparing_everything_bit_for_bit(points, k, init):
    for max_iter in (1, 300):
        result = smalti.kmeans(points, k, init=init, max_iter=max_iter)
        own, distances = _own_distances(points, result)
        # NumPy's argmin is the lowest of those that tie.
        np.testing.assert_array_equal(result.labels, distances.argmin(axis=1))
        assert result.inertia == pytest.approx(own.sum(), rel=1e-12)


# Points at x = -3 that count twice, at 0 and at 2. From -2 and 2, those at 0 are as near to one
# centroid as to the other; whose they become decides what the means are.
@pytest.mark.parametrize(
    ("start", "labels", "means"), [((-2, 2), [0, 0, 1], (-2, 2)), ((2, -2), [1, 0, 0], (1, -3))]
)
@pytest.mark.parametrize("side", [2, 10])
def test_ties_go_to_the_lowest(side, start, labels, means):
    y, z = np.meshgrid(np.arange(side), np.arange(side))
    squares = [np.stack([np.full(y.size, x), y.ravel(), z.ravel()], axis=1) for x in (-3, 0, 2)]
    middle = (side - 1) / 2
    result = smalti.kmeans(
        np.concatenate(squares),
        2,
        init=[[x, middle, middle] for x in start],
        sample_weight=np.repeat([2, 1, 1], side * side),
    )
    assert result.labels.tolist() == np.repeat(labels, side * side).tolist()
    assert result.centroids.tolist() == [[x, middle, middle] for x in means]


@pytest.mark.parametrize(
    ("n", "dim", "k"), [(255, 3, 5), (256, 3, 5), (300, 4, 20), (1000, 3, 64), (2500, 4, 64)]
)
@pytest.mark.parametrize("kind", ["normal", "8 bits", "tiny", "huge"])
def test_lloyd_agrees_with_the_numpy_reference(kind, n, dim, k):
    random = np.random.default_rng(n)
    points = KINDS[kind](random, (n, dim))
    start = points[random.choice(n, k, replace=False)]
    for max_iter in (1, 2, 300):
        centroids, labels, history = reference.lloyd(points, start, max_iter)
        result = smalti.kmeans(points, k, init=start, max_iter=max_iter)
        np.testing.assert_array_equal(result.labels, labels)
        np.testing.assert_allclose(
            result.centroids, centroids, rtol=1e-12, atol=1e-13 * np.abs(points).max()
        )
        np.testing.assert_allclose(result.history, history, rtol=1e-12)


@pytest.mark.parametrize("offset", [2.0**30, -(2.0**40)])
@pytest.mark.parametrize("dim", [3, 4])
def test_points_far_away_are_clustered_as_near_ones(offset, dim):
    # Multiples of 2^-8 are exact both near 0 and near the offset.
    random = np.random.default_rng(dim)
    points = np.rint(256 * random.normal(size=(800, dim))) / 256
    start = points[random.choice(len(points), 12, replace=False)]
    centroids, labels, history = reference.lloyd(points, start)
    result = smalti.kmeans(points + offset, 12, init=start + offset)
    np.testing.assert_array_equal(result.labels, labels)
    np.testing.assert_allclose(result.centroids - offset, centroids, atol=np.spacing(abs(offset)))
    np.testing.assert_allclose(result.history, history, rtol=1e-9)


@pytest.mark.parametrize("init", ["k-means++", "random", "wu", "given"])
@pytest.mark.parametrize("exponent", [-450, -60, 60, 290])
def test_the_unit_does_not_matter(init, exponent):
    # Multiplying by a power of two rounds nothing.
    points = np.random.default_rng(4).normal(size=(600, 3))
    start = points[:20]
    one = smalti.kmeans(points, 20, init=start if init == "given" else init)
    points, start = points * 2.0**exponent, start * 2.0**exponent
    other = smalti.kmeans(points, 20, init=start if init == "given" else init)
    np.testing.assert_array_equal(other.labels, one.labels)
    np.testing.assert_array_equal(other.centroids, one.centroids * 2.0**exponent)
    np.testing.assert_array_equal(other.history, one.history * 2.0 ** (2 * exponent))


@given(clouds(kinds=["normal", "8 bits", "tiny", "huge"]), st.integers(1, 40), SEEDS)
def test_coordinates_that_are_all_equal_change_nothing(points, k, seed):
    # More than 4 coordinates are compared one by one.
    start = points[np.random.default_rng(seed).choice(len(points), k, replace=False)]
    k = len(np.unique(start, axis=0))
    start = np.unique(start, axis=0)
    few = smalti.kmeans(points, k, init=start)
    flat = np.full((len(points), 3), points[0, 0])
    many = smalti.kmeans(np.hstack([points, flat]), k, init=np.hstack([start, flat[:k]]))
    np.testing.assert_array_equal(few.labels, many.labels)
    np.testing.assert_allclose(few.history, many.history, rtol=1e-12)


@given(clouds(kinds=["8 bits"]), st.integers(1, 40), INITS)
def test_bytes_are_clustered_as_numbers(points, k, init):
    numbers, stored = (
        smalti.kmeans(values, k, init=init) for values in (points, points.astype(np.uint8))
    )
    np.testing.assert_array_equal(stored.labels, numbers.labels)
    np.testing.assert_array_equal(stored.centroids, numbers.centroids)
    np.testing.assert_array_equal(stored.history, numbers.history)


@pytest.mark.parametrize(("n", "dim"), [(255, 1), (300, 1), (5000, 1), (70_000, 2), (65_535, 2)])
@pytest.mark.parametrize("init", ["k-means++", "random"])
def test_few_bytes_are_counted_and_clustered_as_numbers(n, dim, init):
    stored = np.random.default_rng(n).integers(0, 256, (n, dim), dtype=np.uint8)
    stored[stored > 200] = 7
    counted = smalti.kmeans(stored, 5, init=init, seed=3)
    numbers = smalti.kmeans(stored.astype(np.float64), 5, init=init, seed=3)
    np.testing.assert_array_equal(counted.labels, numbers.labels)
    np.testing.assert_array_equal(counted.centroids, numbers.centroids)
    np.testing.assert_array_equal(counted.history, numbers.history)
    assert counted.labels.dtype == np.uint8


@pytest.mark.parametrize("dim", [3, 4])
def test_any_layout_of_weights_and_start_gives_the_same_result(dim):
    random = np.random.default_rng(2)
    points, weights = random.normal(size=(500, dim)), random.integers(1, 9, 500)
    start = points[:7]
    expected = smalti.kmeans(points, 7, init=start, sample_weight=weights)
    for result in (
        smalti.kmeans(
            np.asfortranarray(points),
            7,
            init=np.asfortranarray(start),
            sample_weight=weights.repeat(3)[::3],
        ),
        smalti.kmeans(
            points[::-1].copy()[::-1],
            7,
            init=start[:, ::-1].copy()[:, ::-1],
            sample_weight=weights[::-1].copy()[::-1].astype(">u2"),
        ),
    ):
        np.testing.assert_array_equal(result.labels, expected.labels)
        np.testing.assert_array_equal(result.centroids, expected.centroids)


def test_wu_splits_where_the_variance_falls_most():
    # Heaps around 0, 100 and 1000 on a diagonal: each is a cluster from the start.
    random = np.random.default_rng(0)
    middles = np.repeat([0.0, 100.0, 1000.0], 100)
    points = middles[:, np.newaxis] + random.normal(size=(300, 3))
    result = smalti.kmeans(points, 3, init="wu", seed=1)
    assert result.n_iter == 1
    order = result.centroids[:, 0].argsort()
    expected = points.reshape(3, 100, 3).mean(axis=1)
    np.testing.assert_allclose(result.centroids[order], expected, rtol=1e-12, atol=1e-12)
    again = smalti.kmeans(points, 3, init="wu", seed=2, n_init=5)
    np.testing.assert_array_equal(again.centroids, result.centroids)


@pytest.mark.parametrize("dim", [3, 4])
def test_as_many_centroids_as_distinct_points_are_the_points(dim):
    points = np.random.default_rng(0).integers(0, 9, (900, dim)).astype(float)
    distinct = np.unique(points, axis=0)
    for k in (len(distinct), len(distinct) + 1, 2**40):
        result = smalti.kmeans(points, k, init="wu")
        assert result.inertia == 0.0
        np.testing.assert_array_equal(np.unique(result.centroids, axis=0), distinct)
        np.testing.assert_array_equal(result.centroids[result.labels], points)


def test_one_centroid_less_than_points_merges_the_closest_pair():
    # A grid of step 60 and one more point at distance 2 from the one in the middle.
    grid = np.stack(np.meshgrid(*[60.0 * np.arange(7)] * 3), axis=-1).reshape(-1, 3)
    points = np.vstack([grid, [182.0, 180.0, 180.0]])
    result = smalti.kmeans(points, len(grid), init="wu")
    assert result.inertia == 2.0
    assert [181.0, 180.0, 180.0] in result.centroids.tolist()


def test_neighbouring_numbers_are_told_apart_or_kept_together():
    # Four points one or two units in the last place from each other, and one far away.
    steps = np.array([[0, 0, -2], [1, 0, -1], [2, 0, 0], [2, 1, -2]])
    corner = np.array([5.0, 1.0, -14.0])
    points = np.vstack([corner + steps * np.spacing(np.abs(corner)), np.zeros(3)])
    result = smalti.kmeans(points, 4, init="wu")
    assert np.isfinite(result.centroids).all()
    assert len(np.unique(result.labels)) == len(result.centroids)

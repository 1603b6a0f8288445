import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smalti.exceptions import InvalidParameterError
from smalti.vectors.mini_batch import OnlineKMeans
from tests import reference

NAN = float("nan")
SEEDS = st.integers(0, 2**32 - 1)


def _reference_update(centroids, counts, points, weights):
    """Sculley's algorithm point by point; all points of a batch are assigned first."""
    distances = reference.squared_distances(points, centroids)
    labels = distances.argmin(axis=1)
    centroids, counts = centroids.copy(), counts.copy()
    for point, weight, label in zip(points, weights, labels, strict=True):
        if weight > 0:
            counts[label] += weight
            rate = weight / counts[label]
            centroids[label] = (1 - rate) * centroids[label] + rate * point
    return centroids, counts, (weights * distances.min(axis=1)).sum()


def test_centroids_are_the_means_of_what_joined_them():
    online = OnlineKMeans([[0.0, 0.0], [10.0, 0.0], [99.0, 99.0]])
    # Squared distances 1, 9 and 4; the first two join the first centroid.
    assert online.update([[1.0, 0.0], [0.0, 3.0], [10.0, 2.0]]) == 14.0
    assert online.centroids.tolist() == [[0.5, 1.5], [10.0, 2.0], [99.0, 99.0]]
    assert online.counts.tolist() == [2.0, 1.0, 0.0]
    # A third point of weight 2 moves a mean of two half of the way.
    assert online.update([[2.5, 1.5]], sample_weight=[2]) == 8.0
    assert online.centroids[0].tolist() == [1.5, 1.5]
    assert online.counts.tolist() == [4.0, 1.0, 0.0]


def test_the_start_itself_counts_for_nothing():
    online = OnlineKMeans([[7.0]])
    online.update([[1.0]])
    assert online.centroids.tolist() == [[1.0]]


@given(SEEDS, st.integers(1, 9), st.integers(1, 6))
def test_updates_agree_with_the_numpy_reference(seed, k, dim):
    random = np.random.default_rng(seed)
    online = OnlineKMeans(random.normal(size=(k, dim)))
    centroids, counts = online.centroids.copy(), online.counts.copy()
    for _ in range(4):
        points = random.normal(size=(random.integers(1, 40), dim))
        weights = random.integers(0, 4, len(points)) / 2
        centroids, counts, inertia = _reference_update(centroids, counts, points, weights)
        assert online.update(points, weights) == pytest.approx(inertia, rel=1e-12)
        np.testing.assert_allclose(online.centroids, centroids, rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(online.counts, counts)


@given(SEEDS)
def test_weights_equal_repeats(seed):
    random = np.random.default_rng(seed)
    points, start = random.normal(size=(30, 3)), random.normal(size=(4, 3))
    repeats = random.integers(0, 4, len(points))
    weighted, repeated = OnlineKMeans(start), OnlineKMeans(start)
    weighted.update(points, repeats)
    repeated.update(points.repeat(repeats, axis=0))
    np.testing.assert_allclose(weighted.centroids, repeated.centroids, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(weighted.counts, repeated.counts)


def test_points_far_from_zero_keep_their_digits():
    # The offset is a power of two and the points are multiples of 2^-8, so all are exact.
    random = np.random.default_rng(0)
    points = np.rint(256 * random.normal(size=(100, 2))) / 256
    near, far = OnlineKMeans(points[:3]), OnlineKMeans(points[:3] + 2.0**30)
    for batch in np.split(points, 5):
        inertia = near.update(batch)
        assert far.update(batch + 2.0**30) == pytest.approx(inertia, rel=1e-6)
    np.testing.assert_allclose(far.centroids - 2.0**30, near.centroids, atol=1e-6)


def test_the_start_is_not_written_to():
    start = np.zeros((1, 2))
    OnlineKMeans(start).update([[1.0, 1.0]])
    assert start.tolist() == [[0.0, 0.0]]


def test_rare_centroids_move_to_points_of_the_batch():
    online = OnlineKMeans([[0.0], [100.0], [200.0]])
    batch = np.array([[1.0], [2.0], [3.0], [101.0]])
    online.update(batch)
    assert online.counts.tolist() == [3.0, 1.0, 0.0]
    # Below a third of 3 is only the centroid that nothing joined.
    assert online.reassign(batch, 1 / 3, np.random.default_rng(0)) == 1
    assert online.centroids[:2].tolist() == [[2.0], [101.0]]
    assert online.centroids[2] in batch
    assert online.counts.tolist() == [3.0, 1.0, 1.0]


def test_at_most_one_centroid_moves_for_every_two_points_and_the_rarest_go_first():
    online = OnlineKMeans([[0.0], [100.0], [200.0], [300.0]])
    online.update([[0.0]] * 9 + [[300.0]])
    batch = np.array([[40.0], [50.0], [60.0]])
    assert online.reassign(batch, 0.9, np.random.default_rng(0)) == 1
    assert online.centroids[[0, 2, 3]].tolist() == [[0.0], [200.0], [300.0]]
    assert online.centroids[1] in batch
    # The lowest count of the others is that of the third, 0.
    assert online.counts.tolist() == [9.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize("random", [np.random.default_rng(3), np.random.RandomState(3)])
def test_points_are_drawn_uniformly_and_never_twice(random):
    batch = np.arange(6.0)[:, np.newaxis]
    drawn = []
    for _ in range(300):
        online = OnlineKMeans([[0.0], [1e6], [2e6], [3e6]])
        online.update(batch)
        assert online.reassign(batch, 0.5, random) == 3
        moved = online.centroids[1:].ravel().tolist()
        assert len(set(moved)) == 3
        drawn += moved
    # 900 draws of 6 points: 150 each, standard deviation 9.
    counts = np.bincount(np.array(drawn, dtype=int), minlength=6)
    assert counts.min() > 105
    assert counts.max() < 195


@pytest.mark.parametrize("ratio", [0.0, 0.01])
def test_nothing_moves_or_is_drawn_when_no_centroid_is_rare(ratio):
    online, random = OnlineKMeans([[0.0], [9.0]]), np.random.default_rng(0)
    batch = np.array([[1.0], [8.0]])
    online.update(batch)
    assert online.reassign(batch, ratio, random) == 0
    assert online.centroids.tolist() == batch.tolist()
    assert random.random() == np.random.default_rng(0).random()


@pytest.mark.parametrize(
    ("centroids", "words"),
    [
        ([1.0], ["centroids", "(1,)"]),
        (np.zeros((0, 2)), ["centroids", "(0, 2)"]),
        (np.zeros((2, 0)), ["centroids", "(2, 0)"]),
        ([[NAN, 1.0]], ["centroids", "NaN"]),
        ([["a"]], ["centroids", "list"]),
    ],
)
def test_centroids_must_be_a_finite_table(centroids, words):
    with pytest.raises(InvalidParameterError) as caught:
        OnlineKMeans(centroids)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("x", "weights", "words"),
    [
        ([1.0], None, ["x", "(1,)"]),
        ([[1.0]], None, ["x", "(n, 2)", "(1, 1)"]),
        ([[1.0, NAN]], None, ["x[0, 1]", "NaN"]),
        ([["a", "b"]], None, ["x", "list"]),
        ([[1.0, 2.0]], [1, 1], ["sample_weight", "(1,)", "(2,)"]),
        ([[1.0, 2.0]], 1.0, ["sample_weight", "got ()"]),
        ([[1.0, 2.0]], ["a"], ["sample_weight", "real numbers", "list"]),
        ([[1.0, 2.0], [3.0, 4.0]], [1.0, -2.0], ["sample_weight[1]", "got -2.0"]),
        ([[1.0, 2.0]], [NAN], ["sample_weight", "nan"]),
        ([[1.0, 2.0]], [float("inf")], ["sample_weight", "inf"]),
    ],
)
def test_bad_batches_are_named_and_change_nothing(x, weights, words):
    online = OnlineKMeans([[0.0, 0.0]])
    with pytest.raises(InvalidParameterError) as caught:
        online.update(x, weights)
    for word in words:
        assert word in str(caught.value)
    assert online.counts.tolist() == [0.0]
    assert online.centroids.tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("ratio", [-0.1, 1.5, NAN, "a", None])
def test_ratios_are_shares(ratio):
    with pytest.raises(InvalidParameterError, match="ratio"):
        OnlineKMeans([[0.0]]).reassign([[1.0]], ratio, np.random.default_rng(0))


@pytest.mark.parametrize(("x", "words"), [([[1.0, 2.0]], "(n, 1)"), ([[NAN], [NAN]], "NaN")])
def test_what_cannot_be_a_centroid_is_refused(x, words):
    online = OnlineKMeans([[0.0], [9.0]])
    online.update([[0.0]])
    with pytest.raises(InvalidParameterError) as caught:
        online.reassign(x, 0.5, np.random.default_rng(0))
    assert words in str(caught.value)
    assert online.centroids.tolist() == [[0.0], [9.0]]


@pytest.mark.parametrize("random", [0, None, np.random])
def test_points_are_drawn_by_a_generator(random):
    with pytest.raises(InvalidParameterError, match="random must be a numpy RandomState or Gen"):
        OnlineKMeans([[0.0], [9.0]]).reassign([[1.0], [2.0]], 0.5, random)


def test_it_prints_what_it_has_seen():
    online = OnlineKMeans([[0.0, 1.0], [4.0, 4.0]])
    assert repr(online) == "<OnlineKMeans of 2 centroids, 2 coordinates, weight 0 seen>"
    online.update([[0.0, 1.0]], sample_weight=[2.5])
    assert repr(online) == "<OnlineKMeans of 2 centroids, 2 coordinates, weight 2.5 seen>"

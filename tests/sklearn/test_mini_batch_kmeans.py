import pickle
import re

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from smalti.sklearn import KMeans, MiniBatchKMeans, data
from smalti.vectors.mini_batch import OnlineKMeans
from tests import reference

SEEDS = st.integers(0, 2**32 - 1)
PAIRS = np.array([[12.0], [2.0], [0.0], [10.0]])


def _blobs(seed, n=2000, dim=3, k=5, spread=20):
    random = np.random.default_rng(seed)
    middles = spread * random.normal(size=(k, dim))
    return middles[random.integers(k, size=n)] + random.normal(size=(n, dim))


def test_two_pairs_on_a_line_end_at_their_means():
    kmeans = MiniBatchKMeans(n_clusters=2, random_state=0).fit(PAIRS)
    assert kmeans.cluster_centers_.tolist() == [[1.0], [11.0]]
    assert kmeans.labels_.tolist() == [1, 0, 0, 1]
    assert kmeans.inertia_ == 4.0
    assert kmeans.predict([[5.9], [6.1]]).tolist() == [0, 1]
    assert kmeans.fit_transform(PAIRS).tolist() == [[11, 1], [1, 9], [1, 11], [9, 1]]


@pytest.mark.parametrize(("init", "bound"), [("k-means++", 1.02), ("random", 1.05)])
def test_its_inertia_is_near_that_of_all_samples_at_once(init, bound):
    points = _blobs(0, n=5000, k=8, spread=3)
    best = KMeans(8, n_init=10, random_state=0).fit(points).inertia_
    found = [
        MiniBatchKMeans(8, init=init, n_init=10, batch_size=500, random_state=seed)
        .fit(points)
        .inertia_
        for seed in range(5)
    ]
    assert best * 0.999 <= min(found) <= best * bound


def test_a_stream_is_learned_as_the_update_rule_says():
    batches = np.split(_blobs(1, n=600), 6)
    start = batches[0][:4]
    online = OnlineKMeans(start)
    kmeans = MiniBatchKMeans(4, init=start, reassignment_ratio=0)
    for batch in batches:
        online.update(batch)
        kmeans.partial_fit(batch)
        np.testing.assert_array_equal(kmeans.cluster_centers_, online.centroids)
        distances = reference.squared_distances(batch, online.centroids)
        np.testing.assert_array_equal(kmeans.labels_, distances.argmin(axis=1))
        assert kmeans.inertia_ == pytest.approx(distances.min(axis=1).sum())
    assert kmeans.n_steps_ == 6


def test_partial_fit_goes_on_after_fit_and_after_pickling():
    points = _blobs(2)
    kmeans = MiniBatchKMeans(5, random_state=0).fit(points[:1500])
    copy = pickle.loads(pickle.dumps(kmeans))
    before = kmeans.cluster_centers_.copy()
    steps = kmeans.n_steps_
    kmeans.partial_fit(points[1500:])
    assert kmeans.n_steps_ == steps + 1
    # All that was seen keeps its weight: the centres move a little.
    moves = np.linalg.norm(kmeans.cluster_centers_ - before, axis=1)
    assert 0 < moves.max() < 0.2
    np.testing.assert_array_equal(
        copy.partial_fit(points[1500:]).cluster_centers_, kmeans.cluster_centers_
    )


def test_labels_stay_with_their_centres_in_a_stream():
    # The first coordinate of the second heap falls below that of the first.
    first = np.array([[0.0, 0.0], [5.0, 100.0]]).repeat(4, axis=0)
    kmeans = MiniBatchKMeans(2, random_state=0).partial_fit(first)
    assert kmeans.cluster_centers_.tolist() == [[0.0, 0.0], [5.0, 100.0]]
    kmeans.partial_fit(np.full((4, 2), [-25.0, 100.0]))
    assert kmeans.cluster_centers_.tolist() == [[0.0, 0.0], [-10.0, 100.0]]
    assert kmeans.labels_.tolist() == [1, 1, 1, 1]


@given(SEEDS)
def test_one_batch_of_all_samples_takes_weights_for_repeats_in_any_order(seed):
    random = np.random.default_rng(seed)
    points, repeats = _blobs(seed, n=80), random.integers(0, 4, 80)
    order = random.permutation(repeats.sum())
    kmeans = MiniBatchKMeans(4, random_state=1)
    weighted = kmeans.fit(points, sample_weight=repeats).cluster_centers_
    repeated = kmeans.fit(points.repeat(repeats, axis=0)[order]).cluster_centers_
    np.testing.assert_allclose(weighted, repeated, rtol=1e-9, atol=1e-9)


def test_small_batches_are_drawn_by_weight():
    points = np.repeat([[0.0], [1.0]], 500, axis=0)
    weights = np.repeat([1.0, 3.0], 500)
    kmeans = MiniBatchKMeans(1, batch_size=50, max_iter=25, max_no_improvement=None, random_state=0)
    # Three in four of 25,000 draws, with a standard deviation of 0.0027.
    found = kmeans.fit(points, sample_weight=weights).cluster_centers_.item()
    assert found == pytest.approx(0.75, abs=0.012)
    assert kmeans.n_steps_ == 25 * 1000 // 50
    weights[:500] = 0
    assert kmeans.fit(points, sample_weight=weights).cluster_centers_.item() == 1.0
    assert kmeans.labels_.shape == (1000,)


def test_rare_centres_are_moved_to_where_samples_are():
    points = _blobs(3, k=5)
    start = np.vstack([points[:1], 1e6 + np.zeros((4, 3))])
    options = {"init": start, "batch_size": 100, "random_state": 0}
    lost = MiniBatchKMeans(5, reassignment_ratio=0, **options).fit(points)
    assert len(set(lost.labels_)) == 1
    found = MiniBatchKMeans(5, **options).fit(points)
    assert len(set(found.labels_)) == 5


def test_the_inertia_without_labels_is_the_smoothed_one():
    points = _blobs(4)
    full = MiniBatchKMeans(5, random_state=0).fit(points)
    quick = MiniBatchKMeans(5, random_state=0, compute_labels=False).fit(points)
    assert not hasattr(quick, "labels_")
    np.testing.assert_array_equal(quick.cluster_centers_, full.cluster_centers_)
    assert quick.inertia_ == pytest.approx(full.inertia_, rel=0.1)
    assert not hasattr(full.set_params(compute_labels=False).fit(points), "labels_")
    one_step = MiniBatchKMeans(5, random_state=0, compute_labels=False, max_iter=1)
    assert one_step.fit(points[:900]).n_steps_ == 1
    assert np.isfinite(one_step.inertia_)


def test_the_inertia_of_a_stream_without_labels_is_that_before_the_centres_moved():
    kmeans = MiniBatchKMeans(2, init=[[0.0], [10.0]], compute_labels=False)
    assert kmeans.partial_fit([[1.0], [3.0], [9.0]]).inertia_ == 11.0
    assert kmeans.cluster_centers_.tolist() == [[2.0], [9.0]]
    assert kmeans.partial_fit([[5.0]], sample_weight=[2.0]).inertia_ == 18.0
    assert not hasattr(kmeans, "labels_")
    kmeans.set_params(compute_labels=True).partial_fit([[9.0]])
    assert (kmeans.inertia_, kmeans.labels_.tolist()) == (0.0, [1])
    # Once labels are not asked for, neither they nor their inertia stay.
    kmeans.set_params(compute_labels=False).partial_fit([[7.0]])
    assert kmeans.inertia_ == 4.0
    assert not hasattr(kmeans, "labels_")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"tol": 1e-2, "max_no_improvement": None}, "small centers change"),
        ({"max_no_improvement": 3}, "lack of improvement in inertia"),
    ],
)
def test_verbose_tells_why_it_ends(options, reason, capsys):
    kmeans = MiniBatchKMeans(5, batch_size=200, random_state=0, verbose=1, **options)
    kmeans.fit(_blobs(5))
    printed = capsys.readouterr().out
    assert f"Converged ({reason}) at step {kmeans.n_steps_}/1000" in printed
    assert len(re.findall("mean batch inertia", printed)) == kmeans.n_steps_


def test_the_tolerance_is_relative_to_the_variance():
    # Multiplying by a power of two rounds nothing.
    points = _blobs(5)
    kmeans = MiniBatchKMeans(5, batch_size=200, random_state=0, tol=1e-2, max_no_improvement=None)
    steps = kmeans.fit(points).n_steps_
    assert 1 < steps < 1000
    assert kmeans.fit(points / 1024).n_steps_ == kmeans.fit(points * 1024).n_steps_ == steps


def test_the_first_batch_is_no_part_of_the_smoothed_inertia(capsys):
    kmeans = MiniBatchKMeans(5, batch_size=100, max_iter=1, verbose=1, random_state=0)
    kmeans.set_params(compute_labels=False).fit(_blobs(4, n=200))
    first, second = re.findall(r"mean batch inertia: (\S+)", capsys.readouterr().out)
    assert float(first) != float(second)
    assert kmeans.inertia_ == pytest.approx(200 * float(second), rel=1e-12)


def test_rare_centres_are_looked_for_after_ten_samples_a_cluster():
    kmeans = MiniBatchKMeans(2, init=[[0.0], [9.0]], reassignment_ratio=0.1, random_state=0)
    kmeans.partial_fit([[0.0]] * 15 + [[9.0]])
    # Its count of 1 is rare beside 15, but only 16 samples have come.
    assert kmeans.cluster_centers_.tolist() == [[0.0], [9.0]]
    kmeans.partial_fit([[0.0]] * 4)
    assert kmeans.cluster_centers_.tolist() == [[0.0], [0.0]]


def test_centres_take_their_counts_along_when_they_are_sorted():
    # Two heaps, one nine times as large, whose first coordinates differ by chance only.
    points = np.random.default_rng(0).normal(size=(2000, 2))
    points[:200, 1] += 100
    changed_places = 0
    for seed in range(12):
        kmeans = MiniBatchKMeans(2, batch_size=100, random_state=seed).fit(points)
        first, second = before = kmeans.cluster_centers_
        assert first[0] < second[0]
        small = before[:, 1].argmax()
        changed_places += small
        # A sample beside each: its centre moves the less, the more it has seen.
        kmeans.partial_fit(before + np.array([0, 1]))
        moves = (kmeans.cluster_centers_ - before)[:, 1]
        assert moves[small] > 4 * moves[1 - small] > 0
    assert 0 < changed_places < 12


def test_sparse_samples_are_made_dense_batch_by_batch(monkeypatch):
    points = np.maximum(_blobs(6), 0)
    kmeans = MiniBatchKMeans(5, batch_size=100, random_state=0)
    expected = kmeans.fit(points).cluster_centers_
    labels = kmeans.labels_
    monkeypatch.setattr(data, "_SLAB_BYTES", 8 * 3 * 300)
    # 300 rows of 3 columns for the initial centres, where 2,000 are too many.
    monkeypatch.setattr(data, "_MAX_DENSE_BYTES", 8 * 3 * 300)
    kmeans.fit(scipy.sparse.csr_array(points))
    np.testing.assert_array_equal(kmeans.cluster_centers_, expected)
    np.testing.assert_array_equal(kmeans.labels_, labels)


def test_single_precision_stays_single():
    points = _blobs(7).astype(np.float32)
    kmeans = MiniBatchKMeans(5, random_state=0)
    for fitted in (kmeans.fit(points), kmeans.partial_fit(points[:20])):
        assert fitted.cluster_centers_.dtype == np.float32
        assert fitted.transform(points).dtype == np.float32


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"n_clusters": 5}, ["n_samples=4", "n_clusters=5"]),
        ({"batch_size": 0}, ["batch_size", "got 0"]),
        ({"max_no_improvement": -1}, ["max_no_improvement", "got -1"]),
        ({"init_size": 0}, ["init_size", "got 0"]),
        ({"reassignment_ratio": 1.5}, ["reassignment_ratio", "got 1.5"]),
        ({"init": [[0.0]]}, ["init", "(1, 1)"]),
        ({"tol": float("nan")}, ["tol", "nan"]),
    ],
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_parameters_outside_their_range_are_named(parameters, words, method):
    kmeans = MiniBatchKMeans(**{"n_clusters": 2, **parameters})
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are looked for below
        getattr(kmeans, method)(PAIRS)
    for word in words:
        assert word in str(caught.value)


def test_later_batches_have_the_features_of_the_first():
    kmeans = MiniBatchKMeans(2).partial_fit(PAIRS)
    with pytest.raises(ValueError, match="2 features"):
        kmeans.partial_fit([[1.0, 2.0]])
    kmeans.partial_fit([[1.0]])
    assert kmeans.labels_.tolist() == [0]

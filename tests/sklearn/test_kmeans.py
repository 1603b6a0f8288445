import importlib
import pickle
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse
import sklearn.cluster
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import smalti
from smalti.exceptions import InvalidParameterError
from smalti.sklearn import KMeans, data
from tests import reference

PAIRS = np.array([[12.0], [2.0], [0.0], [10.0]])
SEEDS = st.integers(0, 2**32 - 1)


def _blobs(seed, n=300, dim=3, k=5):
    random = np.random.default_rng(seed)
    middles = 10 * random.normal(size=(k, dim))
    return middles[random.integers(k, size=n)] + random.normal(size=(n, dim))


def test_two_pairs_on_a_line_end_at_their_means():
    kmeans = KMeans(n_clusters=2, random_state=0).fit(PAIRS)
    assert kmeans.cluster_centers_.tolist() == [[1.0], [11.0]]
    assert kmeans.labels_.tolist() == [1, 0, 0, 1]
    assert kmeans.labels_.dtype == np.int32
    assert kmeans.inertia_ == 4.0
    assert kmeans.n_features_in_ == 1
    assert kmeans.predict([[5.9], [6.1], [6.0]]).tolist() == [0, 1, 0]
    assert kmeans.transform([[4.0]]).tolist() == [[3.0, 7.0]]
    assert kmeans.score([[2.0], [11.0], [13.0]]) == -5.0
    assert kmeans.score([[2.0], [11.0], [13.0]], sample_weight=[3, 1, 0]) == -3.0
    assert kmeans.fit_predict(PAIRS).tolist() == [1, 0, 0, 1]
    assert kmeans.fit_transform(PAIRS).tolist() == [[11, 1], [1, 9], [1, 11], [9, 1]]


@pytest.mark.parametrize("init", ["k-means++", "random"])
def test_drawn_clusters_are_numbered_by_their_first_coordinates(init):
    # Four far heaps, two with equal first coordinates: every seed finds the same four.
    corners = np.array([[5.0, -9.0], [-50.0, 60.0], [5.0, 90.0], [70.0, -70.0]])
    points = np.repeat(corners, 5, axis=0)
    points[:, 1] += np.tile([-2, -1, 0, 1, 2], 4)
    for seed in range(20):
        kmeans = KMeans(4, init=init, n_init=10, random_state=seed).fit(points)
        assert kmeans.cluster_centers_.tolist() == sorted(corners.tolist())
        assert kmeans.labels_.tolist() == np.repeat([1, 0, 2, 3], 5).tolist()


def test_given_centres_keep_their_places():
    for init in ([[11.0], [0.0]], lambda samples, *_, **_state: samples[[3, 2]]):
        kmeans = KMeans(2, init=init).fit(PAIRS)
        assert kmeans.cluster_centers_.tolist() == [[11.0], [1.0]]
        assert kmeans.labels_.tolist() == [0, 1, 1, 0]


@given(SEEDS, st.integers(1, 9), st.integers(1, 12), st.sampled_from([0.0, 1e-3]))
def test_the_same_start_ends_where_scikit_learn_ends(seed, k, dim, tol):
    points = _blobs(seed, n=120, dim=dim)
    weights = np.random.default_rng(seed).uniform(0.5, 2, len(points))
    start = points[:k]
    # With a start of distinct samples no cluster is empty at first.
    options = {"n_clusters": k, "init": start, "tol": tol}
    ours = KMeans(**options).fit(points, sample_weight=weights)
    theirs = sklearn.cluster.KMeans(**options).fit(points, sample_weight=weights)
    np.testing.assert_array_equal(ours.labels_, theirs.labels_)
    np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=1e-9, atol=1e-9)
    assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=1e-9)
    if tol == 0:
        assert ours.n_iter_ == theirs.n_iter_


@pytest.mark.parametrize(
    ("start", "options", "n_iter"),
    [
        # The centres move, and a second assignment finds nothing changed.
        ([[2.0], [12.0]], {}, 2),
        # That second one is not begun.
        ([[2.0], [12.0]], {"max_iter": 1}, 1),
        # The centres stay where they are.
        ([[1.0], [11.0]], {}, 1),
        # They move by 2 in all, 25 being the variance: 2 <= 0.1 * 25.
        ([[2.0], [12.0]], {"tol": 0.1}, 1),
    ],
)
def test_iterations_are_counted_as_scikit_learn_does(start, options, n_iter):
    for cls in (KMeans, sklearn.cluster.KMeans):
        kmeans = cls(2, init=start, **options).fit(PAIRS)
        assert kmeans.cluster_centers_.tolist() == [[1.0], [11.0]]
        assert kmeans.n_iter_ == n_iter


def test_it_is_smalti_kmeans_with_the_same_seed():
    points = _blobs(0)
    kmeans = KMeans(5, random_state=7, n_init=3, tol=0).fit(points)
    result = smalti.kmeans(points, 5, seed=7, n_init=3)
    order = np.lexsort(result.centroids.T[::-1])
    np.testing.assert_array_equal(kmeans.cluster_centers_, result.centroids[order])
    np.testing.assert_array_equal(order[kmeans.labels_], result.labels)
    assert kmeans.inertia_ == pytest.approx(result.inertia, rel=1e-12)


@given(SEEDS, st.sampled_from(["k-means++", "random"]), st.sampled_from([np.float32, np.float64]))
def test_labels_and_inertia_are_those_of_the_centres(seed, init, dtype):
    # Whole numbers, so that there are many ties.
    points = np.random.default_rng(seed).integers(0, 6, (60, 2)).astype(dtype)
    weights = np.random.default_rng(seed).integers(0, 3, 60) + (np.arange(60) == 0)
    kmeans = KMeans(5, init=init, n_init=1, random_state=seed).fit(points, sample_weight=weights)
    distances = reference.squared_distances(
        points.astype(np.float64), kmeans.cluster_centers_.astype(np.float64)
    )
    np.testing.assert_array_equal(kmeans.labels_, distances.argmin(axis=1))
    np.testing.assert_array_equal(kmeans.predict(points), kmeans.labels_)
    assert kmeans.inertia_ == pytest.approx((weights * distances.min(axis=1)).sum(), abs=1e-9)
    assert kmeans.score(points, sample_weight=weights) == -kmeans.inertia_
    assert kmeans.cluster_centers_.dtype == dtype


@given(SEEDS, st.sampled_from(["k-means++", "random"]))
def test_weights_equal_repeats_and_zeros_equal_absence(seed, init):
    random = np.random.default_rng(seed)
    points, repeats = _blobs(seed, n=60), random.integers(0, 4, 60)
    order = random.permutation(repeats.sum())
    weighted = KMeans(4, init=init, random_state=1).fit(points, sample_weight=repeats)
    repeated = KMeans(4, init=init, random_state=1).fit(points.repeat(repeats, axis=0)[order])
    np.testing.assert_array_equal(weighted.cluster_centers_, repeated.cluster_centers_)
    np.testing.assert_array_equal(weighted.labels_.repeat(repeats)[order], repeated.labels_)
    assert weighted.inertia_ == pytest.approx(repeated.inertia_, rel=1e-12)
    # Samples that weigh nothing are labelled all the same.
    np.testing.assert_array_equal(weighted.labels_, weighted.predict(points))


def test_samples_without_weight_are_no_initial_centres():
    # The farthest sample would be drawn by k-means++ with near certainty.
    points = np.vstack([_blobs(3, n=40), [[1e6, 0, 0]]])
    weights = np.r_[np.ones(40), 0]
    for init in ("k-means++", "random"):
        kmeans = KMeans(4, init=init, max_iter=1, random_state=0).fit(points, sample_weight=weights)
        assert kmeans.cluster_centers_.max() < 100


def test_initial_centres_are_drawn_by_weight():
    points = _blobs(1, n=50)
    weights = np.full(50, 1e-9)
    weights[[8, 30]] = 1
    kmeans = KMeans(2, init="random", n_init=1, max_iter=1, random_state=0)
    kmeans.fit(points, sample_weight=weights)
    expected = sorted(points[[8, 30]].tolist())
    np.testing.assert_allclose(kmeans.cluster_centers_, expected, atol=1e-5)


def test_fewer_distinct_samples_than_clusters_repeat_the_last_centre():
    kmeans = KMeans(4, random_state=0)
    with pytest.warns(ConvergenceWarning, match=r"clusters \(2\) found smaller than .* \(4\)"):
        kmeans.fit([[3.0], [1.0], [1.0], [3.0], [1.0]])
    assert kmeans.cluster_centers_.tolist() == [[1.0], [3.0], [3.0], [3.0]]
    assert kmeans.labels_.tolist() == [1, 0, 0, 1, 0]
    assert kmeans.inertia_ == 0
    assert kmeans.transform([[1.0]]).tolist() == [[0, 2, 2, 2]]


@pytest.mark.parametrize("container", [scipy.sparse.csr_array, scipy.sparse.coo_matrix])
def test_sparse_samples_give_the_same_as_dense_ones(container, monkeypatch):
    points = np.maximum(_blobs(5), 0)
    monkeypatch.setattr(data, "_SLAB_BYTES", 1000)
    found, expected = KMeans(5, random_state=0), KMeans(5, random_state=0).fit(points)
    sparse = container(points)
    np.testing.assert_array_equal(found.fit_transform(sparse), expected.transform(points))
    np.testing.assert_array_equal(found.labels_, expected.labels_)
    np.testing.assert_array_equal(found.predict(sparse), expected.labels_)
    assert found.score(sparse) == expected.score(points) == -expected.inertia_


def test_sparse_samples_too_large_when_dense_are_refused():
    wide = scipy.sparse.csr_array(([1.0, 2.0], ([0, 1], [3, 4])), shape=(10_000, 100_000))
    with pytest.raises(InvalidParameterError, match=r"8,000,000,000 bytes .* 4,294,967,296"):
        KMeans(2).fit(wide)


def test_slabs_change_nothing(monkeypatch):
    points = _blobs(2).astype(np.float32)
    kmeans = KMeans(5, random_state=0).fit(points)
    whole = kmeans.labels_, kmeans.inertia_, kmeans.transform(points)
    monkeypatch.setattr(data, "_SLAB_BYTES", 1)
    kmeans.fit(points)
    np.testing.assert_array_equal(kmeans.labels_, whole[0])
    assert kmeans.inertia_ == whole[1]
    np.testing.assert_array_equal(kmeans.transform(points), whole[2])
    assert kmeans.transform(points).dtype == np.float32


def test_colours_of_8_bits_are_clustered_as_numbers(photo):
    colors = photo.reshape(-1, 3)
    stored = KMeans(16, random_state=0).fit(colors)
    numbers = KMeans(16, random_state=0).fit(colors.astype(np.float64))
    np.testing.assert_array_equal(stored.cluster_centers_, numbers.cluster_centers_)
    np.testing.assert_array_equal(stored.labels_, numbers.labels_)
    assert stored.cluster_centers_.dtype == np.float64
    assert stored.inertia_ == numbers.inertia_


def test_random_states_are_drawn_from_and_numbers_are_not():
    points = np.random.default_rng(0).normal(size=(400, 2))
    kmeans = KMeans(20, random_state=np.random.RandomState(5))
    first, second = kmeans.fit(points).inertia_, kmeans.fit(points).inertia_
    assert first != second
    kmeans.set_params(random_state=np.random.RandomState(5))
    assert kmeans.fit(points).inertia_ == first
    kmeans.set_params(random_state=5)
    assert kmeans.fit(points).inertia_ == kmeans.fit(points).inertia_


def test_callables_are_called_for_each_start_and_the_best_counts():
    called = []

    def init(samples, n_clusters, random_state):
        called.append(random_state)
        return samples[random_state.permutation(len(samples))[:n_clusters]]

    points = np.random.default_rng(0).normal(size=(200, 2))
    best = KMeans(9, init=init, random_state=0).fit(points)
    assert len(called) == 10
    assert all(random is called[0] for random in called)
    random = np.random.RandomState(0)
    single = [
        KMeans(9, init=init, n_init=1, random_state=random).fit(points).inertia_ for _ in range(10)
    ]
    assert best.inertia_ == min(single)


def test_the_data_are_not_written_to():
    points = _blobs(0)
    points.flags.writeable = False
    KMeans(3, copy_x=False).fit(points)


def test_a_pipeline_with_a_grid_search_finds_the_number_of_clusters():
    points = _blobs(4, n=200, k=4)
    pipeline = make_pipeline(StandardScaler(), KMeans(random_state=0))
    search = GridSearchCV(pipeline, {"kmeans__n_clusters": [1, 2, 4]}, cv=3).fit(points)
    assert search.best_params_ == {"kmeans__n_clusters": 4}
    assert len(np.unique(search.predict(points))) == 4


def test_copies_and_clones_agree():
    points = _blobs(6)
    kmeans = KMeans(5, random_state=3, init="random").fit(points)
    copy = pickle.loads(pickle.dumps(kmeans))
    np.testing.assert_array_equal(copy.predict(points), kmeans.labels_)
    cloned = clone(kmeans)
    assert not hasattr(cloned, "labels_")
    np.testing.assert_array_equal(cloned.fit(points).labels_, kmeans.labels_)


def test_constructors_are_those_of_scikit_learn():
    for name in ("KMeans", "MiniBatchKMeans"):
        ours, theirs = getattr(smalti.sklearn, name)(), getattr(sklearn.cluster, name)()
        assert ours.get_params() == theirs.get_params()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_tables_come_out_with_names(library):
    module = importlib.import_module(library)
    table = module.DataFrame({"width": PAIRS[:, 0], "height": 2 * PAIRS[:, 0]})
    kmeans = KMeans(2, random_state=0).set_output(transform=library)
    distances = kmeans.fit_transform(table)
    assert isinstance(distances, module.DataFrame)
    np.testing.assert_array_equal(kmeans.predict(table), kmeans.labels_)
    assert list(distances.columns) == kmeans.get_feature_names_out().tolist()
    assert list(distances.columns) == ["kmeans0", "kmeans1"]
    # Whether a library's column names are known depends on the version of scikit-learn.
    theirs = sklearn.cluster.KMeans(2).fit(table)
    assert getattr(kmeans, "feature_names_in_", np.array([])).tolist() == (
        getattr(theirs, "feature_names_in_", np.array([])).tolist()
    )


def test_what_is_not_fitted_says_so():
    with pytest.raises(NotFittedError):
        KMeans().predict(PAIRS)


def _output(code):
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("access", ["import smalti.sklearn", "smalti.sklearn.KMeans"])
def test_without_scikit_learn_the_extra_is_named(access):
    printed = _output(
        "import sys\n"
        "sys.modules['sklearn'] = None\n"
        "import smalti\n"
        f"try:\n    {access}\nexcept smalti.SmaltiError as error:\n    print(error)"
    )
    assert "pip install 'smalti[sklearn]'" in printed


def test_scikit_learn_is_imported_when_it_is_needed():
    printed = _output(
        "import sys, smalti\n"
        "print('sklearn' in sys.modules, smalti.sklearn.KMeans.__name__, 'sklearn' in sys.modules)"
    )
    assert printed.split() == ["False", "KMeans", "True"]

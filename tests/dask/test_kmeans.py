import math
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import smalti
from tests import reference

dask = pytest.importorskip("dask", reason="needs the extra smalti[dask]")
da = pytest.importorskip("dask.array", reason="needs the extra smalti[dask]")

SCHEDULERS = ("sync", "threads")

# Whole numbers: many ties and repeats, and often fewer distinct points than centroids.
grid_points = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 60), st.integers(1, 4)),
    elements=st.integers(-9, 9).map(float),
)


@pytest.fixture(autouse=True)
def _in_this_thread():
    with dask.config.set(scheduler="sync"):
        yield


def groups(n=3000, dim=3, k=7, dtype=np.float64):
    """Points around k places, with as many digits as the type has."""
    random = np.random.default_rng(n + dim)
    places = 8 * random.normal(size=(k, dim))
    return (places[np.arange(n) % k] + random.normal(size=(n, dim))).astype(dtype)


def bytes_of(result):
    """Everything that a result holds, to the last bit."""
    return (
        result.centroids.shape,
        result.centroids.tobytes(),
        result.labels.compute().tobytes(),
        result.inertia,
        result.n_iter,
        result.history.tobytes(),
        result.ended_by,
    )


@st.composite
def chunkings(draw, shape):
    """Ways to cut an array: along rows, columns or both, chunks without rows among them."""
    cuts = [sorted(draw(st.lists(st.integers(0, size), max_size=5))) for size in shape]
    # Columns without any are nothing that dask arrays have in practice.
    cuts[1] = sorted({*cuts[1]} - {0, shape[1]})
    return tuple(
        tuple(np.diff([0, *some, size]).tolist()) for some, size in zip(cuts, shape, strict=True)
    )


def test_two_pairs_on_a_line_end_at_their_means():
    points = da.from_array(np.array([[0.0], [2.0], [10.0], [12.0]]), chunks=(1, 1))
    result = smalti.dask.kmeans(points, 2, init=[[0.0], [2.0]])
    assert result.centroids.tolist() == [[1.0], [11.0]]
    assert result.labels.compute().tolist() == [0, 0, 1, 1]
    # 0 | 2 10 12 has means 0 and 8, inertia 4 + 4 + 16; then 0 2 | 10 12 has means 1 and 11.
    assert result.history.tolist() == [24.0, 4.0]
    assert (result.inertia, result.n_iter, result.ended_by) == (4.0, 2, "labels")


def test_an_empty_cluster_moves_to_the_costliest_point():
    points = da.from_array(np.repeat([[0.0], [50.0], [1.0]], [3, 2, 3], axis=0), chunks=(4, 1))
    result = smalti.dask.kmeans(points, 2, init=[[0.0], [900.0]])
    assert result.centroids.tolist() == [[0.5], [50.0]]
    # The first update leaves both points at 50 out of the mean, and nothing changes after it.
    assert result.history.tolist() == [1.5, 1.5]


@pytest.mark.parametrize(("n", "dim", "k"), [(60, 1, 3), (400, 2, 7), (600, 3, 16), (200, 11, 5)])
def test_lloyd_agrees_with_the_numpy_reference(n, dim, k):
    points = groups(n, dim, k)
    centroids, labels, history = reference.lloyd(points, points[:k])
    result = smalti.dask.kmeans(da.from_array(points, chunks=(37, 2)), k, init=points[:k])
    np.testing.assert_array_equal(result.labels.compute(), labels)
    np.testing.assert_allclose(result.centroids, centroids, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(result.history, history, rtol=1e-12)


@pytest.mark.parametrize("tol", [0.0, 1e-3])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.uint8])
def test_the_result_is_that_of_kmeans_from_the_same_centroids(dtype, offset, tol):
    points = (10 * groups() + (offset if np.dtype(dtype).kind == "f" else 100)).clip(
        0, 200 + offset
    )
    points = points.astype(dtype)
    start = np.unique(points, axis=0)[::200][:9]
    expected = smalti.kmeans(points, 9, init=start, tol=tol)
    result = smalti.dask.kmeans(da.from_array(points, chunks=(500, -1)), 9, init=start, tol=tol)
    np.testing.assert_allclose(result.centroids, expected.centroids, rtol=1e-9)
    np.testing.assert_allclose(result.history, expected.history, rtol=1e-9)
    np.testing.assert_array_equal(result.labels.compute(), expected.labels)
    assert (result.n_iter, result.ended_by) == (expected.n_iter, expected.ended_by)


@given(hnp.arrays(np.float32, (40, 2), elements=st.floats(-(2.0**90), 2.0**90, width=32)))
def test_centroids_are_the_exact_means_rounded_once(values):
    # Magnitudes that differ by less than 2**38: every float32 is on the grid.
    largest = np.abs(values).max(axis=0)
    points = np.where(np.abs(values) < largest * np.float32(2.0**-38), np.float32(0.0), values)
    array = da.from_array(points, chunks=(7, 1))
    result = smalti.dask.kmeans(array, 1)
    for centroid, column in zip(result.centroids[0], points.T, strict=True):
        exact = sum((Fraction(float(value)) for value in column), Fraction(0)) / len(column)
        assert centroid == float(exact)


@settings(max_examples=30)
@given(st.data(), grid_points, st.integers(1, 8), st.sampled_from(["k-means||", "random", "given"]))
def test_chunks_and_schedulers_make_no_difference(data, points, k, init):
    start = points[np.arange(k) % len(points)] + 0.5 if init == "given" else init
    seed = data.draw(st.integers(0, 2**64 - 1))
    whole = smalti.dask.kmeans(da.from_array(points, chunks=-1), k, init=start, seed=seed)
    cut = da.from_array(points, chunks=data.draw(chunkings(points.shape)))
    with dask.config.set(scheduler=data.draw(st.sampled_from(SCHEDULERS))):
        assert bytes_of(smalti.dask.kmeans(cut, k, init=start, seed=seed)) == bytes_of(whole)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("init", ["k-means||", "random"])
def test_chunks_make_no_difference_to_the_last_bit(init, dtype):
    points = groups(20_000, 5, 12, dtype)
    points[::3] *= 1e-7
    found = {
        bytes_of(smalti.dask.kmeans(da.from_array(points, chunks=chunks), 12, init=init, seed=4))
        for chunks in [(20_000, 5), (997, 2), (7001, 5)]
    }
    assert len(found) == 1


@pytest.mark.parametrize("init", ["k-means||", "random", "given"])
def test_colors_are_clustered_as_kmeans_clusters_them(init, photo):
    points = photo.reshape(-1, 3)
    start = points[::700][:9] if init == "given" else init
    expected = smalti.kmeans(points, 9, init="k-means++" if init == "k-means||" else start, seed=5)
    for chunks in [(700, 2), ((0, 15_100 - 1, 1), 3)]:
        result = smalti.dask.kmeans(da.from_array(points, chunks=chunks), 9, init=start, seed=5)
        np.testing.assert_array_equal(result.centroids, expected.centroids)
        np.testing.assert_array_equal(result.labels.compute(), expected.labels)
        np.testing.assert_array_equal(result.history, expected.history)
        assert result.ended_by == expected.ended_by


def test_too_many_colors_are_not_counted(monkeypatch, photo):
    points = photo.reshape(-1, 3)
    counted = smalti.dask.kmeans(da.from_array(points, chunks=(700, 3)), 9, init=points[:9])
    monkeypatch.setattr(sys.modules["smalti.dask.kmeans"], "_MAX_COLORS", 1000)
    passes = smalti.dask.kmeans(da.from_array(points, chunks=(700, 3)), 9, init=points[:9])
    np.testing.assert_allclose(passes.centroids, counted.centroids, rtol=1e-9)


@given(grid_points, st.integers(1, 8), st.integers(0, 3), st.sampled_from(["k-means||", "random"]))
def test_the_result_is_a_fixed_point(points, k, seed, init):
    result = smalti.dask.kmeans(da.from_array(points, chunks=(9, 2)), k, init=init, seed=seed)
    distances = reference.squared_distances(points, result.centroids)
    labels = result.labels.compute()
    assert len(result.centroids) == min(k, len(np.unique(points, axis=0)))
    assert result.inertia == pytest.approx(distances.min(axis=1).sum(), abs=1e-9)
    np.testing.assert_allclose(
        distances[np.arange(len(points)), labels], distances.min(axis=1), atol=1e-12
    )
    assert set(labels.tolist()) == set(range(len(result.centroids)))
    assert (np.diff(result.history) <= 0).all()
    again = smalti.dask.kmeans(points, len(result.centroids), init=result.centroids)
    np.testing.assert_array_equal(again.centroids, result.centroids)


@pytest.mark.parametrize("init", ["k-means||", "random", [[7.0, 7.0]] * 5])
def test_fewer_distinct_points_than_centroids_are_the_centroids(init):
    points = da.from_array(
        np.array([[3.0, 0.0], [1.0, -0.0], [3.0, 0.0], [1.0, 0.0]]), chunks=(1, 1)
    )
    result = smalti.dask.kmeans(points, 5, init=init)
    assert result.centroids.tolist() == [[1.0, 0.0], [3.0, 0.0]]
    assert result.labels.compute().tolist() == [1, 0, 1, 0]
    assert (result.inertia, result.history.tolist(), result.ended_by) == (0.0, [0.0], "tol")
    assert result.centroids.tolist() == smalti.kmeans(points.compute(), 5).centroids.tolist()


def test_candidates_far_apart_find_every_group():
    # Eight groups of which the smallest has 3 of 4,003 points.
    places = 1000.0 * np.arange(9)[:, np.newaxis]
    points = np.concatenate([np.repeat(places[:8], 500, axis=0), np.repeat(places[8:], 3, axis=0)])
    points = points + np.random.default_rng(0).normal(size=points.shape)
    for seed in range(10):
        result = smalti.dask.kmeans(da.from_array(points, chunks=(800, 1)), 9, seed=seed)
        np.testing.assert_allclose(np.sort(result.centroids, axis=0), places, atol=2)


def test_seeds_differ():
    points = da.from_array(groups(500), chunks=(100, 3))
    found = {
        smalti.dask.kmeans(points, 5, init="random", seed=s, max_iter=1).inertia for s in range(6)
    }
    assert len(found) == 6


def test_labels_are_lazy_and_in_the_chunks_of_the_points():
    points = da.from_array(groups(1000), chunks=((300, 0, 700), (1, 2)))
    result = smalti.dask.kmeans(points, 300, init="random", max_iter=1)
    assert isinstance(result.labels, da.Array)
    assert result.labels.dtype == np.uint16
    assert result.labels.chunks == ((300, 0, 700),)
    np.testing.assert_array_equal(
        result.labels.compute(), smalti.Codebook(result.centroids).encode(points.compute())
    )


@pytest.mark.parametrize("scale", [1e-140, 1e-30, 1e88])
def test_tiny_and_huge_numbers_keep_their_digits(scale):
    points = groups(500, 2)
    plain = smalti.dask.kmeans(da.from_array(points, chunks=(100, 2)), 7, init=points[:7])
    scaled = da.from_array(points * scale, chunks=(100, 2))
    result = smalti.dask.kmeans(scaled, 7, init=points[:7] * scale)
    np.testing.assert_allclose(result.centroids / scale, plain.centroids, rtol=1e-12)


def test_max_iter_ends_early():
    points = da.from_array(groups(), chunks=(1000, 3))
    result = smalti.dask.kmeans(points, 20, init="random", max_iter=2)
    assert (result.n_iter, len(result.history), result.ended_by) == (2, 2, "max_iter")


@pytest.mark.parametrize("make", [np.asarray, np.ndarray.tolist, np.asfortranarray])
def test_other_arrays_become_dask_arrays(make):
    points = groups(300)
    expected = smalti.dask.kmeans(da.from_array(points, chunks=(50, 3)), 4)
    assert bytes_of(smalti.dask.kmeans(make(points), 4)) == bytes_of(expected)


def test_unknown_sizes_of_chunks_are_computed_and_the_array_stays_as_it_is():
    points = groups(300)
    array = da.from_array(points, chunks=(50, 3))
    unknown = array[array[:, 0] > 0]
    assert math.isnan(unknown.shape[0])
    expected = smalti.dask.kmeans(points[points[:, 0] > 0], 4)
    assert bytes_of(smalti.dask.kmeans(unknown, 4)) == bytes_of(expected)
    assert math.isnan(unknown.shape[0])


def test_results_are_values():
    points = da.from_array(np.array([[0.0], [2.0], [10.0], [12.0]]), chunks=(2, 1))
    a, b = (smalti.dask.kmeans(points, 2, init=[[0.0], [12.0]]) for _ in range(2))
    assert a == b
    assert a != smalti.dask.kmeans(points, 2, init=[[12.0], [0.0]])
    assert not a.centroids.flags.writeable
    assert repr(a) == (
        "<DaskKMeansResult of 2 centroids, 1 coordinate: inertia 4 after 1 iteration, "
        "ended by labels>"
    )


class StoppedError(Exception):
    """Raised by a listener."""


def test_progress_tells_both_stages_and_may_stop():
    points, told = da.from_array(groups(), chunks=(1000, 3)), []
    result = smalti.dask.kmeans(points, 4, progress=lambda *report: told.append(report))
    assert [stage for stage, _ in told] == sorted(stage for stage, _ in told)
    assert {stage for stage, _ in told} == {"initial-centroids", "kmeans"}
    assert all(0.0 <= fraction <= 1.0 for _, fraction in told)
    # Before every pass; after the last iteration there is none.
    assert len([1 for stage, _ in told if stage == "kmeans"]) == result.n_iter + 1

    def stop(stage, fraction):
        if stage == "kmeans" and fraction > 0.0:
            raise StoppedError

    with pytest.raises(StoppedError):
        smalti.dask.kmeans(points, 20, init="random", progress=stop)


def test_persisted_points_are_used_as_they_are():
    computed = []

    def counted(block):
        computed.append(len(block))
        return block

    points = da.from_array(groups(1000), chunks=(250, 3)).map_blocks(counted, meta=np.empty((0, 3)))
    persisted = points.persist()
    assert computed == [250] * 4
    smalti.dask.kmeans(persisted, 4)
    assert computed == [250] * 4

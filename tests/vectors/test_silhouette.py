import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from smalti.vectors import silhouette as module
from smalti.vectors.silhouette import distances_of_pairs, silhouette
from tests import reference

labelled = st.integers(2, 30).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.float64, (n, 2), elements=st.integers(-9, 9).map(float)),
        hnp.arrays(np.uint8, n, elements=st.integers(0, 5)),
    )
)


def test_two_pairs_by_hand():
    # From 0: 1 to its own, 10.5 to the others; from 1: 1 and 9.5; the other pair alike.
    distances = distances_of_pairs(np.array([[0.0], [1.0], [10.0], [11.0]]))
    expected = (9.5 / 10.5 + 8.5 / 9.5) / 2
    assert silhouette(distances, np.array([0, 0, 1, 1], dtype=np.uint8)) == pytest.approx(expected)


def test_points_alone_count_nothing():
    distances = distances_of_pairs(np.array([[0.0], [1.0], [10.0]]))
    expected = (9 / 10 + 8 / 9) / 3
    assert silhouette(distances, np.array([7, 7, 200], dtype=np.uint8)) == pytest.approx(expected)


def test_one_cluster_has_none():
    assert math.isnan(silhouette(np.zeros((3, 3)), np.array([4, 4, 4], dtype=np.uint8)))


def test_two_equal_points_as_a_weight_by_hand():
    # 0 twice: 1/2 to its own, 10 to the other; 1: 1 and 9; 10 is alone.
    distances = distances_of_pairs(np.array([[0.0], [1.0], [10.0]]))
    labels = np.array([0, 0, 1], dtype=np.uint8)
    found = silhouette(distances, labels, np.array([2.0, 1.0, 1.0]))
    assert found == pytest.approx((2 * 9.5 / 10 + 8 / 9 + 0) / 4)
    # Three quarters of 0, a half of 1, and 1.5 of 10, which are half a repeat.
    found = silhouette(distances, labels, np.array([0.75, 0.5, 1.5]))
    assert found == pytest.approx((0.75 * 9 / 10 + 0.5 * 8 / 9 + 1.5 * 1) / 2.75)


@given(labelled, st.data())
def test_weights_equal_repeats(points_and_labels, data):
    points, labels = points_and_labels
    repeats = data.draw(hnp.arrays(np.int64, len(points), elements=st.integers(1, 4)))
    found = silhouette(distances_of_pairs(points), labels, repeats.astype(np.float64))
    expected = reference.silhouette(points.repeat(repeats, axis=0), labels.repeat(repeats))
    assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)


@given(labelled, st.sampled_from([2.0**-60, 0.25, 1.0]))
def test_equal_weights_of_at_most_1_change_nothing(points_and_labels, weight):
    points, labels = points_and_labels
    distances = distances_of_pairs(points)
    found = silhouette(distances, labels, np.full(len(points), weight))
    np.testing.assert_equal(found, silhouette(distances, labels))


def test_a_point_drawn_twice_is_no_pair():
    distances = distances_of_pairs(np.array([[0.0], [1.0], [10.0]]))
    labels = np.array([0, 0, 1], dtype=np.uint8)
    found = silhouette(distances, labels, np.array([7.0, 7.0, 14.0]), np.zeros(3))
    assert found == pytest.approx((9 / 10 + 8 / 9 + 2 * 0) / 4)


@given(labelled)
def test_it_agrees_with_the_slow_reference(points_and_labels):
    points, labels = points_and_labels
    found = silhouette(distances_of_pairs(points), labels)
    assert found == pytest.approx(reference.silhouette(points, labels), abs=1e-12, nan_ok=True)


def test_distances_taken_in_pieces_are_the_same(monkeypatch):
    points = np.random.default_rng(0).normal(size=(50, 3)) + 1e6
    whole = distances_of_pairs(points)
    monkeypatch.setattr(module, "_CHUNK", 7 * points.size)
    np.testing.assert_array_equal(distances_of_pairs(points), whole)
    np.testing.assert_array_equal(np.diag(whole), 0.0)
    slow = np.sqrt(reference.squared_distances(points, points))
    np.testing.assert_allclose(whole, slow, rtol=1e-12)


def test_it_agrees_with_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="needs scikit-learn")
    random = np.random.default_rng(3)
    points = random.normal(size=(400, 6))
    for k in (2, 5, 40):
        labels = random.integers(0, k, 400).astype(np.uint8)
        found = silhouette(distances_of_pairs(points), labels)
        assert found == pytest.approx(metrics.silhouette_score(points, labels), abs=1e-10)

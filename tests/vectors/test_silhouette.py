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

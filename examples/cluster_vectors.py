"""Cluster weighted vectors, and watch the inertia fall."""

import numpy as np

import smalti

rng = np.random.default_rng(7)
centers = np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0]])
points = np.concatenate([center + rng.normal(scale=0.6, size=(200, 2)) for center in centers])
weights = rng.uniform(0.5, 2.0, size=len(points))

result = smalti.kmeans(points, k=3, sample_weight=weights, init="random", seed=1)
print("centroids:", result.centroids.round(1).tolist())
print("inertia after each iteration:", result.history.round(2).tolist())
assert (np.diff(result.history) <= 1e-9).all()

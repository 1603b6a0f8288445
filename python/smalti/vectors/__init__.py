"""Vectors: points, centroids, labels, inertia."""

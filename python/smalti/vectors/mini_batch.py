"""K-Means for streams: centroids that learn from one batch of points after another.

D. Sculley, "Web-scale k-means clustering", 2010, doi:10.1145/1772690.1772862. Every centroid is
the mean of all points that ever joined it, so a point moves its centroid the less, the more came
before. Points are not kept: memory is that of one batch, the centroids and their counts. A batch
of n points takes ``O(n k D)``. The same batches in the same order give the same centroids on any
number of threads.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.validation import real_number
from smalti.values import counted
from smalti.vectors.arrays import as_points, nonnegative_weights

__all__ = ["OnlineKMeans"]


class OnlineKMeans:
    """Centroids, and the weight of the points that each has seen.

    It changes with every `update`: two are equal only if they are one and the same.

    Parameters
    ----------
    centroids : array, shape (k, D)
        Where to begin; copied, as float64.

    Attributes
    ----------
    centroids : float64 array, shape (k, D)
        The weighted mean of all points that joined each centroid when they came; where it began
        while none did.
    counts : float64 array, shape (k,)
        The sum of those points' weights.

    Raises
    ------
    InvalidParameterError
        If `centroids` is not a table of finite numbers with at least one row and column.

    Notes
    -----
    Sculley's algorithm (doi:10.1145/1772690.1772862) with all points of a batch assigned before
    any centroid moves.

    Examples
    --------
    >>> online = OnlineKMeans([[0.0], [10.0]])
    >>> online.update([[1.0], [3.0], [9.0]])
    11.0
    >>> online.centroids.tolist(), online.counts.tolist()
    ([[2.0], [9.0]], [2.0, 1.0])
    >>> online.update([[5.0]])
    9.0
    >>> online.centroids.tolist()
    [[3.0], [9.0]]
    """

    def __init__(self, centroids: ArrayLike) -> None:
        self.centroids = np.array(as_points("centroids", centroids), dtype=np.float64, order="C")
        if not (self.centroids.size and np.isfinite(self.centroids).all()):
            raise InvalidParameterError(
                f"centroids must be finite numbers in at least one row and column, "
                f"got shape {self.centroids.shape}"
                + (" with NaN or infinity" if self.centroids.size else "")
            )
        self.counts = np.zeros(len(self.centroids))

    def update(self, x: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Let the points join their nearest centroids, then move these to their new means.

        Parameters
        ----------
        x : array, shape (n, D)
            Finite numbers.
        sample_weight : array, shape (n,), optional
            Finite, 0 or above; 0 counts as no point. Default: 1 each.

        Returns
        -------
        float
            The batch's inertia before the centroids moved: the weighted sum of the squared
            distances to the nearest of them.

        Raises
        ------
        InvalidParameterError
            If the shapes do not fit, or a value is not finite or a weight is negative.
        """
        points = self._as_batch(x)
        k, dim = self.centroids.shape
        given = nonnegative_weights(sample_weight, points.shape[:1])
        weights = np.ones(len(points)) if given is None else given
        labels, distances = _core.nearest(points, self.centroids)
        # Differences from the centroid keep their digits however far from 0 the points lie.
        moves = weights[:, np.newaxis] * (points - self.centroids[labels])
        cells = labels.astype(np.intp)[:, np.newaxis] * dim + np.arange(dim)
        totals = np.bincount(cells.ravel(), moves.ravel(), minlength=k * dim).reshape(k, dim)
        self.counts += np.bincount(labels, weights, minlength=k)
        seen = self.counts > 0
        self.centroids[seen] += totals[seen] / self.counts[seen, np.newaxis]
        # BLAS may add up a dot product in another order on other threads. This sum has one order.
        return float((weights * distances).sum())

    def reassign(
        self, x: ArrayLike, ratio: float, random: np.random.RandomState | np.random.Generator
    ) -> int:
        """Move centroids that few points joined to points of the batch, drawn uniformly.

        Centroids with a count below `ratio` times the largest one are moved, at most one for
        every two points. They take over the lowest count of the others, so that they neither
        jump at the next point nor are reassigned at once.

        Parameters
        ----------
        x : array, shape (n, D)
            The batch; all of it may be drawn, whatever its weights were.
        ratio : float
            0 to 1; 0 moves nothing.
        random : numpy RandomState or Generator
            Draws n numbers if there is something to move, none otherwise.

        Returns
        -------
        int
            The number of centroids moved.

        Raises
        ------
        InvalidParameterError
            If `x` does not fit the centroids, what is drawn of it is not finite, `ratio` is
            outside its range, or `random` is no generator.
        """
        points = self._as_batch(x)
        if not isinstance(random, np.random.RandomState | np.random.Generator):
            raise InvalidParameterError(
                f"random must be a numpy RandomState or Generator, got {random!r}"
            )
        rare = self.counts < real_number("ratio", ratio, 0.0, 1.0) * self.counts.max()
        chosen = np.argsort(self.counts, kind="stable")[: min(rare.sum(), len(points) // 2)]
        if len(chosen):
            rows = np.argsort(random.random(len(points)), kind="stable")[: len(chosen)]
            if not np.isfinite(points[rows]).all():
                raise InvalidParameterError("x must be finite numbers, got NaN or infinity")
            self.centroids[chosen] = points[rows]
            others = np.delete(self.counts, chosen)
            self.counts[chosen] = others.min()
        return len(chosen)

    def __repr__(self) -> str:
        k, dim = self.centroids.shape
        return (
            f"<OnlineKMeans of {counted(k, 'centroid')}, {counted(dim, 'coordinate')}, "
            f"weight {self.counts.sum():g} seen>"
        )

    def _as_batch(self, x: ArrayLike) -> NDArray[np.float64]:
        points = np.ascontiguousarray(as_points("x", x), dtype=np.float64)
        dim = self.centroids.shape[1]
        if points.shape[1] != dim:
            raise InvalidParameterError(
                f"x must have shape (n, {dim}), as the centroids have, got {points.shape}"
            )
        return points

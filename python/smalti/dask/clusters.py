"""Clusters of points whose coordinates were added up as integers."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from smalti.dask.partials import Picks, Tally

__all__ = ["Clusters", "Grid"]

Floats = NDArray[np.float64]

# Bits of the integer that the largest coordinate becomes, and the largest squared distance. Sums of
# 2**40 of them have 128 bits.
_COORDINATE_BITS = 62
_DISTANCE_BITS = 86

# Smaller numbers are rounded as if the largest were 2 to this: its inverse would be infinite.
_MIN_EXPONENT = -900


@dataclass(frozen=True)
class Grid:
    """The box around all points, and the grid that coordinates are rounded to.

    Its step is 2**-62 to 2**-61 of the largest magnitude of a coordinate: values of float64 are on
    it from 2**-9 of that on, values of float32 from 2**-38 on.

    Attributes
    ----------
    low, high : float64 array, shape (D,)
        The least and the greatest value of each coordinate.
    """

    low: Floats
    high: Floats

    @property
    def exponents(self) -> NDArray[np.int32]:
        """What 2 is raised to for the factors that make integers of coordinates."""
        _, above = np.frexp(np.maximum(np.abs(self.low), np.abs(self.high)))
        return (_COORDINATE_BITS - np.maximum(above, _MIN_EXPONENT)).astype(np.int32)

    @property
    def scale(self) -> Floats:
        """The factors."""
        return np.ldexp(1.0, self.exponents)

    def distance_exponent(self, centroids: Floats) -> int:
        """Return what 2 is raised to for the factor that makes integers of squared distances."""
        low = np.minimum(self.low, centroids.min(axis=0))
        high = np.maximum(self.high, centroids.max(axis=0))
        # One bit more than the bound has: distances are rounded, too.
        _, above = math.frexp(math.fsum((high - low) ** 2))
        return _DISTANCE_BITS - max(above + 1, _MIN_EXPONENT)

    def integers(self, row: Floats) -> NDArray[np.object_]:
        """Return the integers that the coordinates of a point become."""
        integers: NDArray[np.object_] = np.rint(row * self.scale).astype(np.int64).astype(object)
        return integers


@dataclass(frozen=True)
class Clusters:
    """The members of each cluster.

    Attributes
    ----------
    counts : int64 array, shape (k,)
    sums : array of int, shape (k, D)
        Sums of the members' coordinates, as integers of the grid.
    inertia : float
        Sum of the squared distances to the centroids.
    grid : Grid
    """

    counts: NDArray[np.int64]
    sums: NDArray[np.object_]
    inertia: float
    grid: Grid

    @classmethod
    def of(cls, tally: Tally, grid: Grid, distance_exponent: int) -> "Clusters":
        """Return what all chunks together have added up."""
        total = int(Tally.total(tally.inertia))
        # The quotient of two integers is rounded once.
        shift = 1 << abs(distance_exponent)
        inertia = total / shift if distance_exponent >= 0 else float(total * shift)
        return cls(tally.counts, Tally.total(tally.sums), inertia, grid)

    def means(self, which: NDArray[np.intp]) -> Floats:
        """Return the means of the members of some clusters, rounded once; all have members."""
        counts = self.counts[which].astype(object)
        quotients = (self.sums[which] / counts[:, np.newaxis]).astype(np.float64)
        means: Floats = np.ldexp(quotients, -self.grid.exponents)
        return means

    def without(self, picks: Picks) -> "Clusters":
        """Return the clusters without some points that were members, unless none were left."""
        counts, sums = self.counts.copy(), self.sums.copy()
        for row, label, copies in zip(picks.rows, picks.labels, picks.copies, strict=True):
            if counts[label] > copies:
                counts[label] -= copies
                sums[label] -= int(copies) * self.grid.integers(row)
        return Clusters(counts, sums, self.inertia, self.grid)

    def have_members_of(self, other: "Clusters") -> bool:
        """Whether counts and sums are those of other clusters: their means are equal then."""
        return np.array_equal(self.counts, other.counts) and np.array_equal(self.sums, other.sums)

"""What the chunks of a dask array tell about their points, and how that is merged.

Each kind has a function that makes it from a chunk and a method that merges several. Merging is
associative and commutative, bit for bit: sums are integers, picked points are in an order that
depends on nothing but them. So neither chunks nor workers nor the order of arrival matter. All are
small: as large as the centroids, or as the points picked.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.vectors.arrays import MAX_VALUE, Points

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Picks", "Survey", "Tally"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

# Bits of the limbs of a sum, from the lowest on; the last has the rest, and the sign.
_LIMB_BITS = 32


@dataclass(frozen=True)
class Tally:
    """The members of each cluster, added up.

    Attributes
    ----------
    counts : int64 array, shape (k,)
        Number of members.
    sums : int64 array, shape (k, D, 3)
        Sums of their scaled coordinates, in limbs.
    inertia : int64 array, shape (3,)
        Sum of the scaled squared distances, in limbs.
    """

    counts: Integers
    sums: Integers
    inertia: Integers

    @classmethod
    def of(
        cls, points: Points, centroids: Floats, coordinate_scale: Floats, *, distance_scale: float
    ) -> "Tally":
        """Let the points of a chunk join their nearest centroids."""
        return cls(*_core.chunk_tally(points, centroids, coordinate_scale, distance_scale))

    @classmethod
    def merged(cls, tallies: "Sequence[Tally]") -> "Tally":
        """Return what all chunks together have."""
        first = tallies[0]
        counts, sums, inertia = first.counts.copy(), first.sums.copy(), first.inertia.copy()
        for tally in tallies[1:]:
            counts += tally.counts
            sums += tally.sums
            inertia += tally.inertia
        return cls(counts, sums, inertia)

    @staticmethod
    def total(limbs: Integers) -> Any:
        """Return the integers, of any size, that limbs along the last axis stand for."""
        low, middle, high = np.moveaxis(limbs.astype(object), -1, 0)
        return low + (middle << _LIMB_BITS) + (high << 2 * _LIMB_BITS)


@dataclass(frozen=True)
class Picks:
    """Distinct points with the smallest keys; of equal keys those whose coordinates are less.

    Attributes
    ----------
    rows : float64 array, shape (m, D)
    keys : float64 array, shape (m,)
        Ascending.
    labels : uint32 array, shape (m,)
        Positions of their nearest centroids.
    copies : int64 array, shape (m,)
        Points that are equal to each and have its key, itself among them.
    """

    rows: Floats
    keys: Floats
    labels: NDArray[np.uint32]
    copies: Integers

    @classmethod
    def drawn(
        cls,
        points: Points,
        first_row: int,
        centroids: Floats,
        *,
        count: int,
        seed: int,
        round_number: int,
    ) -> "Picks":
        """Draw points of a chunk with probability proportional to their squared distance."""
        return cls(
            *_core.chunk_draws(
                points, centroids, count, seed=seed, round_number=round_number, first_row=first_row
            )
        )

    @classmethod
    def costliest(cls, points: Points, centroids: Floats, means: Floats, *, count: int) -> "Picks":
        """Pick points of a chunk that lie farthest from the mean of their cluster."""
        return cls(*_core.chunk_costliest(points, centroids, means, count))

    @classmethod
    def merged(cls, picks: "Sequence[Picks]", count: int) -> "Picks":
        """Return the first `count` of all chunks."""
        rows, keys, labels, copies = (
            np.concatenate([getattr(some, name) for some in picks])
            for name in ("rows", "keys", "labels", "copies")
        )
        order = np.lexsort((*rows.T[::-1], keys))
        _, first, point = np.unique(rows[order], axis=0, return_index=True, return_inverse=True)
        together = np.zeros(len(first), dtype=np.int64)
        np.add.at(together, point.ravel(), copies[order])
        ranked = np.argsort(first)[:count]
        kept = order[first[ranked]]
        return cls(rows[kept], keys[kept], labels[kept], together[ranked])


@dataclass(frozen=True)
class Survey:
    """How far points reach, and some of them.

    Attributes
    ----------
    low, high : float64 array, shape (D,)
        The least and the greatest value of each coordinate.
    wrong : (row, column, value) or None
        The first number that is not finite or too large.
    picks : Picks
        Distinct points, all as likely.
    """

    low: Floats
    high: Floats
    wrong: tuple[int, int, float] | None
    picks: Picks

    @classmethod
    def of(cls, points: Points, first_row: int, *, count: int, seed: int) -> "Survey":
        """Look at the points of a chunk."""
        low, high = _core.chunk_bounds(points)
        dim = points.shape[1]
        wrong = None
        # So it is without points, too.
        if not ((low >= -MAX_VALUE) & (high <= MAX_VALUE)).all():
            limit = min(MAX_VALUE, float(np.finfo(points.dtype).max))
            row, column = np.argwhere(~(np.abs(points) <= limit))[0].tolist()
            wrong = (first_row + row, column, float(points[row, column]))
            points = points[:0]
        nothing = np.empty((0, dim))
        return cls(
            low,
            high,
            wrong,
            Picks.drawn(points, first_row, nothing, count=count, seed=seed, round_number=0),
        )

    @classmethod
    def merged(cls, surveys: "Sequence[Survey]", count: int) -> "Survey":
        """Return what all chunks together have."""
        return cls(
            np.min([survey.low for survey in surveys], axis=0),
            np.max([survey.high for survey in surveys], axis=0),
            min((survey.wrong for survey in surveys if survey.wrong), default=None),
            Picks.merged([survey.picks for survey in surveys], count),
        )

"""What there is to count in a label map that is stored."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.parallel import PixelBudget, in_order
from smalti.scale.label_store import LabelStore
from smalti.sources.tiles.window import Window

__all__ = ["LabelCounts", "counted"]


class LabelCounts(NamedTuple):
    """Counts of a label map.

    Attributes
    ----------
    areas : int64 array, shape (256,)
        Pixels of each label.
    pairs : int
        Neighbours over an edge that both have a label other than 0.
    same : int
        Those of them that have one label.
    """

    areas: NDArray[np.int64]
    pairs: int
    same: int

    def plus_pairs(self, first: NDArray[Any], second: NDArray[Any]) -> "LabelCounts":
        """Return the counts with the pairs that two equally large parts form."""
        is_same = first == second
        if first.all() and second.all():
            pairs = first.size
        else:
            both = (first > 0) & (second > 0)
            pairs = int(np.count_nonzero(both))
            is_same &= both
        same = int(np.count_nonzero(is_same))
        return self._replace(pairs=self.pairs + pairs, same=self.same + same)


class _Part(NamedTuple):
    """The counts of a window, and its edges, which have pairs with those of others."""

    window: Window
    counts: LabelCounts
    rows: tuple[NDArray[Any], NDArray[Any]]
    columns: tuple[NDArray[Any], NDArray[Any]]


def counted(store: LabelStore, jobs: int) -> LabelCounts:
    """Count labels of 8 bits, on so many threads."""

    def count(_turn: int, window: Window, _budget: PixelBudget) -> _Part:
        labels = np.ascontiguousarray(store.levels[0][window.slices])
        areas = np.array(_core.count_indices(labels), dtype=np.int64)
        counts = LabelCounts(areas, 0, 0)
        counts = counts.plus_pairs(labels[1:], labels[:-1])
        counts = counts.plus_pairs(labels[:, 1:], labels[:, :-1])
        edges = (labels[0], labels[-1]), (labels[:, 0], labels[:, -1])
        return _Part(window, counts, *((one.copy(), other.copy()) for one, other in edges))

    total = LabelCounts(np.zeros(256, dtype=np.int64), 0, 0)
    above: dict[int, NDArray[Any]] = {}
    left = None
    # Row by row, so that the windows above and to the left have been counted.
    for window, counts, rows, columns in in_order(store.windows, count, jobs):
        total = LabelCounts(
            total.areas + counts.areas, total.pairs + counts.pairs, total.same + counts.same
        )
        if window.top:
            total = total.plus_pairs(above[window.left], rows[0])
        if window.left and left is not None:
            total = total.plus_pairs(left, columns[0])
        above[window.left], left = rows[1], columns[1]
    return total

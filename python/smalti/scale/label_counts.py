"""What there is to count in a label map that is stored."""

from typing import NamedTuple

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


def counted(store: LabelStore, jobs: int) -> LabelCounts:
    """Count labels of 8 bits, on so many threads."""
    labels = store.levels[0]

    def count(_turn: int, window: Window, _budget: PixelBudget) -> LabelCounts:
        # One more row and column, for the pairs over the edge.
        larger = Window(window.top, window.left, window.bottom + 1, window.right + 1)
        part = labels[larger.meeting(Window.whole(store.shape)).slices]
        rows, columns = window.shape
        own = np.ascontiguousarray(part[:rows, :columns])
        pairs = same = 0
        for one, other in ((own, part[:rows, 1:]), (own, part[1:, :columns])):
            height, width = other.shape
            first = one[:height, :width]
            both = (first > 0) & (other > 0)
            pairs += int(np.count_nonzero(both))
            same += int(np.count_nonzero(both & (first == other)))
        return LabelCounts(np.array(_core.count_indices(own), dtype=np.int64), pairs, same)

    areas, pairs, same = np.zeros(256, dtype=np.int64), 0, 0
    for found in in_order(store.windows, count, jobs):
        areas += found.areas
        pairs += found.pairs
        same += found.same
    return LabelCounts(areas, pairs, same)

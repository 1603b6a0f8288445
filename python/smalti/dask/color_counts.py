"""Points that are 8-bit colours: there are few different ones, and counting them is enough.

K-Means of the different colours, which weigh as many points as they are, is K-Means of all points.
It takes one pass over the chunks instead of one for each iteration.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.vectors.arrays import Points

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ColorCounts"]

# More different colours are not counted: they would take more than 96 MiB a message. 24 megapixels
# of a photograph have some 600,000, and 20 megapixels of all kinds of photographs 3 million.
_MAX_COLORS = 1 << 23


@dataclass(frozen=True)
class ColorCounts:
    """Different colours and how often each occurs.

    Attributes
    ----------
    keys : uint32 array, shape (m,), or None
        Red, green and blue, 8 bits each, ascending; None if there are too many.
    counts : int64 array, shape (m,)
    """

    keys: NDArray[np.uint32] | None
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, points: Points) -> "ColorCounts":
        """Count the colours of a chunk."""
        if not len(points):
            return cls(np.empty(0, np.uint32), np.empty(0, np.int64))
        colors, counts = _core.distinct_colors(points.astype(np.uint8)[np.newaxis])
        red, green, blue = colors.astype(np.uint32).T[:3]
        return cls._added(red << 16 | green << 8 | blue, counts.astype(np.int64))

    @classmethod
    def merged(cls, some: "Sequence[ColorCounts]") -> "ColorCounts":
        """Return what all chunks together have."""
        keys = [counts.keys for counts in some if counts.keys is not None]
        if len(keys) < len(some):
            return cls(None, np.empty(0, np.int64))
        return cls._added(np.concatenate(keys), np.concatenate([each.counts for each in some]))

    @classmethod
    def _added(cls, keys: NDArray[np.uint32], counts: NDArray[np.int64]) -> "ColorCounts":
        """Add up the counts of equal colours."""
        order = np.argsort(keys, kind="stable")
        keys, counts = keys[order], counts[order]
        first = np.flatnonzero(np.diff(keys, prepend=np.uint32(2**32 - 1)))
        if len(first) > _MAX_COLORS:
            return cls(None, np.empty(0, np.int64))
        return cls(keys[first], np.add.reduceat(counts, first) if len(first) else counts)

    @property
    def colors(self) -> NDArray[np.float32] | None:
        """The colours, shape (m, 3); None if there are too many."""
        if self.keys is None:
            return None
        columns = [self.keys >> 16, self.keys >> 8 & 255, self.keys & 255]
        return np.column_stack(columns).astype(np.float32)

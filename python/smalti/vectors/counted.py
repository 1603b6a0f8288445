"""Points of few possible values: counting them is quicker than comparing them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti.bits import index_counts

__all__ = ["CountedBytes"]


@dataclass(frozen=True)
class CountedBytes:
    """Points of one or two bytes, of which there are at most 65,536 different ones."""

    codes: NDArray[np.unsignedinteger[Any]]
    present: NDArray[np.intp]
    counts: NDArray[np.float64]

    @classmethod
    def of(cls, points: ArrayLike) -> "CountedBytes | None":
        """Count points of one or two bytes; None for others, and for few points."""
        if not (isinstance(points, np.ndarray) and points.dtype == np.uint8):
            return None
        codes: NDArray[np.unsignedinteger[Any]]
        if points.shape[1:] == (1,):
            codes = points[:, 0]
        elif points.shape[1:] == (2,):
            codes = np.ascontiguousarray(points).view(">u2")[:, 0].astype(np.uint16)
        else:
            return None
        size = 1 << (8 * codes.itemsize)
        if len(codes) < size:
            return None
        counts = index_counts(codes, size)
        present = np.flatnonzero(counts)
        return cls(codes, present, counts[present].astype(np.float64))

    @property
    def values(self) -> NDArray[np.float32]:
        """The different points, ascending."""
        if self.codes.itemsize == 1:
            return self.present[:, np.newaxis].astype(np.float32)
        return np.column_stack([self.present >> 8, self.present & 255]).astype(np.float32)

    def labels_of_all(
        self, labels: NDArray[np.unsignedinteger[Any]]
    ) -> NDArray[np.unsignedinteger[Any]]:
        """Return the labels of all points, given the labels of the different ones."""
        table = np.zeros(1 << (8 * self.codes.itemsize), dtype=labels.dtype)
        table[self.present] = labels
        found: NDArray[np.unsignedinteger[Any]] = table[self.codes]
        return found

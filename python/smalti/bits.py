"""Counting bits: fixed-length codes and entropy."""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from smalti import _core
from smalti.raw_array import RawArray

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHUNK = 1 << 20

__all__ = [
    "bits_per_index",
    "entropy_bits",
    "entropy_of_counts",
    "index_counts",
    "smallest_unsigned",
]


def bits_per_index(k: int) -> int:
    """Bits of a fixed-length index into `k` entries, ``ceil(log2 k)``: 0 for 1, 1 for 2."""
    return (k - 1).bit_length()


def entropy_bits(indices: "RawArray | NDArray[np.unsignedinteger[Any]]") -> float:
    """Empirical entropy of all indices together, in bits (C. E. Shannon, 1948).

    No code that looks at one index at a time can need fewer; coders that use the neighbours, as
    those of image formats do, can.
    """
    if isinstance(indices, RawArray) and indices.dtype == "uint8":
        return entropy_of_counts(_core.count_indices(indices))
    array = indices.array() if isinstance(indices, RawArray) else indices
    return entropy_of_counts(index_counts(array, int(array.max()) + 1).tolist())


def entropy_of_counts(counts: Iterable[int]) -> float:
    """Return the same of indices that occur so often each."""
    counts = [count for count in counts if count > 0]
    total = sum(counts)
    return math.fsum(count * math.log2(total / count) for count in counts)


def index_counts(indices: "NDArray[np.unsignedinteger[Any]]", k: int) -> "NDArray[np.int64]":
    """How often each of the `k` possible indices occurs, shape (k,)."""
    import numpy as np

    flat = indices.ravel()
    counts = np.zeros(k, dtype=np.int64)
    # Counting widens the indices to 8 bytes each, so it is done piece by piece.
    for start in range(0, flat.size, _CHUNK):
        counts += np.bincount(flat[start : start + _CHUNK], minlength=k)
    return counts


def smallest_unsigned(k: int) -> "np.dtype[np.unsignedinteger[Any]]":
    """Smallest unsigned type that holds the indices 0 to `k` - 1."""
    import numpy as np

    return np.min_scalar_type(k - 1)

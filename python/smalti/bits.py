"""Counting bits: fixed-length codes and entropy."""

import math
from typing import Any

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


def entropy_bits(indices: NDArray[np.unsignedinteger[Any]]) -> float:
    """Empirical entropy of all indices together, in bits (C. E. Shannon, 1948).

    No code that looks at one index at a time can need fewer; coders that use the neighbours, as
    those of image formats do, can.
    """
    return entropy_of_counts(index_counts(indices, int(indices.max()) + 1))


def entropy_of_counts(counts: NDArray[Any]) -> float:
    """Return the same of indices that occur so often each."""
    total = int(counts.sum())
    return math.fsum(int(n) * math.log2(total / int(n)) for n in counts[counts > 0])


def index_counts(indices: NDArray[np.unsignedinteger[Any]], k: int) -> NDArray[np.int64]:
    """How often each of the `k` possible indices occurs, shape (k,)."""
    flat = indices.ravel()
    counts = np.zeros(k, dtype=np.int64)
    # Counting widens the indices to 8 bytes each, so it is done piece by piece.
    for start in range(0, flat.size, _CHUNK):
        counts += np.bincount(flat[start : start + _CHUNK], minlength=k)
    return counts


def smallest_unsigned(k: int) -> np.dtype[np.unsignedinteger[Any]]:
    """Smallest unsigned type that holds the indices 0 to `k` - 1."""
    return np.min_scalar_type(k - 1)

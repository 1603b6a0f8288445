"""What both estimators do with tables and weights."""

import numbers
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from sklearn.utils import check_array

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.vectors.arrays import MAX_VALUE, Points, as_floats, check_size, size_error

__all__ = [
    "DTYPES",
    "Floats",
    "Table",
    "assign",
    "canonical_order",
    "check_coordinates",
    "dense",
    "floating",
    "padded",
    "slabs",
    "total",
    "weights_of",
    "with_weight",
]

# Any table as scikit-learn checks it: an array, or a sparse matrix of rows.
Table: TypeAlias = Any
Floats: TypeAlias = NDArray[np.float64]

# Colours of 8 bits stay as they are, because smalti.kmeans counts them.
DTYPES = [np.float64, np.float32, np.uint8]

# Sparse tables are made dense if they take no more bytes than this.
_MAX_DENSE_BYTES = 4 << 30
# Bytes of the pieces in which rows are assigned and transformed.
_SLAB_BYTES = 64 << 20


def dense(table: Table) -> NDArray[Any]:
    """Return the table as an array, unless that would take too much memory."""
    if not scipy.sparse.issparse(table):
        return np.asarray(table)
    size = table.shape[0] * table.shape[1] * table.dtype.itemsize
    if size > _MAX_DENSE_BYTES:
        raise InvalidParameterError(
            f"X of shape {table.shape} takes {size:,} bytes as a dense array, more than the "
            f"{_MAX_DENSE_BYTES:,} allowed: reduce its features first, as with TruncatedSVD, or "
            f"use MiniBatchKMeans, which needs no more than its batches"
        )
    return np.asarray(table.toarray())


def check_coordinates(table: Table) -> None:
    """Raise unless all numbers, which are finite, are small enough to be squared."""
    # Smaller types hold no larger numbers.
    if table.dtype != np.float64:
        return
    if not scipy.sparse.issparse(table):
        check_size("X", table)
        return
    values = table.data[: table.nnz]
    wrong = np.flatnonzero(np.abs(values) > MAX_VALUE)
    if wrong.size:
        row = int(np.searchsorted(table.indptr, wrong[0], "right")) - 1
        raise size_error("X", (row, int(table.indices[wrong[0]])), values[wrong[0]])


def slabs(table: Table, columns: int = 0) -> Iterator[tuple[slice, Points]]:
    """Yield the rows as floats, so many at a time that they and `columns` more take 64 MB.

    Arrays of floats come as they are unless there are columns to make room for.
    """
    if isinstance(table, np.ndarray) and table.dtype != np.uint8 and not columns:
        yield slice(None), table
        return
    step = max(1, _SLAB_BYTES // (8 * (table.shape[1] + columns)))
    for start in range(0, table.shape[0], step):
        rows = slice(start, start + step)
        yield rows, as_floats(dense(table[rows]))


def assign(table: Table, centers: NDArray[Any]) -> tuple[NDArray[np.int32], Floats]:
    """Labels and squared distances of the nearest centres; the lowest of those that tie."""
    labels = np.empty(table.shape[0], dtype=np.int32)
    distances = np.empty(table.shape[0])
    prototypes = np.ascontiguousarray(centers, dtype=np.float64)
    for rows, points in slabs(table):
        labels[rows], distances[rows] = _core.nearest(points, prototypes)
    return labels, distances


def floating(table: Table) -> Any:
    """Return the type of the centres: float32 for float32, else float64."""
    return np.float32 if table.dtype == np.float32 else np.float64


def weights_of(sample_weight: Any, n: int) -> Floats:
    """Return the weights as float64 of shape (n,): all 1 for None, all equal for a number."""
    if sample_weight is None or isinstance(sample_weight, numbers.Number):
        sample_weight = np.full(n, 1.0 if sample_weight is None else sample_weight)
    weights: Floats = check_array(
        sample_weight, ensure_2d=False, dtype=np.float64, input_name="sample_weight"
    )
    if weights.shape != (n,):
        raise InvalidParameterError(
            f"sample_weight must have shape ({n},), one for each sample, got {weights.shape}"
        )
    # Samples of weight 0 are left out later, and positions change. Messages name the user's.
    wrong = (weights != 0) & ~((weights >= 1 / MAX_VALUE) & (weights <= MAX_VALUE))
    if wrong.any():
        first = int(wrong.argmax())
        raise InvalidParameterError(
            f"sample_weight[{first}] must be 0 or within {1 / MAX_VALUE:g} to {MAX_VALUE:g}, "
            f"got {weights[first]}"
        )
    return weights


def with_weight(table: Table, weights: Floats) -> tuple[Table, Floats]:
    """Leave out the rows of weight 0, which have no say in the clusters."""
    kept = weights > 0
    if kept.all():
        return table, weights
    if not kept.any():
        raise InvalidParameterError(
            "sample_weight must be above zero for at least one sample, got zeros only"
        )
    return table[kept], weights[kept]


def total(values: Floats) -> float:
    """Add up, in one order: dot products of BLAS may take another on other threads."""
    return float(values.sum())


def canonical_order(centers: Floats) -> NDArray[np.intp]:
    """Positions by the first coordinate, those that tie by the second, and so on."""
    return np.lexsort(centers.T[::-1])


def padded(centers: Floats, k: int) -> Floats:
    """Repeat the last centre until there are k; no label leads to the repeats."""
    return centers[np.minimum(np.arange(k), len(centers) - 1)]

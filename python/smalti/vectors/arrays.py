"""Arrays of numbers, checked."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti.exceptions import InvalidParameterError

__all__ = ["as_numbers", "as_weights", "check_size"]

# Larger coordinates would overflow when they are squared and added up.
_MAX_VALUE = 1e90


def as_numbers(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return `values` as an array of real numbers of any shape and type."""
    try:
        array = np.asarray(values)
    except ValueError:  # a ragged list
        raise InvalidParameterError(f"{name} must be an array, got rows that differ") from None
    if array.dtype.kind not in "buif":
        raise InvalidParameterError(
            f"{name} must be an array of real numbers, got {type(values).__name__}"
        )
    return array


def check_size(name: str, array: NDArray[np.float64]) -> None:
    """Raise unless all numbers are finite and small enough to be squared."""
    wrong = ~(np.abs(array) <= _MAX_VALUE)
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        place = ", ".join(map(str, at))
        raise InvalidParameterError(
            f"{name}[{place}] must be a finite number up to {_MAX_VALUE:g}, got {array[at]}"
        )


def as_weights(
    sample_weight: ArrayLike | None, shape: tuple[int, ...]
) -> NDArray[np.float64] | None:
    """Return weights of `shape` as float64, finite and above 0; None stays None."""
    if sample_weight is None:
        return None
    given = as_numbers("sample_weight", sample_weight)
    if given.shape != shape:
        raise InvalidParameterError(
            f"sample_weight must have shape {shape}, one for each point, got {given.shape}"
        )
    weights = np.ascontiguousarray(given, dtype=np.float64)
    wrong = weights[~((weights > 0.0) & np.isfinite(weights))]
    if wrong.size:
        raise InvalidParameterError(
            f"sample_weight must be finite numbers above 0, got {wrong.flat[0]}"
        )
    return weights

"""Arrays of numbers, checked."""

import decimal
import numbers
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti.exceptions import InvalidParameterError

__all__ = [
    "MAX_VALUE",
    "Points",
    "as_floats",
    "as_numbers",
    "as_points",
    "as_weights",
    "check_size",
    "nonnegative_weights",
    "positive_weights",
    "size_error",
]

# Coordinates in either precision.
Points: TypeAlias = NDArray[np.float32] | NDArray[np.float64]

# Larger coordinates would overflow when they are squared and added up.
MAX_VALUE = 1e90


def as_numbers(name: str, values: ArrayLike) -> NDArray[Any]:
    """Return `values` as an array of real numbers of any shape and type.

    Objects that are real numbers, as in tables whose columns differ in type, become float64.
    """
    try:
        array = np.asarray(values)
        if array.dtype.kind in "buif":
            return array
        if array.dtype.kind == "O" and _other_than_a_number(array) is None:
            return array.astype(np.float64)
        got = _described(values, array)
    except (TypeError, ValueError, OverflowError):  # a ragged list, a whole number beyond 1e308
        got = type(values).__name__
    raise InvalidParameterError(f"{name} must be an array of real numbers, got {got}")


def _other_than_a_number(array: NDArray[np.object_]) -> Any:
    """Return the type of the first object that is not a real number; None if there is none."""
    others = (type(x) for x in array.flat if not isinstance(x, numbers.Real | decimal.Decimal))
    return next(others, None)


def _described(values: ArrayLike, array: NDArray[Any]) -> str:
    """Return what was given, by type, and what its elements are."""
    kind = type(values).__name__
    if array.ndim == 0:
        return kind
    if array.dtype.kind == "O":
        return f"{kind} of dtype object that holds {_other_than_a_number(array).__name__}"
    return f"{kind} of dtype {array.dtype}"


def as_floats(array: NDArray[Any]) -> Points:
    """Return numbers as contiguous floats: single precision where it holds them exactly.

    They are aligned, too, which arrays that came over a network need not be.
    """
    if array.dtype == np.float32 or array.dtype.itemsize < 4:
        return np.require(array, np.float32, ("C", "A"))
    return np.require(array, np.float64, ("C", "A"))


def as_points(name: str, values: ArrayLike) -> Points:
    """Return `values` as contiguous floats of shape (n, D)."""
    array = as_numbers(name, values)
    if array.ndim != 2:
        raise InvalidParameterError(f"{name} must have shape (n, D), got {array.shape}")
    return as_floats(array)


def check_size(name: str, array: Points) -> None:
    """Raise unless all numbers are finite and small enough to be squared."""
    limit = min(MAX_VALUE, float(np.finfo(array.dtype).max))
    if array.size and not -limit <= array.min() <= array.max() <= limit:  # as with NaN, too
        at = _first(~(np.abs(array) <= limit))
        raise size_error(name, at, array[at])


def size_error(name: str, at: tuple[int, ...], value: Any) -> InvalidParameterError:
    """Return the error for a number that is not finite or too large, with its place."""
    return InvalidParameterError(
        f"{_place(name, at)} must be a finite number up to {MAX_VALUE:g}, got {value}"
    )


def as_weights(
    sample_weight: ArrayLike | None, shape: tuple[int, ...]
) -> NDArray[np.float64] | None:
    """Return weights of `shape` as float64, whatever they are; None stays None."""
    if sample_weight is None:
        return None
    given = as_numbers("sample_weight", sample_weight)
    if given.shape != shape:
        raise InvalidParameterError(
            f"sample_weight must have shape {shape}, one for each point, got {given.shape}"
        )
    return np.ascontiguousarray(given, dtype=np.float64)


def positive_weights(
    sample_weight: ArrayLike | None, shape: tuple[int, ...]
) -> NDArray[np.float64] | None:
    """Return weights of `shape` as float64, finite and above 0; None stays None."""
    weights = as_weights(sample_weight, shape)
    if weights is not None:
        _check_weights(weights, weights > 0.0, "above 0")
    return weights


def nonnegative_weights(
    sample_weight: ArrayLike | None, shape: tuple[int, ...]
) -> NDArray[np.float64] | None:
    """Return weights of `shape` as float64, finite and 0 or above; None stays None."""
    weights = as_weights(sample_weight, shape)
    if weights is not None:
        _check_weights(weights, weights >= 0.0, "0 or above")
    return weights


def _check_weights(weights: NDArray[np.float64], allowed: NDArray[np.bool_], which: str) -> None:
    wrong = ~(allowed & np.isfinite(weights))
    if wrong.any():
        at = _first(wrong)
        raise InvalidParameterError(
            f"{_place('sample_weight', at)} must be finite and {which}, got {weights[at]}"
        )


def _first(wrong: NDArray[np.bool_]) -> tuple[int, ...]:
    """Return where the first true value is."""
    return tuple(int(i) for i in np.argwhere(wrong)[0])


def _place(name: str, at: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, at))}]" if at else name

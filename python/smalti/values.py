"""Results as values: nothing about them changes, and equal ones are ``==``.

A frozen dataclass keeps its attributes, but not what stands in their arrays, and its ``==`` asks an
array for its truth. `Value` does both. Read-only views cost nothing: no array is copied.
"""

from dataclasses import Field, FrozenInstanceError, fields, is_dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["Value", "counted", "read_only", "same"]

Scalar = TypeVar("Scalar", bound=np.generic)


def read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """Return a view of an array that nobody can write to; the array itself stays as it is."""
    view = array.view()
    view.flags.writeable = False
    return view


def same(a: Any, b: Any) -> bool:
    """Whether two attributes are equal; arrays are by shape and elements, NaN equal to NaN."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        numbers = a.dtype.kind in "fc" and b.dtype.kind in "fc"
        return np.array_equal(a, b, equal_nan=numbers)
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return False
    return bool(a == b)


def counted(number: int, thing: str) -> str:
    """Return a number of things for a ``repr``: "1 centroid", "1,000 centroids"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


class Value:
    """What results inherit: attributes that are set once, read-only arrays, equality, pickling.

    Dataclasses are to be declared with ``frozen=True, eq=False``. Values are equal when they are of
    one class and all attributes are equal but `provenance`: where a result came from makes no
    difference. They have no hash.
    """

    def __post_init__(self) -> None:
        self._protect(vars(self))

    def _protect(self, attributes: dict[str, Any]) -> None:
        """Set attributes, arrays as read-only views."""
        for name, value in list(attributes.items()):
            kept = read_only(value) if isinstance(value, np.ndarray) else value
            object.__setattr__(self, name, kept)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in vars(self):
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        self._protect({name: value})

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __setstate__(self, state: dict[str, Any]) -> None:
        # What was pickled, or copied with all it holds, comes back writeable.
        self._protect(state)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(same(value, getattr(other, name)) for name, value in self._compared())

    __hash__ = None  # type: ignore[assignment]

    def _compared(self) -> list[tuple[str, Any]]:
        """Return the attributes that make a value what it is, not those made from them."""
        left_out = {"provenance"} | {field.name for field in _fields(self) if not field.compare}
        return [
            (name, value)
            for name, value in vars(self).items()
            if not (name in left_out or isinstance(getattr(type(self), name, 0), cached_property))
        ]


def _fields(value: Any) -> tuple[Field[Any], ...]:
    return fields(value) if is_dataclass(value) else ()

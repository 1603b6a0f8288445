"""Results as values: nothing about them changes, and equal ones are ``==``.

A frozen dataclass alone keeps its attributes but not what stands in their arrays, and its ``==``
asks an array for its truth. `Value` adds both. Read-only views cost nothing: no array is copied.
"""

from dataclasses import dataclass, fields
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


@dataclass(frozen=True, eq=False)
class Value:
    """What frozen dataclasses of arrays inherit: read-only arrays, equality, pickling.

    To be declared with ``@dataclass(frozen=True, eq=False)``. Values of arrays have no hash.
    """

    def __post_init__(self) -> None:
        self._protect(vars(self))

    def _protect(self, attributes: dict[str, Any]) -> None:
        """Set attributes, arrays as read-only views."""
        for name, value in list(attributes.items()):
            kept = read_only(value) if isinstance(value, np.ndarray) else value
            object.__setattr__(self, name, kept)

    def __setstate__(self, state: dict[str, Any]) -> None:
        # What was pickled, or copied with all it holds, comes back writeable.
        self._protect(state)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        names = [field.name for field in fields(self) if field.compare]
        return all(same(getattr(self, name), getattr(other, name)) for name in names)

    __hash__ = None  # type: ignore[assignment]

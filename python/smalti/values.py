"""Results as values: nothing about them changes, and equal ones are ``==``.

A frozen dataclass keeps its attributes, but not what stands in their arrays, and its ``==`` asks an
array for its truth. `Value` does both. Read-only views cost nothing: no array is copied. What the
core has made becomes an array when it is first asked for.
"""

import sys
from dataclasses import Field, FrozenInstanceError, fields, is_dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from smalti.raw_array import RawArray

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Scalar = TypeVar("Scalar", bound=np.generic)

__all__ = ["Value", "counted", "read_only", "same"]

# The attribute in which arrays are kept as the core has made them, by name.
_RAW = "_raw"


def read_only(array: "NDArray[Scalar]") -> "NDArray[Scalar]":
    """Return a view of an array that nobody can write to; the array itself stays as it is."""
    view = array.view()
    view.flags.writeable = False
    return view


def _is_array(value: Any) -> bool:
    """Whether something is NumPy's; without NumPy nothing is.

    Another thread may be importing NumPy just now. Until it has the name there are no arrays.
    """
    return isinstance(value, getattr(sys.modules.get("numpy"), "ndarray", ()))


def same(a: Any, b: Any) -> bool:
    """Whether two attributes are equal; arrays are by shape and elements, NaN equal to NaN."""
    if _is_array(a) and _is_array(b):
        import numpy as np

        numbers = a.dtype.kind in "fc" and b.dtype.kind in "fc"
        return np.array_equal(a, b, equal_nan=numbers)
    if _is_array(a) or _is_array(b):
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
            if isinstance(value, RawArray):
                vars(self).pop(name, None)
                vars(self).setdefault(_RAW, {})[name] = value
            else:
                kept = read_only(value) if _is_array(value) else value
                object.__setattr__(self, name, kept)

    @property
    def _raw_arrays(self) -> dict[str, RawArray]:
        raw: dict[str, RawArray] = vars(self).get(_RAW, {})
        return raw

    def _as_made(self, name: str) -> Any:
        """Return an array as the core takes it: a `RawArray` if the core has made it."""
        made = self._raw_arrays.get(name)
        return getattr(self, name) if made is None else made

    if not TYPE_CHECKING:  # which would allow attributes of any name

        def __getattr__(self, name: str) -> Any:
            """Make an array of what the core has made."""
            made = self._raw_arrays.get(name)
            if made is None:
                # Raises what led here, such as an error within a property.
                return object.__getattribute__(self, name)
            return vars(self).setdefault(name, made.array())

    def __dir__(self) -> list[str]:
        return [*{*super().__dir__(), *self._raw_arrays}]

    def __setattr__(self, name: str, value: Any) -> None:
        if name in vars(self) or name in self._raw_arrays:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        self._protect({name: value})

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __getstate__(self) -> dict[str, Any]:
        # What an array was made of is enough.
        raw = self._raw_arrays
        return {name: value for name, value in vars(self).items() if name not in raw}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Unpickled and deep-copied arrays are writeable again.
        self._protect(state)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(same(value, getattr(other, name)) for name, value in self._compared())

    __hash__ = None  # type: ignore[assignment]

    def _compared(self) -> list[tuple[str, Any]]:
        """Return the attributes that were set, not those computed from them."""
        left_out = {"provenance", _RAW}
        left_out |= {field.name for field in _fields(self) if not field.compare}
        return [
            (name, getattr(self, name))
            for name in {**vars(self), **self._raw_arrays}
            if not (name in left_out or isinstance(getattr(type(self), name, 0), cached_property))
        ]


def _fields(value: Any) -> tuple[Field[Any], ...]:
    return fields(value) if is_dataclass(value) else ()

"""Arrays where NumPy is not needed: the core hands them over, and takes them, as bytes.

NumPy takes about a tenth of a second to be imported (``python -m bench startup``). So an image file
becomes a smaller one without it. Whoever asks for an array gets one, which shares the bytes.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RawArray", "as_array_later"]


class RawArray(NamedTuple):
    """The bytes of a C-contiguous array.

    Attributes
    ----------
    data : bytes
    shape : tuple of int
    dtype : str
        What NumPy calls the type of its elements, in the machine's byte order.
    """

    data: bytes
    shape: tuple[int, ...]
    dtype: str

    def array(self) -> "NDArray[Any]":
        """Return the array, which cannot be written to."""
        import numpy as np

        return np.frombuffer(self.data, dtype=self.dtype).reshape(self.shape)


def as_array_later(parts: tuple[bytes, tuple[int, ...], str]) -> Any:
    """Return what the core has made, for an attribute of a `Value` that is an array."""
    return RawArray(*parts)

"""What every compressed picture can do, whatever its indices stand for."""

import abc
import io
import os
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.files import write_atomically
from smalti.measure.metrics import difference_map
from smalti.measure.report import Report, report
from smalti.validation import whole_number

if TYPE_CHECKING:
    from PIL import Image

    from smalti.sources.source_image import SourceImage

__all__ = ["Compressed", "check_arrays"]


class Compressed(abc.ABC):
    """A picture as a codebook and indices into it.

    Attributes
    ----------
    indices : unsigned array, two-dimensional
        Positions in the codebook, in the smallest type that holds them.
    original_bits : int
        Bits of the original, uncompressed.
    source : SourceImage or None
        The original, if it is at hand.
    """

    def __init__(
        self,
        indices: NDArray[np.unsignedinteger[Any]],
        original_bits: int,
        source: "SourceImage | None",
    ) -> None:
        self.indices = indices
        self.original_bits = whole_number("original_bits", original_bits, 1)
        self.source = source

    @property
    @abc.abstractmethod
    def shape(self) -> tuple[int, int]:
        """Height and width of the picture in pixels."""

    @property
    @abc.abstractmethod
    def k(self) -> int:
        """Number of entries of the codebook."""

    @property
    @abc.abstractmethod
    def codebook_bits(self) -> int:
        """Bits of the codebook: 8 a sample."""

    @abc.abstractmethod
    def reconstruct(self) -> NDArray[np.uint8]:
        """Replace every index by what it stands for: uint8, shape (H, W, 3) or (H, W, 4)."""

    def to_pillow(self) -> "Image.Image":
        """Return a Pillow image of mode RGB or RGBA."""
        from PIL import Image

        return Image.fromarray(self.reconstruct())

    def _repr_png_(self) -> bytes:
        """Show the picture in notebooks."""
        buffer = io.BytesIO()
        self.to_pillow().save(buffer, "PNG")
        return buffer.getvalue()

    @abc.abstractmethod
    def to_bytes(
        self,
        format: str,  # noqa: A002 - Pillow's and the API's name for it
        *,
        effort: int | None = None,
        progress: Callable[[str, float], object] | None = None,
    ) -> bytes:
        """Encode the picture."""

    @staticmethod
    @abc.abstractmethod
    def _format_of(path: str | os.PathLike[str]) -> str:
        """Return the format that a file name asks for."""

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        effort: int | None = None,
        overwrite: bool = True,
    ) -> int:
        """Write the picture to a file, whole or not at all.

        Parameters
        ----------
        path : path
            Ends in .png, .webp or .npz, which decides the format; in .npz for a picture in blocks.
        effort : int, optional
            As in `to_bytes`.
        overwrite : bool, default: True
            Whether an existing file may be replaced.

        Returns
        -------
        int
            Bytes written.

        Raises
        ------
        InvalidParameterError, MissingExtraError
            For any other ending, and as in `to_bytes`.
        ImageWriteError
            If the file exists and may not be overwritten, or cannot be written.
        """
        data = self.to_bytes(self._format_of(path), effort=effort)
        return write_atomically(path, data, overwrite=overwrite)

    def difference_map(self) -> NDArray[np.uint8]:
        """Show where the colours went wrong, and how far: uint8, shape (H, W, 3).

        The original and the picture compared by `smalti.metrics.difference_map`: black where
        they agree, white where local means differ by 20 or more.

        Raises
        ------
        InvalidParameterError
            If the original is not at hand: the picture was loaded from a file.
        """
        if self.source is None:
            raise InvalidParameterError(
                "a picture loaded from a file has no original to compare with; use "
                "smalti.metrics.difference_map(original, picture.reconstruct())"
            )
        return difference_map(self.source, self.reconstruct())

    def report(self) -> Report:
        """Bits and errors; measured at the first call."""
        return self._report

    @cached_property
    def _report(self) -> Report:
        original = None if self.source is None else self.source.pixels
        return report(self, original)


def check_arrays(**values: Any) -> None:
    """Refuse what is no NumPy array: parts of a picture are kept as they are given."""
    for name, value in values.items():
        if not isinstance(value, np.ndarray):
            raise InvalidParameterError(f"{name} must be a NumPy array, got {type(value).__name__}")

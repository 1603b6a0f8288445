"""What every compressed picture can do, whatever its indices stand for."""

import abc
import io
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.files import Target, is_file_object, write
from smalti.inputs import read_input, read_original
from smalti.measure.report import Report, report
from smalti.progress import Progress
from smalti.sources.provenance import Provenance
from smalti.sources.source_image import SourceImage
from smalti.validation import whole_number
from smalti.values import Value, same

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import DTypeLike, NDArray
    from PIL import Image

    from smalti.raw_array import RawArray
    from smalti.sources.read import ImageSource

__all__ = ["PictureBase", "check_arrays"]


@dataclass(frozen=True, eq=False, repr=False)
class PictureBase(Value, abc.ABC):
    """What `CompressedImage` and `BlockImage` share: indices into a codebook.

    Attributes
    ----------
    indices : unsigned array, two-dimensional
        Positions in the codebook, in the smallest type that holds them.
    original_bits : int
        Bits of the original, uncompressed.
    provenance : Provenance or None
        Where the original is; None if that is not known, as of pictures loaded from files.
    """

    indices: "NDArray[np.unsignedinteger[Any]]"
    _: KW_ONLY
    original_bits: int
    provenance: Provenance | None = None

    def __post_init__(self) -> None:
        bits = whole_number("original_bits", self.original_bits, 1)
        object.__setattr__(self, "original_bits", bits)
        super().__post_init__()

    @property
    @abc.abstractmethod
    def k(self) -> int:
        """Number of entries of the codebook."""

    @property
    @abc.abstractmethod
    def codebook_bits(self) -> int:
        """Bits of the codebook: 8 a sample."""

    @abc.abstractmethod
    def reconstruct(self) -> "NDArray[np.uint8]":
        """Return every index as what it stands for: uint8, shape (H, W, 3) or (H, W, 4)."""

    def _shown(self) -> "RawArray | NDArray[np.uint8]":
        """Return what `reconstruct` does, as the core takes it."""
        return self.reconstruct()

    def __array__(
        self, dtype: "DTypeLike | None" = None, copy: bool | None = None
    ) -> "NDArray[Any]":
        """Return what `reconstruct` does, for NumPy and all that takes its arrays."""
        if copy is False:
            raise ValueError("the pixels of a compressed picture are made anew for every array")
        picture = self.reconstruct()
        return picture if dtype is None else picture.astype(dtype, copy=False)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        # Pictures of one kind with equal codebooks and indices are equal, whatever their pixels.
        return self._is_stored_as(other) or same(self.reconstruct(), other.reconstruct())

    __hash__ = None  # type: ignore[assignment]

    @abc.abstractmethod
    def _is_stored_as(self, other: Any) -> bool:
        """Whether another picture of this kind has the same codebook and indices."""

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
        progress: Progress | None = None,
    ) -> bytes:
        """Encode the picture."""

    @staticmethod
    @abc.abstractmethod
    def _format_of(path: Any) -> str:
        """Return the format that a file name asks for."""

    def save(
        self,
        path: Target,
        *,
        format: str | None = None,  # noqa: A002 - Pillow's and the API's name for it
        effort: int | None = None,
        overwrite: bool = True,
    ) -> int:
        """Write the picture to a file, whole or not at all.

        Parameters
        ----------
        path : path, URL or binary file object
            A URL is one of fsspec's that can be written to, such as ``s3://`` or ``memory://``.
        format : str, optional
            As in `to_bytes`; needed for a file object. Default: what the ending of the path or
            URL says: .png, .webp or .npz, and .npz for a picture in blocks.
        effort : int, optional
            As in `to_bytes`.
        overwrite : bool, default: True
            Whether an existing file may be replaced. A file object is written to where it stands.

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
        if format is None:
            if is_file_object(path):
                raise InvalidParameterError(
                    "format must be given where a file object is written to, such as 'npz'"
                )
            format = self._format_of(path)  # noqa: A001
        return write(path, self.to_bytes(format, effort=effort), overwrite=overwrite)

    def difference_map(self, original: "ImageSource | None" = None) -> "NDArray[np.uint8]":
        """Return where the colours went wrong, and how far: uint8, shape (H, W, 3).

        The original and the picture compared by `smalti.metrics.difference_map`: black where
        they agree, white where local means differ by 20 or more.

        Parameters
        ----------
        original : path, URL, bytes, file, Pillow image, array or SourceImage, optional
            Default: what `provenance` reads again.

        Returns
        -------
        uint8 array, shape (H, W, 3)

        Raises
        ------
        InvalidParameterError
            If no original is given or known, or it has another shape.
        ImageReadError
            If the original cannot be read.
        """
        from smalti.measure.metrics import difference_map

        picture = self.reconstruct()
        source = _like(read_original(original, self.provenance), picture)
        return difference_map(source, picture)

    def report(self, original: "ImageSource | None" = None) -> Report:
        """Return bits and errors.

        Parameters
        ----------
        original : path, URL, bytes, file, Pillow image, array or SourceImage, optional
            What errors are measured against. Default: what `provenance` reads again. Without one,
            as of pictures loaded from files, there are no errors in the report.

        Returns
        -------
        Report
            Measured once for the original that was compressed.

        Raises
        ------
        InvalidParameterError
            If the original has another shape.
        ImageReadError
            If the original cannot be read, or has changed since it was compressed.
        """
        if original is None:
            return self._report
        source = read_input(original)
        if self.provenance is None or not self.provenance.is_of(source):
            return self._measured(source)
        if "_report" not in vars(self):
            vars(self)["_report"] = self._measured(source, vars(self).get("_score"))
        return self._report

    @cached_property
    def _report(self) -> Report:
        source = None if self.provenance is None else self.provenance.read()
        return self._measured(source, vars(self).get("_score"))

    def _score_of_original(self, source: SourceImage) -> float:
        """Return the SSIMULACRA2 alone; `source` must be the image that was compressed."""
        known: float | None = vars(self).get("_score")
        if known is not None:
            return known
        picture = self._shown()
        return _core.ssimulacra2(_like(source, picture)._as_made("pixels"), picture)

    def _shows(self, source: SourceImage) -> bool:
        """Whether the picture looks as its original does in every pixel."""
        picture = self._shown()
        return _core.mse(_like(source, picture)._as_made("pixels"), picture) == 0

    def _measured(self, source: SourceImage | None, score: float | None = None) -> Report:
        pictures = None
        if source is not None:
            picture = self._shown()
            pictures = _like(source, picture)._as_made("pixels"), picture
        return report(
            self._as_made("indices"),
            self.k,
            codebook_bits=self.codebook_bits,
            original_bits=self.original_bits,
            pictures=pictures,
            known_score=score,
        )


def _like(source: SourceImage, picture: "RawArray | NDArray[np.uint8]") -> SourceImage:
    """Return an original with alpha if the palette that was given for it has some."""
    return source.with_alpha() if picture.shape[2] > source.shape[2] else source


def check_arrays(**values: Any) -> None:
    """Refuse values that are not NumPy arrays: parts of a picture are not converted."""
    import numpy as np

    for name, value in values.items():
        if not isinstance(value, np.ndarray):
            raise InvalidParameterError(f"{name} must be a NumPy array, got {type(value).__name__}")

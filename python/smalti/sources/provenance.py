"""Where an image came from, so that it can be read again instead of being kept."""

import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from smalti.exceptions import ImageReadError
from smalti.raw_array import RawArray
from smalti.sources.note import Note
from smalti.sources.read import read
from smalti.sources.source_image import SourceImage
from smalti.validation import pixel_limit

if TYPE_CHECKING:
    from smalti.sources.source_image import Pixels

__all__ = ["Provenance"]


@dataclass(frozen=True)
class Provenance:
    """Where an image came from, without its pixels.

    Provenances are equal when pixels, names and notes of their images are. `Provenance.of` makes
    them.

    Parameters
    ----------
    name, original_bits, file_bytes, shape, notes, checksum, pixel_size
        The attributes.
    _given
        What was read: a path or URL, the bytes of a file, the caller's array or Pillow image, or
        one of these with how it was read.

    Attributes
    ----------
    name : str
        What to call the image in messages.
    original_bits : int
        Bits that it takes uncompressed, as in `SourceImage`.
    file_bytes : int or None
        Length of the file, if it came from one.
    shape : (int, int, int)
        Height, width and channels of its pixels.
    notes : tuple of Note
        What there was to tell when it was read.
    checksum : int
        CRC-32 of its pixels, their shape and type.
    pixel_size : float or None
        Side of a pixel in micrometres, if that is known.
    """

    name: str
    original_bits: int
    file_bytes: int | None
    shape: tuple[int, int, int]
    notes: tuple[Note, ...]
    checksum: int
    pixel_size: float | None
    _given: Any = field(repr=False, compare=False)

    @classmethod
    def of(cls, source: SourceImage) -> "Provenance":
        """Return where an image came from.

        Parameters
        ----------
        source : SourceImage
            The image. Its pixels are looked at now, for the checksum.

        Returns
        -------
        Provenance
        """
        return cls(
            source.name,
            source.original_bits,
            source.file_bytes,
            source.shape,
            source.notes,
            _checksum(source._as_made("pixels")),
            source.pixel_size,
            source.given,
        )

    def read(self, max_pixels: int | None = None) -> SourceImage:
        """Read the image again.

        Parameters
        ----------
        max_pixels : int, optional
            As in `smalti.sources.read.read`. Default: as there, but no fewer than the image had.

        Returns
        -------
        SourceImage

        Raises
        ------
        ImageReadError
            If it is not known where it came from, if it cannot be read any more, or if it is not
            the same any more.
        """
        if self._given is None:
            raise ImageReadError(
                f"{self.name}: cannot be read again, for only its pixels were given: pass it as "
                "the original"
            )
        if max_pixels is None:
            # The image had as many before, allowed by its reader.
            max_pixels = max(pixel_limit(None), self.shape[0] * self.shape[1])
        from smalti.sources.samples import Samples

        if isinstance(self._given, Samples):
            source = self._given.read(max_pixels)
        else:
            source = read(self._given, max_pixels=max_pixels)
        if not self.is_of(source):
            raise ImageReadError(f"{self.name}: has changed since it was read")
        return replace(source, name=self.name)

    def is_of(self, source: SourceImage) -> bool:
        """Return whether an image has the pixels that this one had.

        Parameters
        ----------
        source : SourceImage

        Returns
        -------
        bool
        """
        return _checksum(source._as_made("pixels")) == self.checksum


def _checksum(pixels: "RawArray | Pixels") -> int:
    """Return a number that other pixels, or another shape or type of them, hardly have, too."""
    if isinstance(pixels, RawArray):
        kind, data = pixels.dtype, memoryview(pixels.data)
    else:
        import numpy as np

        kind, data = pixels.dtype.name, np.ascontiguousarray(pixels).data
    return zlib.crc32(data, zlib.crc32(f"{kind}{pixels.shape}".encode()))

"""The image as smalti works on it: sRGB pixels, and what is known of their origin."""

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from smalti.sources.note import Note
from smalti.values import Value

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Bands", "Pixels", "SourceImage"]


Pixels: TypeAlias = "NDArray[np.uint8] | NDArray[np.uint16]"
"""Samples of shape (H, W, C)."""


@dataclass(frozen=True, eq=False)
class Bands(Value):
    """Samples that are compared in place of colours.

    Attributes
    ----------
    values : array of bool, whole numbers or floats, shape (H, W, C)
        Finite; 0 where there is no data.
    limits : tuple of (float, float)
        For each band what is shown as black and as white, the first below the second.
    """

    values: "NDArray[Any]"
    limits: tuple[tuple[float, float], ...]

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        height, width = self.values.shape[:2]
        return height, width

    @property
    def count(self) -> int:
        """Number of bands."""
        return int(self.values.shape[2])

    def unit(self, band: int, limits: tuple[float, float]) -> "NDArray[np.float32]":
        """Return a band, shape (H, W), from 0 at the lower to 1 at the upper of two limits."""
        import numpy as np

        low, high = limits
        scaled = (self.values[..., band].astype(np.float64) - low) / (high - low)
        return scaled.astype(np.float32)


@dataclass(frozen=True, eq=False, repr=False)
class SourceImage(Value):
    """An image as smalti works on it.

    Images with equal attributes but `given` and `palette` are equal. Attributes cannot be set, nor
    pixels written to.

    Attributes
    ----------
    pixels : uint8 or uint16 array, shape (H, W, 3) or (H, W, 4)
        sRGB with straight alpha; greyscale is repeated in red, green and blue.
    original_bits : int
        Bits that the image takes uncompressed in the form it came in: samples times bits a
        sample, so 8 a pixel for 8-bit greyscale, 24 for RGB, 64 for 16-bit RGBA.
    name : str
        What to call it in messages: the path or URL, or the kind of object.
    file_bytes : int or None
        Length of the file, if it came from one.
    notes : tuple of Note
        What there is to tell of it: further frames, a profile that cannot be used, and the like.
    pixel_size : float or None
        Side of a pixel in micrometres, if the file tells it.
    given : path, URL, bytes, Pillow image, array or None
        What it was read from, by which `Provenance` reads it again; None if that is not known.
    palette : uint8 array, shape (K, 3) or (K, 4), or None
        The colours that its file lists, in the file's order; of PNG and
        GIF; None if it lists none.
    bands : Bands or None
        What segmentation compares, if that is not the colours: then `pixels` only show it.
    """

    pixels: Pixels
    original_bits: int
    name: str
    file_bytes: int | None = None
    notes: tuple[Note, ...] = ()
    pixel_size: float | None = None
    given: Any = field(default=None, compare=False)
    # A plain default would be an attribute of the class and hide the array that is made later.
    palette: "NDArray[np.uint8] | None" = field(default_factory=lambda: None, compare=False)
    bands: Bands | None = None

    @property
    def samples(self) -> "Pixels | Bands":
        """What segmentation compares: the bands, or else the pixels."""
        return self.pixels if self.bands is None else self.bands

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the pixels."""
        height, width, channels = self._as_made("pixels").shape
        return height, width, channels

    def __repr__(self) -> str:
        height, width, channels = self.shape
        kind = self._as_made("pixels").dtype
        return f"<SourceImage {self.name!r}, {width} x {height}, {channels} x {kind}>"

    def with_alpha(self) -> "SourceImage":
        """Return the image with an opaque alpha channel beside its three others."""
        import numpy as np

        opaque = np.full_like(self.pixels[..., :1], np.iinfo(self.pixels.dtype).max)
        return replace(self, pixels=np.concatenate([self.pixels, opaque], axis=2))

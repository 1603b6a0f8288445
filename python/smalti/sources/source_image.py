"""The image as smalti works on it: sRGB pixels, and what is known of their origin."""

from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.sources.note import Note
from smalti.values import Value

__all__ = ["Bands", "Pixels", "SourceImage", "rgb_or_rgba", "unsigned"]


Pixels: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16]
"""Samples of shape (H, W, C)."""


# The largest samples.
_EIGHT_BITS, _SIXTEEN_BITS = 255, 65535


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

    values: NDArray[Any]
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

    def unit(self, band: int, limits: tuple[float, float]) -> NDArray[np.float32]:
        """Return a band, shape (H, W), from 0 at the lower to 1 at the upper of two limits."""
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
        The colours that its file lists, in the file's order; None if it lists none, or in a format
        that smalti does not write.
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
    palette: NDArray[np.uint8] | None = field(default=None, compare=False)
    bands: Bands | None = None

    @property
    def samples(self) -> "Pixels | Bands":
        """What segmentation compares: the bands, or else the pixels."""
        return self.pixels if self.bands is None else self.bands

    def __repr__(self) -> str:
        height, width, channels = self.pixels.shape
        return f"<SourceImage {self.name!r}, {width} x {height}, {channels} x {self.pixels.dtype}>"

    def with_alpha(self) -> "SourceImage":
        """Return the image with an opaque alpha channel beside its three others."""
        opaque = np.full_like(self.pixels[..., :1], np.iinfo(self.pixels.dtype).max)
        return replace(self, pixels=np.concatenate([self.pixels, opaque], axis=2))


def unsigned(array: NDArray[Any], name: str) -> Pixels:
    """Return samples as uint8 or uint16: floats from 0 to 1, other integers by the largest."""
    if array.dtype.newbyteorder("=") in (np.uint8, np.uint16):
        return array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.dtype == bool:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind in "iu":
        return _whole(array, name)
    if array.dtype.kind != "f":
        raise InvalidParameterError(
            f"{name} has dtype {array.dtype}, but whole numbers, bool or float are needed"
        )
    low, high = float(array.min()), float(array.max())
    if not (low >= 0.0 and high <= 1.0):
        raise InvalidParameterError(
            f"{name} has float values from {low:g} to {high:g}, but they must lie in 0 to 1"
        )
    # float16 does not reach 65535.
    wide = array.astype(np.result_type(array, np.float32), copy=False)
    return np.rint(wide * 65535.0).astype(np.uint16)


def _whole(array: NDArray[Any], name: str) -> Pixels:
    """Return integers of other types as samples of 8 bits if they fit, else as such of 16."""
    low, high = int(array.min()), int(array.max())
    if not 0 <= low <= high <= _SIXTEEN_BITS:
        raise InvalidParameterError(
            f"{name} has values from {low} to {high} and dtype {array.dtype}, but whole numbers "
            f"must lie in 0 to {_SIXTEEN_BITS}: 8 bits up to {_EIGHT_BITS}, else 16"
        )
    return array.astype(np.uint8) if high <= _EIGHT_BITS else array.astype(np.uint16)


def rgb_or_rgba(samples: NDArray[Any]) -> Pixels:
    """Return contiguous samples of shape (H, W, 3 or 4), greyscale repeated."""
    array = samples[:, :, np.newaxis] if samples.ndim == 2 else samples
    if array.shape[2] <= 2:
        # Grey, or grey and alpha.
        array = array[..., [0, 0, 0, *range(1, array.shape[2])]]
    return np.ascontiguousarray(array)

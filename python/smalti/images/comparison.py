"""Two image files, one judged by the other."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.images import load
from smalti.images.compressed_image import CompressedImage
from smalti.inputs import warn_of
from smalti.measure.metrics import difference_map, psnr_of_mse
from smalti.sources.read import ImageSource
from smalti.sources.source_image import Pixels, SourceImage
from smalti.values import Value

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Value):
    """How far a file's picture is from another's.

    Comparisons with equal attributes are equal. Attributes cannot be set, nor arrays written to.

    Attributes
    ----------
    width, height : int
        Pixels of both, upright.
    reference_bytes, distorted_bytes : int or None
        Lengths of the files.
    mse, psnr, ssimulacra2, worst_local_error : float
        See `smalti.metrics`.
    worst_at : (int, int)
        x and y of the middle of the window where the local error is largest, counted from 0 at
        the upper left; the first in reading order.
    reference, distorted : uint8 or uint16 array, shape (H, W, 3) or (H, W, 4)
        What was compared, of equal channels.
    """

    width: int
    height: int
    reference_bytes: int | None
    distorted_bytes: int | None
    mse: float
    psnr: float
    ssimulacra2: float
    worst_local_error: float
    worst_at: tuple[int, int]
    reference: Pixels
    distorted: Pixels

    def __repr__(self) -> str:
        return (
            f"<Comparison of two pictures of {self.width} x {self.height}: "
            f"MSE {self.mse:.4g}, PSNR {self.psnr:.2f} dB, SSIMULACRA2 {self.ssimulacra2:.2f}>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the figures by name, without the pictures."""
        x, y = self.worst_at
        return {
            "width": self.width,
            "height": self.height,
            "reference_bytes": self.reference_bytes,
            "distorted_bytes": self.distorted_bytes,
            "mse": self.mse,
            "psnr": self.psnr,
            "ssimulacra2": self.ssimulacra2,
            "worst_local_error": self.worst_local_error,
            "worst_x": x,
            "worst_y": y,
        }

    def difference_map(self) -> CompressedImage:
        """Return `smalti.metrics.difference_map` as a picture of 256 greys, to be saved."""
        grey = np.ascontiguousarray(difference_map(self.reference, self.distorted)[..., 0])
        palette = np.repeat(np.arange(256, dtype=np.uint8)[:, np.newaxis], 3, axis=1)
        bits = 8 * grey.size
        return CompressedImage(grey, palette, palette.astype(np.float64), original_bits=bits)


def compare(
    reference: ImageSource, distorted: ImageSource, *, max_pixels: int | None = None
) -> Comparison:
    """Compare two image files.

    Parameters
    ----------
    reference, distorted : path, URL, bytes, binary file object or SourceImage
        Files of any format that smalti reads, ``.npz`` among them. Where only one has an alpha
        channel, the other is taken as opaque.
    max_pixels : int, optional
        As in `smalti.load`.

    Returns
    -------
    Comparison

    Raises
    ------
    ImageReadError
        If a file cannot be read as an image.
    InvalidParameterError
        If the images have different sizes, or `max_pixels` is below 1.

    Warns
    -----
    ImageReadWarning
        If there is more in a file than the picture.
    """
    original, other = _picture(reference, max_pixels), _picture(distorted, max_pixels)
    first, second = original.pixels, other.pixels
    (height, width), (other_height, other_width) = first.shape[:2], second.shape[:2]
    if (height, width) != (other_height, other_width):
        raise InvalidParameterError(
            f"{other.name}: is {other_width} x {other_height}, but {original.name} is "
            f"{width} x {height}; only images of one size can be compared"
        )
    if first.shape != second.shape:
        first, second = _with_alpha(first), _with_alpha(second)
    mse = _core.mse(first, second)
    worst, place = _core.local_error(first, second)
    return Comparison(
        width=width,
        height=height,
        reference_bytes=original.file_bytes,
        distorted_bytes=other.file_bytes,
        mse=mse,
        psnr=psnr_of_mse(mse),
        ssimulacra2=_core.ssimulacra2(first, second),
        worst_local_error=worst,
        worst_at=place,
        reference=first,
        distorted=second,
    )


def _picture(file: ImageSource, max_pixels: int | None) -> SourceImage:
    """Return a file's picture; what was read before is taken as it is."""
    if isinstance(file, SourceImage):
        return file
    data, reading = load.begin(file, max_pixels)
    picture = load.source_from_bytes(data, reading)
    warn_of(picture.notes)
    return picture


def _with_alpha(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4:
        return pixels
    opaque = np.full_like(pixels[..., :1], np.iinfo(pixels.dtype).max)
    return np.concatenate([pixels, opaque], axis=2)

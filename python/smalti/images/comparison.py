"""Two image files, one judged by the other."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.images import load
from smalti.images.compressed_image import CompressedImage
from smalti.measure.metrics import difference_map, psnr_of_mse
from smalti.sources import decode
from smalti.sources.read import ImageSource, read_bytes
from smalti.sources.source_image import Pixels

__all__ = ["Comparison", "compare"]


@dataclass(frozen=True)
class Comparison:
    """How far a file's picture is from another's.

    Attributes
    ----------
    width, height : int
        Pixels of both, upright.
    reference_bytes, distorted_bytes : int
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
    reference_bytes: int
    distorted_bytes: int
    mse: float
    psnr: float
    ssimulacra2: float
    worst_local_error: float
    worst_at: tuple[int, int]
    reference: Pixels
    distorted: Pixels

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


def compare(reference: ImageSource, distorted: ImageSource) -> Comparison:
    """Compare two image files.

    Parameters
    ----------
    reference, distorted : path, URL, bytes or binary file object
        Files of any format that smalti reads, ``.npz`` among them. Where only one has an alpha
        channel, the other is taken as opaque.

    Raises
    ------
    ImageReadError
        If a file cannot be read as an image.
    InvalidParameterError
        If the images have different sizes.
    """
    first, first_bytes, first_name = _pixels(reference)
    second, second_bytes, second_name = _pixels(distorted)
    (height, width), (other_height, other_width) = first.shape[:2], second.shape[:2]
    if (height, width) != (other_height, other_width):
        raise InvalidParameterError(
            f"{second_name}: is {other_width} x {other_height}, but {first_name} is "
            f"{width} x {height}; only images of one size can be compared"
        )
    if first.shape != second.shape:
        first, second = _with_alpha(first), _with_alpha(second)
    mse = _core.mse(first, second)
    worst, place = _core.local_error(first, second)
    return Comparison(
        width=width,
        height=height,
        reference_bytes=first_bytes,
        distorted_bytes=second_bytes,
        mse=mse,
        psnr=psnr_of_mse(mse),
        ssimulacra2=_core.ssimulacra2(first, second),
        worst_local_error=worst,
        worst_at=place,
        reference=first,
        distorted=second,
    )


def _pixels(file: ImageSource) -> tuple[Pixels, int, str]:
    """Return a file's picture, its length and what to call it."""
    data, name = read_bytes(file)
    if load.is_npz(data):
        return load.from_bytes(data, name).reconstruct(), len(data), name
    return decode.from_bytes(data, name).pixels, len(data), name


def _with_alpha(pixels: Pixels) -> Pixels:
    if pixels.shape[2] == 4:
        return pixels
    opaque = np.full_like(pixels[..., :1], np.iinfo(pixels.dtype).max)
    return np.concatenate([pixels, opaque], axis=2)

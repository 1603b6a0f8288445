"""Arrays as images: which shapes and types are read, and what stands for pixels without data.

Masked arrays (`numpy.ma`) and NaN say where there is no data. Such a pixel becomes fully
transparent: pictures show nothing there, and segmentation gives it no class.
"""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.formats.archive import NPY_MAGIC, ZIP_MAGIC
from smalti.sources.reading import Reading
from smalti.sources.source_image import Pixels, SourceImage
from smalti.validation import pixel_limit

__all__ = [
    "as_array",
    "cleared",
    "from_array",
    "from_array_in_file",
    "from_numpy_file",
    "rgb_or_rgba",
    "unsigned",
    "without_gaps",
]

Make: TypeAlias = Callable[[NDArray[Any], str], SourceImage]
"""What makes an image of an array and the name that messages call it."""

# The largest samples.
_EIGHT_BITS, _SIXTEEN_BITS = 255, 65535

# Four bands of double precision.
_MAX_BYTES_PER_PIXEL = 32

# Bands of grey, grey with alpha, RGB and RGBA.
_BANDS = (1, 2, 3, 4)


def from_array(source: ArrayLike, name: str = "the image array") -> SourceImage:
    """Make an image of an array; `smalti.sources.read.read` tells which.

    Raises
    ------
    InvalidParameterError
        If it has another shape, dtype or range of values.
    """
    array = as_array(source, name)
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in _BANDS)):
        more = "; smalti.segment and smalti.superpixels take more" if array.ndim == 3 else ""
        raise InvalidParameterError(
            f"{name} must have shape (H, W) or (H, W, C) of 1 to 4 bands (grey, grey and alpha, "
            f"RGB or RGBA), got {array.shape}{more}"
        )
    if array.size == 0:
        raise InvalidParameterError(
            f"{name} has shape {array.shape}, but at least one pixel is needed"
        )
    samples, gaps = without_gaps(array)
    pixels = cleared(rgb_or_rgba(unsigned(samples, name)), gaps)
    # Whole numbers of more bytes are samples of 8 or 16 bits all the same.
    counted = pixels if array.dtype.kind in "iu" else array
    bits = 1 if array.dtype == bool else 8 * counted.dtype.itemsize
    # They may be the caller's own: what is made of them keeps a checksum, which tells of changes.
    return SourceImage(pixels, array.size * bits, name)


def as_array(source: ArrayLike, name: str = "the image array") -> NDArray[Any]:
    """Return an array, masked if it was, of numbers.

    Raises
    ------
    InvalidParameterError
        If it is none.
    """
    try:
        array = np.asanyarray(source)
    except ValueError as error:  # a ragged list
        raise InvalidParameterError(f"{name} cannot be made an array: {error}") from None
    if array.dtype == object:
        raise InvalidParameterError(
            "an image must be a path, URL, bytes, file, Pillow image or array of numbers, "
            f"got {type(source).__name__}"
        )
    return array


def from_numpy_file(data: bytes, reading: Reading, make: Make = from_array) -> SourceImage | None:
    """Make an image of a .npy file, or of the only array in a .npz; None if it is neither.

    Parameters
    ----------
    data : bytes
    reading : Reading
    make : callable, optional
        What makes an image of an array and its name. Default: `from_array`.

    Raises
    ------
    ImageReadError
        If there are several arrays, or the array is no image or larger than allowed.
    """
    array = _array_in(data, reading)
    return None if array is None else from_array_in_file(array, len(data), reading, make)


def from_array_in_file(
    array: NDArray[Any], file_bytes: int, reading: Reading, make: Make
) -> SourceImage:
    """Make an image of the array that a file holds.

    Raises
    ------
    ImageReadError
        If `make` refuses it.
    """
    try:
        image = make(array, f"{reading.name}:")
    except InvalidParameterError as error:
        raise ImageReadError(str(error)) from None
    return replace(image, name=reading.name, file_bytes=file_bytes)


def _array_in(data: bytes, reading: Reading) -> NDArray[Any] | None:
    """Return the array of a .npy file, or the only one in a .npz; None if it is neither."""
    if data.startswith(NPY_MAGIC):
        return _loaded(data, reading)
    if not data.startswith(ZIP_MAGIC):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as members:
            files = members.infolist()
    except Exception:  # whatever zipfile stumbles over, it is no archive of NumPy's
        return None
    names = [file.filename for file in files]
    if not names or not all(name.endswith(".npy") for name in names):
        return None
    if len(names) > 1:
        listed = ", ".join(repr(name.removesuffix(".npy")) for name in names)
        raise ImageReadError(
            f"{reading.name}: has {len(names)} arrays, {listed}; load one and pass it as an array"
        )
    largest = _MAX_BYTES_PER_PIXEL * pixel_limit(reading.max_pixels)
    if files[0].file_size > largest:
        raise ImageReadError(
            f"{reading.name}: unpacks to {files[0].file_size:,} bytes, but at most {largest:,} are "
            "allowed"
        )
    with reading.decoding(), zipfile.ZipFile(io.BytesIO(data)) as members:
        unpacked = members.read(names[0])
    return _loaded(unpacked, reading)


def _loaded(data: bytes, reading: Reading) -> NDArray[Any]:
    with reading.decoding():
        # Only what is in the file is read: a header that asks for more is damaged.
        array: NDArray[Any] = np.load(io.BytesIO(data), allow_pickle=False)
    if array.ndim >= 2:
        reading.check_pixels(array.shape[1], array.shape[0])
    return array


def without_gaps(
    array: NDArray[Any], nodata: float | None = None
) -> tuple[NDArray[Any], NDArray[np.bool_] | None]:
    """Return samples with 0 where there is no data, and the pixels of which some band has none.

    Parameters
    ----------
    array : array or masked array, shape (H, W) or (H, W, C)
    nodata : float, optional
        The value of samples without data, beside masked ones and NaN.

    Returns
    -------
    array, and bool array of shape (H, W) or None
        None if there is data everywhere.
    """
    samples = np.asarray(np.ma.getdata(array))
    if samples.dtype.kind != "f" and nodata is None and not isinstance(array, np.ma.MaskedArray):
        return samples, None
    gaps = np.ma.getmaskarray(array)
    if nodata is not None:
        gaps = gaps | (samples == nodata)
    if samples.dtype.kind == "f":
        gaps = gaps | np.isnan(samples)
    if not gaps.any():
        return samples, None
    filled = np.where(gaps, samples.dtype.type(0), samples)
    return filled, np.asarray(gaps if gaps.ndim == 2 else gaps.any(axis=2))


def cleared(pixels: Pixels, gaps: NDArray[np.bool_] | None) -> Pixels:
    """Return pixels with an alpha channel that is 0 in gaps."""
    if gaps is None:
        return pixels
    largest = np.iinfo(pixels.dtype).max
    alpha = pixels[..., 3] if pixels.shape[2] == 4 else np.full(gaps.shape, largest, pixels.dtype)
    clear: Pixels = np.dstack([pixels[..., :3], np.where(gaps, pixels.dtype.type(0), alpha)])
    return clear


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

"""Reading what segmentation compares: the colours of an image, or bands."""

import io
import math
import numbers
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smalti.exceptions import ImageReadError, InvalidParameterError, MissingExtraError
from smalti.formats.archive import kind_of
from smalti.options import BANDS
from smalti.sources.arrays import array_in_file, as_array, cleared
from smalti.sources.bands import from_bands, is_of_bands
from smalti.sources.read import ImageSource, decoded, lasting, read, read_bytes
from smalti.sources.reading import Reading
from smalti.sources.source_image import SourceImage

if TYPE_CHECKING:
    from tifffile import TiffPageSeries

__all__ = ["Samples"]

_TIFF_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

# tifffile's letters for rows and columns. Any other axis is one of bands.
_ROW, _COLUMN = "Y", "X"
# Bytes that a pixel's bands may take together.
_MAX_BYTES_PER_PIXEL = 4096


@dataclass(frozen=True)
class Samples:
    """A source, and how it is read.

    Attributes
    ----------
    source : path, URL, bytes, binary file object, Pillow image, array or SourceImage
    space : str or None
        "bands" for bands, whatever the source is; None for bands if an array is no picture. Any
        other is one of colours.
    nodata : float or None
        The value of samples without data.
    """

    source: ImageSource
    space: str | None = None
    nodata: float | None = None

    def read(self, max_pixels: int | None = None) -> SourceImage:
        """Read the image.

        Parameters
        ----------
        max_pixels : int, optional
            As of `smalti.sources.read.read`.

        Returns
        -------
        SourceImage
            Pixels without data have alpha 0. Of bands these are the ones without data in any band,
            of colours the ones whose red, green and blue all are `nodata`.

        Raises
        ------
        ImageReadError, InvalidParameterError
            As of `smalti.sources.read.read`, and if bands cannot be read.
        MissingExtraError
            If the bands of a TIFF file are asked for, and tifffile is not installed.
        """
        self._check()
        source: Any = self.source
        if isinstance(source, SourceImage):
            return self._pictured(source)
        if isinstance(source, str | os.PathLike):
            data, name = read_bytes(source)
            found = self._from_file(data, Reading(name, max_pixels))
            return replace(found, given=replace(self, source=lasting(name)))
        if isinstance(source, bytes | bytearray | memoryview) or hasattr(source, "read"):
            data, name = read_bytes(source)
            found = self._from_file(data, Reading(name, max_pixels))
            return replace(found, given=replace(self, source=data))
        if isinstance(source, Image.Image):
            return replace(self._pictured(read(source, max_pixels=max_pixels)), given=self)
        array = as_array(source)
        if self._is_of_bands(array):
            return replace(from_bands(array, self.nodata), given=self)
        if self.nodata is not None:
            array = _masked(array, self.nodata)
        picture = replace(self, nodata=None)._pictured(read(array))
        return replace(picture, given=self)

    def _check(self) -> None:
        nodata = self.nodata
        if nodata is not None and not (isinstance(nodata, numbers.Real) and not math.isinf(nodata)):
            raise InvalidParameterError(f"nodata must be a number, got {nodata!r}")

    def _is_of_bands(self, array: NDArray[Any]) -> bool:
        return self.space == BANDS or (self.space is None and is_of_bands(array, self.nodata))

    def _from_file(self, data: bytes, reading: Reading) -> SourceImage:
        array = None
        if kind_of(data) is None:
            array = array_in_file(data, reading)
        if array is None and self.space == BANDS and data.startswith(_TIFF_MAGICS):
            array = _array_in_tiff(data, reading)
        if array is None or not self._is_of_bands(array):
            return self._pictured(decoded(data, reading))
        try:
            image = from_bands(array, self.nodata, f"{reading.name}:")
        except InvalidParameterError as error:
            raise ImageReadError(str(error)) from None
        return replace(image, name=reading.name, file_bytes=len(data))

    def _pictured(self, image: SourceImage) -> SourceImage:
        """Return a picture whose pixels without data are clear, its samples as bands if asked."""
        pixels = image.pixels
        if self.nodata is not None and image.bands is None:
            pixels = cleared(pixels, (pixels[..., :3] == self.nodata).all(axis=2))
        if self.space == BANDS and image.bands is None:
            hidden = np.zeros(pixels.shape[:2], dtype=bool)
            if pixels.shape[2] == 4:
                hidden = pixels[..., 3] == 0
            colors = np.ma.masked_array(pixels[..., :3], np.repeat(hidden[..., None], 3, axis=2))
            bands = from_bands(colors, name=image.name)
            return replace(image, pixels=bands.pixels, bands=bands.bands)
        return image if pixels is image.pixels else replace(image, pixels=pixels)


def _masked(array: NDArray[Any], nodata: float) -> NDArray[Any]:
    """Return a picture's array, masked where all colours are without data."""
    samples = np.ma.getdata(array)
    without = samples == nodata
    if array.ndim == 3:
        colors = 1 if array.shape[2] <= 2 else 3
        without = np.repeat(without[..., :colors].all(axis=2)[..., None], array.shape[2], axis=2)
    masked: NDArray[Any] = np.ma.masked_array(samples, np.ma.getmaskarray(array) | without)
    return masked


def _array_in_tiff(data: bytes, reading: Reading) -> NDArray[Any]:
    """Return the first image of a TIFF file, shape (H, W) or (H, W, C)."""
    try:
        from tifffile import TiffFile
    except ImportError:
        raise MissingExtraError(
            "the bands of a TIFF file need tifffile, which is not installed: "
            "pip install 'smalti[ome-tiff]'"
        ) from None
    with reading.decoding(), TiffFile(io.BytesIO(data)) as file:
        series = file.series[0]
        _check_size(series, reading)
        array: NDArray[Any] = series.asarray()
        return _bands_last(array, series.axes)


def _check_size(series: "TiffPageSeries", reading: Reading) -> None:
    sizes = dict(zip(series.axes, series.shape, strict=True))
    if _ROW not in sizes or _COLUMN not in sizes:
        raise ImageReadError(f"{reading.name}: has no rows and columns, but axes {series.axes}")
    pixels = sizes[_ROW] * sizes[_COLUMN]
    reading.check_pixels(sizes[_COLUMN], sizes[_ROW])
    if series.size * series.dtype.itemsize > pixels * _MAX_BYTES_PER_PIXEL:
        raise ImageReadError(
            f"{reading.name}: has {series.size // pixels:,} samples a pixel, more than the "
            f"{_MAX_BYTES_PER_PIXEL:,} bytes allowed"
        )


def _bands_last(array: NDArray[Any], axes: str) -> NDArray[Any]:
    """Return rows, columns and everything else, which becomes one axis."""
    moved = np.moveaxis(array, (axes.index(_ROW), axes.index(_COLUMN)), (0, 1))
    return moved.reshape(*moved.shape[:2], -1)

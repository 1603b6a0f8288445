"""Reading what segmentation compares: the colours of an image, or bands."""

import io
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smalti.contents import read_bytes
from smalti.exceptions import ImageReadError, MissingExtraError
from smalti.formats.archive import kind_of
from smalti.options import BANDS
from smalti.sources.arrays import (
    as_array,
    cleared,
    from_array,
    from_array_in_file,
    from_numpy_file,
)
from smalti.sources.bands import from_bands, is_of_bands
from smalti.sources.read import ImageSource, decoded, read, with_range
from smalti.sources.reading import Reading
from smalti.sources.source_image import SourceImage
from smalti.sources.tiff import GDAL_NODATA_TAG, TIFF_MAGICS, nodata_of
from smalti.urls import absolute
from smalti.validation import check_nodata

if TYPE_CHECKING:
    from tifffile import TiffPageSeries

__all__ = ["Samples"]

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
        check_nodata(self.nodata)
        source: Any = self.source
        if isinstance(source, SourceImage):
            return self._pictured(source)
        if isinstance(source, str | os.PathLike):
            data, name = read_bytes(source)
            found = self._from_file(data, Reading(name, max_pixels))
            return replace(found, given=replace(self, source=absolute(name)))
        if isinstance(source, bytes | bytearray | memoryview) or hasattr(source, "read"):
            data, name = read_bytes(source)
            found = self._from_file(data, Reading(name, max_pixels))
            return replace(found, given=replace(self, source=data))
        if isinstance(source, Image.Image):
            return replace(self._pictured(read(source, max_pixels=max_pixels)), given=self)
        return replace(self._of_array(as_array(source)), given=self)

    def _of_array(self, array: NDArray[Any], name: str = "the image array") -> SourceImage:
        if self.space == BANDS or (self.space is None and is_of_bands(array, self.nodata)):
            return from_bands(array, self.nodata, name)
        return from_array(array if self.nodata is None else _masked(array, self.nodata), name)

    def _from_file(self, data: bytes, reading: Reading) -> SourceImage:
        if kind_of(data) is None:
            image = from_numpy_file(data, reading, self._of_array)
            if image is not None:
                return with_range(image)
        if self.space == BANDS and data.startswith(TIFF_MAGICS):
            array = _array_in_tiff(data, reading)
            return from_array_in_file(array, len(data), reading, self._of_array)
        return self._pictured(decoded(data, reading))

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
    """Return the first image of a TIFF file, shape (H, W, C), masked where GDAL says no data."""
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
        array = _bands_last(series.asarray(), series.axes)
        tag = series.keyframe.tags.get(GDAL_NODATA_TAG)
        nodata = None if tag is None else nodata_of(tag.value)
        return array if nodata is None else np.ma.masked_equal(array, nodata)


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

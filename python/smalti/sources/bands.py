"""Arrays of bands: any number of them, and any finite values.

Satellites, microscopes and filters give more bands than a picture has, and values in units of their
own. Such bands are compared as they are. A picture shows them: the first three as red, green and
blue, or the first as grey, each from its 2nd to its 98th percentile.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.sampling import stratified_positions
from smalti.sources.arrays import cleared, without_gaps
from smalti.sources.source_image import Bands, SourceImage

__all__ = ["from_bands", "is_of_bands", "shown_colors"]

# More bands than those of RGBA are no picture.
_PICTURE_BANDS = 4
_PICTURE_TYPES = (np.uint8, np.uint16)
_LARGEST_WHOLE = 65535

# Their squares are far from the largest number of single precision.
_LARGEST = 1e12

# More samples tell no more about percentiles.
_LOOKED_AT = 1 << 20
_PERCENTILES = (2, 98)


def is_of_bands(array: NDArray[Any], nodata: float | None = None) -> bool:
    """Whether an array has more than four bands, or values that a picture cannot have."""
    if array.ndim == 3 and array.shape[2] > _PICTURE_BANDS:
        return True
    if array.dtype.kind not in "iuf" or array.dtype in _PICTURE_TYPES or array.size == 0:
        return False
    samples, _ = without_gaps(array, nodata)
    low, high = samples.min(), samples.max()
    return bool(low < 0 or high > (1 if array.dtype.kind == "f" else _LARGEST_WHOLE))


def from_bands(
    array: NDArray[Any], nodata: float | None = None, name: str = "the image array"
) -> SourceImage:
    """Make an image of an array of bands.

    Parameters
    ----------
    array : array or masked array, shape (H, W) or (H, W, C)
    nodata : float, optional
        The value of samples without data, beside masked ones and NaN. A pixel that lacks data in
        one band has none.
    name : str
        What messages call it.

    Returns
    -------
    SourceImage
        Its `bands` are those of the array, and its `pixels` the picture that shows them.

    Raises
    ------
    InvalidParameterError
        If it has another shape, no pixel, or values that are no finite numbers up to 1e12.
    """
    if array.ndim not in (2, 3) or array.size == 0:
        raise InvalidParameterError(
            f"{name} must have shape (H, W) or (H, W, C) and at least one pixel, got {array.shape}"
        )
    if array.dtype.kind not in "biuf":
        raise InvalidParameterError(f"{name} must be of numbers, got dtype {array.dtype}")
    samples, gaps = without_gaps(array, nodata)
    values = samples.reshape(*samples.shape[:2], -1)
    if values.dtype.kind in "iuf":
        least, most = values.min(), values.max()
        if not (least >= -_LARGEST and most <= _LARGEST):
            raise InvalidParameterError(
                f"{name} has values from {least:g} to {most:g}, but they must be finite numbers "
                f"from {-_LARGEST:g} to {_LARGEST:g}"
            )
    bands = Bands(values, _limits(values, gaps))
    bits = 8 * array.dtype.itemsize if array.dtype != bool else 1
    return SourceImage(cleared(_picture(bands), gaps), array.size * bits, name, bands=bands)


def shown_colors(units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what shows bands: sRGB in 0..=255, shape (..., 3).

    Parameters
    ----------
    units : float64 array, shape (..., C)
        Values of the bands, from 0 at the lower to 1 at the upper of their limits.
    """
    shown = units[..., :3] if units.shape[-1] >= 3 else np.repeat(units[..., :1], 3, axis=-1)
    return np.clip(shown, 0.0, 1.0) * 255.0


def _limits(
    values: NDArray[Any], gaps: NDArray[np.bool_] | None
) -> tuple[tuple[float, float], ...]:
    """Return the percentiles of each band between which it is shown, never twice the same."""
    rows = values.reshape(-1, values.shape[2])
    inside = np.arange(len(rows)) if gaps is None else np.flatnonzero(~gaps)
    if len(inside) == 0:
        return tuple((0.0, 1.0) for _ in range(values.shape[2]))
    if len(inside) > _LOOKED_AT:
        inside = inside[stratified_positions(len(inside), _LOOKED_AT)]
    limits = []
    for band in range(values.shape[2]):
        known = rows[inside, band].astype(np.float64)
        low, high = (float(value) for value in np.percentile(known, _PERCENTILES))
        if low == high:
            low, high = float(known.min()), float(known.max())
        limits.append((low, high if high > low else low + 1.0))
    return tuple(limits)


def _picture(bands: Bands) -> NDArray[np.uint8]:
    shown = range(3) if bands.count >= 3 else range(1)
    samples = [np.clip(bands.unit(band, bands.limits[band]), 0.0, 1.0) * 255.0 for band in shown]
    planes = [np.rint(plane).astype(np.uint8) for plane in samples]
    return np.dstack(planes if len(planes) == 3 else planes * 3)

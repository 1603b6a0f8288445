"""Which pixels take part."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.sources.source_image import SourceImage

__all__ = ["boolean_mask", "taking_part", "visible"]


def taking_part(source: SourceImage, mask: Any) -> NDArray[np.bool_] | None:
    """Return the pixels inside a mask that are not fully transparent; None if all are.

    Parameters
    ----------
    source : SourceImage
    mask : array of bool or whole numbers, shape (H, W), or None
        As users give it: 0 or False for pixels that take no part.

    Returns
    -------
    bool array, shape (H, W), or None

    Raises
    ------
    InvalidParameterError
        If the mask does not fit this image, or leaves no pixel.
    """
    pixels = source.pixels
    part = visible(pixels, None if mask is None else _checked(mask, pixels.shape[:2]))
    if part is not None and not part.any():
        empty = "fully transparent" if source.bands is None else "without data"
        why = empty if mask is None else f"outside the mask or {empty}"
        raise InvalidParameterError(f"{source.name} has no pixel to segment: all are {why}")
    return part


def visible(pixels: NDArray[Any], mask: Any) -> NDArray[np.bool_] | None:
    """Return the pixels inside a boolean mask that are not fully transparent; None if all are.

    Parameters
    ----------
    pixels : array, shape (H, W, C)
        Of four samples, the last is alpha.
    mask : bool array, shape (H, W), or None

    Raises
    ------
    InvalidParameterError
        If the mask is not boolean or of another size.
    """
    mask = None if mask is None else boolean_mask(mask, pixels.shape[:2])
    if pixels.shape[2] == 4:
        opaque = pixels[..., 3] > 0
        mask = opaque if mask is None else mask & opaque
    return None if mask is None or mask.all() else mask


def boolean_mask(mask: Any, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return a mask if it is boolean and of a shape.

    Raises
    ------
    InvalidParameterError
        If it is not.
    """
    array = np.asarray(mask)
    if array.dtype != np.bool_ or array.shape != shape:
        raise InvalidParameterError(
            f"mask must be boolean of shape {shape}, got {array.dtype} of shape {array.shape}"
        )
    return array


def _checked(mask: Any, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    try:
        array = np.asarray(mask)
    except ValueError:  # a ragged list
        array = np.empty(0)
    if array.shape != shape:
        raise InvalidParameterError(
            f"mask must have the shape of the image, {shape}, got {array.shape}"
        )
    if array.dtype != bool and array.dtype.kind not in "iu":
        raise InvalidParameterError(
            f"mask must be of bool or whole numbers, 0 for outside, got dtype {array.dtype}"
        )
    return np.ascontiguousarray(array != 0)

"""Which pixels take part."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.sources.source_image import SourceImage

__all__ = ["boolean_mask", "taking_part", "visible"]


def taking_part(source: SourceImage, mask: Any) -> NDArray[np.bool_] | None:
    """Return the pixels inside a mask that are not fully transparent; None if all are.

    Raises
    ------
    InvalidParameterError
        If the mask is none of this image, or leaves no pixel.
    """
    pixels = source.pixels
    inside = visible(pixels, None if mask is None else _checked(mask, pixels.shape[:2]))
    if inside is not None and not inside.any():
        why = "fully transparent" if mask is None else "outside the mask or fully transparent"
        raise InvalidParameterError(f"{source.name} has no pixel to segment: all are {why}")
    return inside


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
    inside = None if mask is None else boolean_mask(mask, pixels.shape[:2])
    if pixels.shape[2] == 4:
        opaque = pixels[..., 3] > 0
        inside = opaque if inside is None else inside & opaque
    return None if inside is None or inside.all() else inside


def boolean_mask(mask: Any, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return a mask if it is boolean and of a shape.

    Raises
    ------
    InvalidParameterError
        If it is not.
    """
    inside = np.asarray(mask)
    if inside.dtype != np.bool_ or inside.shape != shape:
        raise InvalidParameterError(
            f"mask must be boolean of shape {shape}, got {inside.dtype} of shape {inside.shape}"
        )
    return inside


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

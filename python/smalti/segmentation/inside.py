"""Which pixels take part."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.images.source_image import SourceImage

__all__ = ["inside_of"]


def inside_of(source: SourceImage, mask: Any) -> NDArray[np.bool_] | None:
    """Return the pixels inside a mask that are not fully transparent; None if all are.

    Raises
    ------
    InvalidParameterError
        If the mask is none of this image, or leaves no pixel.
    """
    pixels = source.pixels
    inside = None if mask is None else _checked(mask, pixels.shape[:2])
    if pixels.shape[2] == 4:
        visible = pixels[..., 3] > 0
        if not visible.all():
            inside = visible if inside is None else inside & visible
    if inside is not None and not inside.any():
        why = "fully transparent" if mask is None else "outside the mask or fully transparent"
        raise InvalidParameterError(f"{source.name} has no pixel to segment: all are {why}")
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

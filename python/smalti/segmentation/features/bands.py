"""Arrays of more bands than a picture has, as features."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.segmentation.features.feature_space import Features
from smalti.sources.arrays import without_gaps

__all__ = ["many_bands"]

# More bands than those of RGBA are no picture.
_PICTURE_BANDS = 4


def many_bands(image: Any) -> tuple[Features, NDArray[np.bool_]] | None:
    """Return the bands of an array as features, and the pixels without data.

    Parameters
    ----------
    image : anything that `smalti.segment` takes, or array of shape (H, W, C)

    Returns
    -------
    float32 array of shape (H, W, C), and bool array of shape (H, W), or None
        None for what is no array, and for arrays of at most four bands. The middle of each band
        is taken off, so that single precision keeps small differences.

    Raises
    ------
    InvalidParameterError
        If the bands are no finite numbers.
    """
    if not isinstance(image, np.ndarray) or image.ndim != 3 or image.shape[2] <= _PICTURE_BANDS:
        return None
    if image.dtype.kind not in "biuf" or image.size == 0:
        raise InvalidParameterError(
            f"the image array must have numbers, got {image.dtype} of shape {image.shape}"
        )
    samples, gaps = without_gaps(image)
    if not np.isfinite(samples).all():
        raise InvalidParameterError("the image array must be finite, but some samples are infinite")
    outside = np.zeros(samples.shape[:2], dtype=bool) if gaps is None else gaps
    values = samples.astype(np.float64)
    if not outside.all():
        inside = values[~outside]
        values -= (inside.min(axis=0) + inside.max(axis=0)) / 2
    values[outside] = 0.0
    return values.astype(np.float32), outside

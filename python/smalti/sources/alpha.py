"""Colours that files hold multiplied with alpha."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["straight"]


def straight(samples: NDArray[Any]) -> NDArray[Any]:
    """Divide colours by the alpha that they were multiplied with.

    Parameters
    ----------
    samples : uint8, uint16 or float array, shape (H, W, C)
        The last band is alpha.

    Returns
    -------
    array of the same shape and dtype
        Of clear pixels the colours mean nothing.
    """
    colors, alpha = samples[..., :-1], samples[..., -1:]
    if samples.dtype.kind == "f":
        with np.errstate(divide="ignore", invalid="ignore"):
            divided = np.minimum(colors / np.where(alpha > 0, alpha, 1), 1)
    elif samples.dtype == np.uint8:
        # Pillow rounds down.
        divided = np.minimum(colors.astype(np.uint16) * 255 // np.maximum(alpha, 1), 255)
    else:
        factor = 65535.0 / np.maximum(alpha.astype(np.float64), 1.0)
        divided = np.minimum(np.rint(colors * factor), 65535.0)
    return np.concatenate([divided.astype(samples.dtype), alpha], axis=2)

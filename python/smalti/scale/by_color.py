"""Labels that depend on a pixel's colour alone."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.sources.source_image import Pixels

__all__ = ["ByColor"]

_MAX_LABELS = 256


class ByColor:
    """Labels pixels, and colours of 8 bits only once; several threads may call it.

    Parameters
    ----------
    label : callable
        Returns the labels of pixels, shape (H, W), each of which depends on its colour alone.
    labels : int
        Number of labels: of more than 256 none are looked up.
    clear : int
        The label of clear pixels.
    """

    def __init__(self, label: Callable[[Pixels], NDArray[Any]], labels: int, clear: int) -> None:
        self._label = label
        self._clear = clear
        self._known = _core.ColorLabels() if labels <= _MAX_LABELS else None

    def __call__(self, pixels: Pixels) -> NDArray[Any]:
        """Return the labels of pixels, shape (H, W)."""
        known = self._known
        if known is None or pixels.dtype != np.uint8 or not _is_opaque_or_clear(pixels):
            return self._label(pixels)
        samples: Any = pixels
        labels = known.of(samples, self._clear)
        while labels is None:
            colors = known.unknown(samples)
            # There is none left where another thread has learnt them meanwhile.
            if len(colors):
                known.learn(colors, self._label(colors[np.newaxis])[0].astype(np.uint8))
            labels = known.of(samples, self._clear)
        return labels


def _is_opaque_or_clear(pixels: Pixels) -> bool:
    if pixels.shape[2] == 3:
        return True
    alpha = pixels[..., 3]
    return bool(((alpha == 0) | (alpha == 255)).all())

"""Indexed PNG: up to 256 colours, 1, 2, 4 or 8 bits an index, alpha in tRNS."""

import numpy as np

from smalti import _core
from smalti.formats.picture import Picture, check_colors
from smalti.progress import Progress

__all__ = ["MAX_COLORS", "encode"]

MAX_COLORS = 256


def encode(image: Picture, effort: int, progress: Progress | None = None) -> bytes:
    """Return the bytes of an optimised indexed PNG."""
    check_colors(image, "an indexed PNG", MAX_COLORS)
    indices = np.ascontiguousarray(image.indices, dtype=np.uint8)
    palette = np.ascontiguousarray(image.palette)
    return _core.encode_png(
        indices, palette, effort=effort, weighed=image.rate_weight > 0, progress=progress
    )

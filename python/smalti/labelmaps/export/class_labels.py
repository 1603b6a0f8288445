"""What formats of label maps are told of their classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.labelmaps.regions import check_label_map

__all__ = ["class_colors", "counted_from_one"]


def counted_from_one(labels: Any) -> NDArray[np.uint8]:
    """Return a label map in which class c is ``c + 1`` and what belongs to none is 0."""
    # In 8 bits the label of what belongs to none, 255, becomes 0.
    return np.asarray(check_label_map(labels) + np.uint8(1), dtype=np.uint8)


def class_colors(colors: Any, count: int) -> NDArray[np.uint8]:
    """Return the colours of classes, uint8, shape (K, 3), if there are `count` at least."""
    table = np.asarray(colors)
    if table.dtype != np.uint8 or table.ndim != 2 or table.shape[1] != 3 or len(table) < count:
        raise InvalidParameterError(
            f"colors must be a uint8 array of shape (K, 3) with a K of at least {count}, "
            f"got {table.dtype} of shape {table.shape}"
        )
    return table

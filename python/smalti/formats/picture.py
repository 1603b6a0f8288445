"""What a file format writes."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Picture"]


class Picture(Protocol):
    """A picture as palette and indices; `CompressedImage` is one."""

    indices: NDArray[np.unsignedinteger[Any]]
    palette: NDArray[np.uint8]
    centroids: NDArray[np.float64]
    original_bits: int

"""``.npz`` of a codebook: its code vectors, readable with NumPy alone.

==================  =============  ================================================
``version``         int64          1
``centroids``       float64 (k, D) the code vectors
==================  =============  ================================================
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.formats.archive import CODEBOOK, archive, unarchive

__all__ = ["MAX_BYTES", "decode", "encode"]

MAX_BYTES = 1 << 30
"""Code vectors that take more are neither written nor read: 65,536 of 2,048 coordinates."""

_VERSION = 1

# What an archive holds besides: the version and the headers of both arrays.
_MAX_EXTRA_BYTES = 1 << 16


def encode(centroids: NDArray[np.float64]) -> bytes:
    """Return the bytes of the archive."""
    return archive(version=np.int64(_VERSION), centroids=centroids)


def decode(data: bytes, name: str) -> NDArray[Any]:
    """Return the code vectors of an archive, of type float64 and any shape."""
    limit = MAX_BYTES + _MAX_EXTRA_BYTES
    return unarchive(data, name, CODEBOOK, limit, {_VERSION: _centroids})


def _centroids(fields: dict[str, Any]) -> NDArray[Any]:
    centroids: NDArray[Any] = fields["centroids"]
    if centroids.dtype != np.float64:
        raise ValueError(f"its centroids are {centroids.dtype}, not float64")
    return centroids

"""``.npz`` of a codebook: its code vectors, readable with NumPy alone.

==================  =============  ================================================
``version``         int64          1
``centroids``       float64 (k, D) the code vectors
==================  =============  ================================================
"""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import ImageReadError

__all__ = ["MAX_BYTES", "decode", "encode"]

MAX_BYTES = 1 << 30
"""Code vectors that take more are neither written nor read: 65,536 of 2,048 coordinates."""

_VERSION = 1

# What an archive holds besides: the version and the headers of both arrays.
_MAX_EXTRA_BYTES = 1 << 16


def encode(centroids: NDArray[np.float64]) -> bytes:
    """Return the bytes of the archive."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, version=np.int64(_VERSION), centroids=centroids)
    return buffer.getvalue()


def decode(data: bytes, name: str) -> NDArray[Any]:
    """Return the code vectors of an archive, of type float64 and any shape."""
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MAX_BYTES + _MAX_EXTRA_BYTES:
            raise ImageReadError(f"{name}: unpacks to {unpacked} bytes, which is too large")
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            version = int(file["version"])
            centroids: NDArray[Any] = file["centroids"]
        if version != _VERSION:
            raise ImageReadError(f"{name}: is of version {version}, but only {_VERSION} is known")
        if centroids.dtype != np.float64:
            raise ValueError(f"its centroids are {centroids.dtype}, not float64")
        return centroids
    except ImageReadError:
        raise
    except KeyError as error:
        raise ImageReadError(f"{name}: is not a codebook saved by smalti: {error}") from None
    except Exception as error:  # zipfile, zlib and numpy each have errors of their own
        raise ImageReadError(f"{name}: is damaged: {error}") from error

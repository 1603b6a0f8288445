"""``.npz``: packed indices, codebook and shape, for any number of colours.

A NumPy archive of these arrays, readable with NumPy alone:

==================  =============  ================================================================
``version``         int64          3
``shape``           int64 (2,)     H and W
``indices``         uint8 (M,)     the indices, row by row, each in b = ceil(log2 K) bits, the
                                   highest bit first, without gaps; the last byte is padded with
                                   zeros; empty for K = 1
``palette``         uint8 (K, C)   the colours, straight sRGB; C is 3, or 4 with alpha
``centroids``       float64 (K, C) the colours before rounding, 0..255
``original_bits``   int64          bits of the original, uncompressed
``rate_weight``     float64        what a bit was worth when the indices were chosen; nan if unknown
``dither``          float64        how much of every error was made up for; nan if unknown
``coder``           text           by whose prices of bits the indices were chosen; or nothing
==================  =============  ================================================================

Version 1 lacks the last three, and is still read.

A picture in blocks is of version 2. It has no centroids: they would be most of the file.

==================  =============  ================================================================
``version``         int64          2
``shape``           int64 (2,)     H and W
``indices``         uint8 (M,)     as above, one for each of the ceil(H / bh) ceil(W / bw) blocks,
                                   block row by block row
``codebook``        uint8          the blocks, straight sRGB, shape (K, bh, bw, C); bh and bw are 1
                                   to 64; what reaches over the picture's edges is cut off
``original_bits``   int64          bits of the original, uncompressed
==================  =============  ================================================================

To read one without smalti::

    file = np.load("photo.npz")
    (height, width), k = file["shape"], len(file["palette"])
    b = int(k - 1).bit_length()
    bits = np.unpackbits(file["indices"], count=height * width * b).reshape(height * width, b)
    indices = bits @ (1 << np.arange(b)[::-1])
    picture = file["palette"][indices].reshape(height, width, -1)
"""

import math
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.bits import bits_per_index, smallest_unsigned
from smalti.formats.archive import PICTURE, archive, unarchive
from smalti.formats.format import Picture
from smalti.progress import Progress, tell
from smalti.validation import pixel_limit

__all__ = ["MAX_BLOCK_SIDE", "decode", "encode", "encode_blocks"]

VERSION = 3
BLOCKS_VERSION = 2

# Version 1 has no fields for weight, dither and coder.
_VERSION_1 = 1

MAX_BLOCK_SIDE = 64
"""Pixels: a block of 64 x 64 has 12,288 samples, and nothing in a photograph is like it."""

# Of four short fields and two headers, other values may take some bytes more.
_SLACK_BYTES = 64
_LONGEST_CODER = "png"

# Bytes of indices a pixel, and of codebook, that an archive may unpack to.
_MAX_BYTES_PER_PIXEL = 4
_MAX_CODEBOOK_BYTES = 1 << 26

# Indices packed at a time; a multiple of 8, so that each piece ends at a byte's end.
_CHUNK = 1 << 20


def encode(image: Picture, progress: Progress | None = None) -> bytes:
    """Return the bytes of the archive."""
    tell(progress, "encode")
    return archive(
        version=np.int64(VERSION),
        shape=np.array(image.indices.shape, dtype=np.int64),
        indices=pack(image.indices.ravel(), bits_per_index(len(image.palette))),
        palette=image.palette,
        centroids=image.centroids,
        original_bits=np.int64(image.original_bits),
        rate_weight=_number(image.rate_weight),
        dither=_number(image.dither),
        coder=np.str_(image.coder or ""),
    )


def size_bound(indices: NDArray[np.unsignedinteger[Any]], palette: NDArray[np.uint8]) -> int:
    """Return bytes that suffice for the archive of a picture, whatever its other fields hold.

    Centroids that are not rounded hardly compress: they are counted as they are stored.
    """
    random = np.random.default_rng(0)
    data = archive(
        version=np.int64(VERSION),
        shape=np.array(indices.shape, dtype=np.int64),
        indices=pack(indices.ravel(), bits_per_index(len(palette))),
        palette=palette,
        centroids=np.frombuffer(random.bytes(8 * palette.size)),
        original_bits=np.int64(random.integers(2**62)),
        rate_weight=np.float64(random.random()),
        dither=np.float64(random.random()),
        coder=np.str_(_LONGEST_CODER),
    )
    return len(data) + _SLACK_BYTES


def encode_blocks(
    *,
    indices: NDArray[np.unsignedinteger[Any]],
    codebook: NDArray[np.uint8],
    shape: tuple[int, int],
    original_bits: int,
    progress: Progress | None = None,
) -> bytes:
    """Return the bytes of the archive of a picture in blocks."""
    tell(progress, "encode")
    return archive(
        version=np.int64(BLOCKS_VERSION),
        shape=np.array(shape, dtype=np.int64),
        indices=pack(indices.ravel(), bits_per_index(len(codebook))),
        codebook=codebook,
        original_bits=np.int64(original_bits),
    )


def decode(data: bytes, name: str, max_pixels: int | None = None) -> dict[str, Any]:
    """Return the fields of a `CompressedImage`, or of a `BlockImage` if there is a codebook.

    Pictures of more than `max_pixels` are refused, by default of more than Pillow's limit.
    """
    limit = pixel_limit(max_pixels)
    readers = {
        _VERSION_1: partial(_pixels_alone, limit),
        BLOCKS_VERSION: partial(_blocks, limit),
        VERSION: partial(_pixels, limit),
    }
    max_bytes = _MAX_BYTES_PER_PIXEL * limit + _MAX_CODEBOOK_BYTES
    return unarchive(data, name, PICTURE, max_bytes, readers)


def _pixels(limit: int, fields: dict[str, Any]) -> dict[str, Any]:
    chosen = {name: _known(name, fields) for name in ("rate_weight", "dither")}
    return {**_pixels_alone(limit, fields), **chosen, "coder": str(fields["coder"]) or None}


def _number(value: float | None) -> np.float64:
    return np.float64(np.nan if value is None else value)


def _known(name: str, fields: dict[str, Any]) -> float | None:
    """Undo `_number`."""
    value = float(fields[name])
    if math.isnan(value):
        return None
    if not 0.0 <= value < math.inf:
        raise ValueError(f"{name} is {value}")
    return value


def _pixels_alone(limit: int, fields: dict[str, Any]) -> dict[str, Any]:
    height, width = _shape(limit, fields)
    palette = np.asarray(fields["palette"], dtype=np.uint8)
    if len(palette) == 0:
        raise ValueError("the palette is empty")
    flat = unpack(fields["indices"], height * width, len(palette))
    return {
        "indices": flat.reshape(height, width),
        "palette": palette,
        "centroids": np.asarray(fields["centroids"], dtype=np.float64),
        "original_bits": _original_bits(fields),
        "rate_weight": None,
        "dither": None,
    }


def _blocks(limit: int, fields: dict[str, Any]) -> dict[str, Any]:
    height, width = _shape(limit, fields)
    codebook = np.asarray(fields["codebook"], dtype=np.uint8)
    k, block_height, block_width, _ = codebook.shape
    if k == 0 or not 1 <= min(block_height, block_width) <= max(block_height, block_width) <= (
        MAX_BLOCK_SIDE
    ):
        raise ValueError(f"{k} blocks of {block_height} x {block_width} pixels")
    rows, columns = -(-height // block_height), -(-width // block_width)
    flat = unpack(fields["indices"], rows * columns, k)
    return {
        "indices": flat.reshape(rows, columns),
        "codebook": codebook,
        "centroids": codebook.astype(np.float64),
        "shape": (height, width),
        "original_bits": _original_bits(fields),
    }


def _shape(limit: int, fields: dict[str, Any]) -> tuple[int, int]:
    height, width = (int(n) for n in fields["shape"])
    if not (0 < height * width <= limit and height > 0):
        raise ValueError(f"{height} x {width} pixels")
    return height, width


def _original_bits(fields: dict[str, Any]) -> int:
    bits = int(fields["original_bits"])
    if bits < 1:
        raise ValueError(f"original_bits is {bits}")
    return bits


def pack(indices: NDArray[np.unsignedinteger[Any]], bits: int) -> NDArray[np.uint8]:
    """Pack flat indices into `bits` bits each, the highest first."""
    shifts = np.arange(bits - 1, -1, -1, dtype=np.uint32)
    pieces = [np.zeros(0, dtype=np.uint8)]
    for start in range(0, len(indices) if bits else 0, _CHUNK):
        chunk = indices[start : start + _CHUNK, np.newaxis].astype(np.uint32)
        pieces.append(np.packbits(((chunk >> shifts) & 1).astype(np.uint8)))
    return np.concatenate(pieces)


def unpack(packed: NDArray[np.uint8], count: int, k: int) -> NDArray[np.unsignedinteger[Any]]:
    """Undo `pack` for `count` indices into `k` entries."""
    bits = bits_per_index(k)
    indices = np.zeros(count, dtype=smallest_unsigned(k))
    if len(packed) != (count * bits + 7) // 8:
        raise ValueError(f"{len(packed)} bytes of indices for {count} of {bits} bits")
    weights = (1 << np.arange(bits - 1, -1, -1)).astype(np.uint32)
    for start in range(0, count if bits else 0, _CHUNK):
        size = min(_CHUNK, count - start)
        first = start * bits // 8
        chunk = np.unpackbits(packed[first : first + (size * bits + 7) // 8], count=size * bits)
        indices[start : start + size] = chunk.reshape(size, bits) @ weights
    return indices

"""Write PNG files of every kind, by the specification alone: no image library, nothing of smalti.

Samples are integers of shape (H, W, channels): grey, indices, or red, green and blue, with alpha
last. A file is a list of chunks, pairs of a type and a payload, so that tests can put chunks in,
leave them out and damage them.
"""

import struct
import zlib
from collections.abc import Iterable, Sequence
from itertools import cycle

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"

GREY, RGB, INDEXED, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, INDEXED: 1, GREY_ALPHA: 2, RGBA: 4}
DEPTHS = {
    GREY: (1, 2, 4, 8, 16),
    RGB: (8, 16),
    INDEXED: (1, 2, 4, 8),
    GREY_ALPHA: (8, 16),
    RGBA: (8, 16),
}

NONE, SUB, UP, AVERAGE, PAETH = range(5)

# Of each pass of Adam7: the first column and row, and the steps to the next.
ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)

Chunk = tuple[bytes, bytes]


def chunk(kind: bytes, payload: bytes) -> bytes:
    """The bytes of a chunk: its length, type, payload and checksum."""
    body = kind + payload
    return struct.pack(">I", len(payload)) + body + struct.pack(">I", zlib.crc32(body))


def file_of(chunks: Iterable[Chunk]) -> bytes:
    """The bytes of a file of these chunks."""
    return SIGNATURE + b"".join(chunk(kind, payload) for kind, payload in chunks)


def header(width: int, height: int, depth: int, color_type: int, interlaced: bool = False) -> Chunk:
    """The first chunk, IHDR."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color_type, 0, 0, interlaced)


def image_data(
    samples: np.ndarray,
    depth: int,
    *,
    interlaced: bool = False,
    filters: Sequence[int] = (NONE,),
) -> bytes:
    """The filtered rows, before they are compressed; `filters` are repeated from row to row."""
    if not interlaced:
        return _filtered_rows(samples, depth, filters)
    passes = [samples[y::step_y, x::step_x] for x, y, step_x, step_y in ADAM7]
    # A pass without columns has no rows either.
    return b"".join(_filtered_rows(part, depth, filters) for part in passes if part.size)


def _filtered_rows(samples: np.ndarray, depth: int, filters: Sequence[int]) -> bytes:
    step = max(1, depth * samples.shape[2] // 8)
    rows = [_packed(row, depth) for row in samples]
    above = [bytes(len(rows[0])), *rows[:-1]]
    return b"".join(
        bytes([kind]) + _filtered(kind, row, previous, step)
        for kind, row, previous in zip(cycle(filters), rows, above, strict=False)
    )


def _packed(row: np.ndarray, depth: int) -> bytes:
    """A row's samples one after the other, the first in the highest bits, filled with zeros."""
    bits = "".join(format(sample, f"0{depth}b") for sample in row.ravel().tolist())
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _filtered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    """Take from each byte what the filter predicts of it; `step` is the bytes a pixel."""
    filtered = bytearray()
    for i, byte in enumerate(row):
        left = row[i - step] if i >= step else 0
        up = above[i]
        corner = above[i - step] if i >= step else 0
        predicted = (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]
        filtered.append((byte - predicted) % 256)
    return bytes(filtered)


def _paeth(left: int, up: int, corner: int) -> int:
    """The neighbour nearest to left + up - corner; of equally near ones the first."""
    estimate = left + up - corner
    return min((left, up, corner), key=lambda neighbour: abs(estimate - neighbour))

"""PNG of any size: rows are packed and deflated strip by strip.

Rows are not filtered, as it suits indices. zlib deflates on one thread: the file is larger than one
of `smalti.compress`, whose encoder needs the whole picture.
"""

import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from smalti.formats.png_chunks import END, SIGNATURE, chunk_of
from smalti.scale.outputs.labelled import Labelled
from smalti.scale.pyramid_store import CHUNK
from smalti.sources.tiles.window import grid

__all__ = ["MAX_SIDE", "write_png"]

MAX_SIDE = 2**31 - 1
"""Rows and columns that PNG allows."""

_INDEXED = 3
_LEVEL = 6
_UM_PER_METRE = 1e6

# Bytes of a strip of rows.
_STRIP = 1 << 26


def write_png(labelled: Labelled, path: Path) -> None:
    """Write a label map, indices of at most 256 colours, as PNG."""
    store, pixel_size, colors = labelled.store, labelled.pixel_size, labelled.palette.colors
    height, width = store.shape
    bits = next(bits for bits in (1, 2, 4, 8) if len(colors) <= 2**bits)
    with path.open("xb") as file:
        file.write(SIGNATURE)
        sizes = width.to_bytes(4, "big") + height.to_bytes(4, "big")
        _chunk(file, b"IHDR", sizes + bytes([bits, _INDEXED, 0, 0, 0]))
        _chunk(file, b"PLTE", colors[:, :3].tobytes())
        if colors.shape[1] == 4:
            _chunk(file, b"tRNS", colors[:, 3].tobytes())
        if pixel_size is not None and 1 <= _UM_PER_METRE / pixel_size < 2**31:
            density = round(_UM_PER_METRE / pixel_size).to_bytes(4, "big")
            _chunk(file, b"pHYs", density * 2 + b"\1")
        deflater = zlib.compressobj(_LEVEL)
        rows = max(min(CHUNK, _STRIP // width), 1)
        for strip in grid((height, width), (rows, width)):
            labelled.tell(strip.top / height)
            _chunk(file, b"IDAT", deflater.compress(_packed(store.read(strip), bits)))
        _chunk(file, b"IDAT", deflater.flush())
        _chunk(file, END, b"")


def _packed(indices: NDArray[np.uint8], bits: int) -> bytes:
    """Return rows of so many bits a pixel, each after the number of its filter, 0."""
    rows = indices
    if bits < 8:
        in_byte = 8 // bits
        spare = -indices.shape[1] % in_byte
        padded = np.pad(indices, [(0, 0), (0, spare)])
        pixels = padded.reshape(len(padded), -1, in_byte)
        shifts = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
        rows = np.bitwise_or.reduce(pixels << shifts, axis=2).astype(np.uint8)
    return np.pad(rows, [(0, 0), (1, 0)]).tobytes()


def _chunk(file: BinaryIO, kind: bytes, body: bytes) -> None:
    if body or kind == END:
        file.write(chunk_of(kind, body).to_bytes())

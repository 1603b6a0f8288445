"""Codebooks of blocks: that of an image of few distinct blocks, rounding, merging, ordering."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.bits import index_counts, smallest_unsigned
from smalti.images.blocks.grid import BlockGrid

__all__ = ["few_blocks", "ordered"]

# 65535 of 16 bits stand for 255 of 8.
_STEP = 257

# Steps of lightness that are told apart where blocks are ordered: whole numbers have the same sum
# in any order of adding.
_LIGHTNESS_STEPS = 65535


def few_blocks(
    grid: BlockGrid, k: int
) -> tuple[NDArray[np.unsignedinteger[Any]], NDArray[np.float64]] | None:
    """Return the labels and blocks of an image of at most `k` distinct blocks, else None.

    Blocks are compared as they are seen: in 8 bits, clear pixels without a colour. The first
    strip of a photograph ends the search.
    """
    labels = np.empty(grid.count, dtype=smallest_unsigned(k))
    numbers: dict[bytes, int] = {}
    for where, blocks in grid.strips():
        seen = _as_seen(blocks).reshape(len(blocks), -1)
        rows = seen.view(np.dtype((np.void, seen.shape[1]))).reshape(-1)
        distinct, inverse = np.unique(rows, return_inverse=True)
        if len(distinct) > k:
            return None
        found = [numbers.setdefault(row.tobytes(), len(numbers)) for row in distinct]
        if len(numbers) > k:
            return None
        labels[where] = np.array(found)[inverse]
    flat = np.frombuffer(b"".join(numbers), dtype=np.uint8)
    return labels, flat.reshape(-1, *grid.block, grid.pixels.shape[2]).astype(np.float64)


def ordered(
    labels: NDArray[np.unsignedinteger[Any]], colors: NDArray[np.float64]
) -> tuple[NDArray[np.unsignedinteger[Any]], NDArray[np.uint8], NDArray[np.float64]]:
    """Round blocks to 8 bits and put them in order.

    Blocks that round to the same are merged to their weighted mean, unused ones left out; those
    with see-through pixels come before others, and dark ones before light ones.

    Parameters
    ----------
    labels : unsigned array, shape (n,)
        For every block of the image its position in `colors`.
    colors : float64 array, shape (k, bh, bw, C)
        sRGB 0..255.

    Returns
    -------
    indices : unsigned array, shape (n,)
    codebook : uint8 array, shape (K, bh, bw, C)
    centroids : float64 array, shape (K, bh, bw, C)
    """
    counts = index_counts(labels, len(colors))
    used = np.flatnonzero(counts)
    weights, colors = counts[used], colors[used]
    rounded = _as_seen(np.rint(colors).astype(np.uint8)).reshape(len(used), -1)
    flat, entry_of = np.unique(rounded, axis=0, return_inverse=True)
    entry_of = entry_of.reshape(-1)
    codebook = flat.reshape(-1, *colors.shape[1:])
    order = _dark_to_light(codebook)
    place_of = np.argsort(order)[entry_of]
    centroids = np.zeros(codebook.shape)
    np.add.at(centroids, place_of, colors * weights[:, np.newaxis, np.newaxis, np.newaxis])
    totals = np.bincount(place_of, weights)
    centroids /= totals[:, np.newaxis, np.newaxis, np.newaxis]
    index_of = np.zeros(len(counts), dtype=smallest_unsigned(len(codebook)))
    index_of[used] = place_of
    return index_of[labels], codebook[order], centroids


def _as_seen(blocks: NDArray[Any]) -> NDArray[np.uint8]:
    """Return blocks in 8 bits, contiguous, their clear pixels black."""
    if blocks.dtype == np.uint16:
        blocks = ((blocks.astype(np.uint32) + _STEP // 2) // _STEP).astype(np.uint8)
    if blocks.shape[3] == 4:
        blocks = np.where(blocks[..., 3:] == 0, np.uint8(0), blocks)
    return np.ascontiguousarray(blocks)


def _dark_to_light(codebook: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the order of blocks: see-through before solid, dark before light."""
    count, height, width, channels = codebook.shape
    rgb = np.ascontiguousarray(codebook[..., :3]).reshape(count, height * width, 3)
    lightness = _core.color_coordinates(rgb, "oklab")[..., 0]
    light = np.rint(lightness * _LIGHTNESS_STEPS).astype(np.int64).sum(axis=1)
    solid = np.ones(count, dtype=bool)
    if channels == 4:
        solid = (codebook[..., 3] == np.iinfo(np.uint8).max).all(axis=(1, 2))
    return np.lexsort((light, solid))

"""Block quantisation: K-Means on blocks of pixels.

Vector quantisation in its classical form (Y. Linde, A. Buzo and R. M. Gray, "An algorithm for
vector quantizer design", IEEE Trans. Communications 28(1), 1980, doi:10.1109/TCOM.1980.1094577):
a block of bh x bw pixels of C channels is one vector of D = C bh bw coordinates, and one index of
ceil(log2 K) bits stands for all its pixels. What is similar within a block costs nothing to say
again, which scalar and colour quantisation cannot use (A. Gersho and R. M. Gray, Vector
Quantization and Signal Compression, 1992, doi:10.1007/978-1-4615-3626-0).

The codebook is fitted on a sample of the blocks, one from each of as many equal runs of them,
and every block is encoded exactly. Blocks are cut, converted and encoded in strips, so memory
beside input and output is the sample's. The same input and seed give the same result on any
number of threads.

With alpha, coordinates are those of colours seen before grey (docs/kmeans.md), and blocks that
are wholly clear, wholly solid or neither have codebooks apart, so that a solid area gets no veil.
"""

import random
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.bits import smallest_unsigned
from smalti.images.blocks.block_image import BlockImage
from smalti.images.blocks.codebook import few_blocks, ordered
from smalti.images.blocks.grid import BlockGrid
from smalti.options import CompressOptions
from smalti.progress import Progress, tell
from smalti.sources.provenance import Provenance
from smalti.sources.source_image import SourceImage
from smalti.vectors.kmeans import kmeans

__all__ = ["compress_blocks"]

# Blocks of the sample for each entry of the codebook, and iterations of Lloyd's algorithm, by
# effort. kodim05, 2 x 2, K = 256, squared error above that of all 98,304 blocks and 50 iterations:
# 16 blocks an entry 16 %, 32 10 %, 64 6 %, 128 3 %; of 128, 10 iterations 4 %. Beyond 128 time
# grows in proportion.
_SETTINGS = {
    1: (16, 5),
    2: (32, 8),
    3: (64, 10),
    4: (96, 12),
    5: (128, 15),
    6: (256, 25),
    7: (512, 50),
    8: (1024, 100),
    9: (4096, 300),
}

# Blocks of the sample, at least: few entries are quick to fit.
_MIN_SAMPLE = 1 << 14

# Coordinates of the sample, at most: 256 MiB of them, unless as many blocks as the codebook has
# entries take more.
_MAX_SAMPLE_COORDINATES = 1 << 25

_OPAQUE = 255.0

# Kinds of blocks by what can be seen through them.
_CLEAR, _MIXED, _SOLID = range(3)

_Labels: TypeAlias = NDArray[np.unsignedinteger[Any]]
_Vectors: TypeAlias = NDArray[np.float64]


def compress_blocks(
    source: SourceImage, options: CompressOptions, progress: Progress | None
) -> BlockImage:
    """Compress an image by K-Means on its blocks: see `smalti.compress`."""
    pixels, channels = source.pixels, source.pixels.shape[2]
    if channels == 4 and pixels[..., 3].min() == np.iinfo(pixels.dtype).max:
        # An alpha channel that says nothing changes nothing.
        pixels = pixels[..., :3]
    grid = BlockGrid(pixels, options.block)
    fit = _Fit(options.space, options.effort, options.seed, progress)
    labels, colors = few_blocks(grid, options.k) or _fitted(grid, options.k, fit)
    if channels > colors.shape[3]:
        colors = np.pad(colors, [(0, 0)] * 3 + [(0, 1)], constant_values=_OPAQUE)
    indices, codebook, centroids = ordered(labels, colors)
    height, width, _ = pixels.shape
    return BlockImage(
        indices.reshape(grid.shape),
        codebook,
        centroids,
        shape=(height, width),
        original_bits=source.original_bits,
        provenance=Provenance.of(source),
    )


@dataclass(frozen=True)
class _Fit:
    """How to fit."""

    space: str
    effort: int
    seed: int
    progress: Progress | None

    def codebook(self, grid: BlockGrid, positions: NDArray[np.int64], k: int) -> _Vectors:
        """Return at most `k` centroids of the blocks at these positions."""
        per_entry, iterations = _SETTINGS[self.effort]
        affordable = max(k, _MAX_SAMPLE_COORDINATES // (grid.block[0] * grid.block[1] * 4))
        size = min(max(_MIN_SAMPLE, per_entry * k), affordable)
        sample = self.sample(grid, positions, size)
        fit = kmeans(sample, k, max_iter=iterations, seed=self.seed, progress=self.progress)
        return fit.centroids

    def sample(self, grid: BlockGrid, positions: NDArray[np.int64], size: int) -> _Vectors:
        """Return the vectors of at most `size` of the blocks, one from each of as many runs."""
        if size < len(positions):
            ends = np.arange(size + 1) * len(positions) // size
            # Python's generator gives the same numbers in every version, NumPy's need not.
            chance = random.Random(self.seed)
            share = np.array([chance.random() for _ in range(size)])
            positions = positions[ends[:-1] + (share * np.diff(ends)).astype(np.int64)]
        vectors = []
        for where, blocks in grid.strips():
            first, last = np.searchsorted(positions, (where.start, where.stop))
            vectors.append(self.vectors(blocks[positions[first:last] - where.start]))
        return np.concatenate(vectors)

    def vectors(self, blocks: NDArray[Any]) -> _Vectors:
        """Return the coordinates of blocks, a row for each."""
        count, height, width, channels = blocks.shape
        if count == 0:
            return np.empty((0, height * width * channels))
        rows = np.ascontiguousarray(blocks).reshape(count * height, width, channels)
        return _core.color_coordinates(rows, self.space).reshape(count, -1)


def _fitted(grid: BlockGrid, k: int, fit: _Fit) -> tuple[_Labels, _Vectors]:
    """Return every block's label, and the fitted blocks, sRGB 0..255, shape (K, bh, bw, C)."""
    kinds = _kinds(grid, k)
    members = {kind: np.flatnonzero(kinds == kind) for kind in np.unique(kinds)}
    shares = _shares(grid, list(members.values()), k, fit)
    found = {
        kind: fit.codebook(grid, positions, share)
        for (kind, positions), share in zip(members.items(), shares, strict=True)
    }
    labels = np.empty(grid.count, dtype=smallest_unsigned(k))
    for where, blocks in grid.strips():
        tell(fit.progress, "blocks", where.start / grid.count)
        vectors = fit.vectors(blocks)
        first = 0
        for kind, centroids in found.items():
            chosen = kinds[where] == kind
            if chosen.any():
                nearest, _ = _core.nearest(vectors[chosen], centroids)
                labels[where][chosen] = nearest.astype(labels.dtype) + labels.dtype.type(first)
            first += len(centroids)
    channels = grid.pixels.shape[2]
    coordinates = np.concatenate(list(found.values())).reshape(-1, channels)
    colors = _core.colors_at(coordinates, fit.space)
    return labels, colors.reshape(-1, *grid.block, channels)


def _kinds(grid: BlockGrid, k: int) -> NDArray[np.uint8]:
    """Return what can be seen through each block; the same for all if `k` is too small."""
    kinds = np.full(grid.count, _MIXED, dtype=np.uint8)
    if grid.pixels.shape[2] == 3:
        return kinds
    solid = np.iinfo(grid.pixels.dtype).max
    for where, blocks in grid.strips():
        alpha = blocks[..., 3]
        kinds[where][(alpha == 0).all(axis=(1, 2))] = _CLEAR
        kinds[where][(alpha == solid).all(axis=(1, 2))] = _SOLID
    if len(np.unique(kinds)) > k:
        kinds[:] = _MIXED
    return kinds


def _shares(grid: BlockGrid, members: list[NDArray[np.int64]], k: int, fit: _Fit) -> list[int]:
    """Divide `k` entries among the kinds of blocks, one at least and as many as blocks at most.

    Each entry goes where there is most squared error for each entry so far, the error of a kind
    being its scatter around its mean.
    """
    if len(members) == 1:
        return [k]
    samples = [fit.sample(grid, positions, _MIN_SAMPLE) for positions in members]
    scatters = [
        len(positions) * float(sample.var(axis=0).sum())
        for positions, sample in zip(members, samples, strict=True)
    ]
    shares = [1] * len(members)
    for _ in range(k - len(members)):
        open_kinds = [kind for kind, share in enumerate(shares) if share < len(members[kind])]
        if not open_kinds:
            break
        shares[max(open_kinds, key=lambda kind: scatters[kind] / shares[kind])] += 1
    return shares

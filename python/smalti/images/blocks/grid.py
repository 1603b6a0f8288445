"""An image cut into blocks, strip by strip."""

import operator
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.formats.npz import MAX_BLOCK_SIDE
from smalti.sources.source_image import Pixels

__all__ = ["BlockGrid", "block_of"]

# Pixels cut at a time: as coordinates of 8 bytes they take a few megabytes.
_STRIP = 1 << 18


def block_of(value: Any) -> tuple[int, int]:
    """Return height and width of a block.

    Raises
    ------
    InvalidParameterError
        If the value is not a pair of whole numbers between 1 and 64.
    """
    sides = list(value) if isinstance(value, tuple | list | np.ndarray) else []
    try:
        numbers = [operator.index(side) for side in sides]
    except TypeError:
        numbers = []
    if len(numbers) != 2 or not 1 <= min(numbers) <= max(numbers) <= MAX_BLOCK_SIDE:
        raise InvalidParameterError(
            "block must be a height and a width, whole numbers between 1 and "
            f"{MAX_BLOCK_SIDE}, got {value!r}"
        )
    height, width = numbers
    return height, width


@dataclass(frozen=True)
class BlockGrid:
    """The blocks of an image, block row by block row.

    Blocks that reach over the right or the lower edge repeat the edge's pixels.

    Attributes
    ----------
    pixels : uint8 or uint16 array, shape (H, W, 3) or (H, W, 4)
    block : (int, int)
        Height and width.
    """

    pixels: Pixels
    block: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of blocks."""
        rows, columns = (
            -(-side // part) for side, part in zip(self.pixels.shape[:2], self.block, strict=True)
        )
        return rows, columns

    @property
    def count(self) -> int:
        """Number of blocks."""
        rows, columns = self.shape
        return rows * columns

    def strips(self) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Yield positions of blocks and the blocks, contiguous, shape (n, bh, bw, C)."""
        (rows, columns), (height, width) = self.shape, self.block
        step = max(1, _STRIP // (columns * width * height))
        for first in range(0, rows, step):
            last = min(first + step, rows)
            strip = self.pixels[first * height : last * height]
            below = (last - first) * height - strip.shape[0]
            beside = columns * width - strip.shape[1]
            whole = np.pad(strip, ((0, below), (0, beside), (0, 0)), mode="edge")
            blocks = whole.reshape(last - first, height, columns, width, -1).swapaxes(1, 2)
            where = slice(first * columns, last * columns)
            yield where, np.ascontiguousarray(blocks).reshape(-1, height, width, strip.shape[2])

"""The picture compressed in blocks: a codebook of blocks, and an index for each."""

import operator
import os
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.formats.format import Format
from smalti.formats.npz import MAX_BLOCK_SIDE
from smalti.formats.records import endings
from smalti.formats.registry import format_of_suffix, formats
from smalti.images.picture_base import PictureBase, check_arrays
from smalti.progress import Progress
from smalti.validation import whole_number
from smalti.values import same

__all__ = ["BlockImage"]


@dataclass(frozen=True, eq=False, repr=False)
class BlockImage(PictureBase):
    """A picture as a codebook of blocks and an index into it for every block.

    Made by `smalti.compress` with a `block`, and by `smalti.load`. ``np.asarray(image)`` is its
    picture, and pictures are equal when they show the same pixels. Attributes cannot be set, nor
    arrays written to.

    Parameters
    ----------
    indices, codebook, centroids, original_bits, provenance
        The attributes. Arrays are kept, not copied, and seen through read-only views; every index
        must lie in the codebook.
    shape : (int, int)
        Height H and width W of the picture in pixels, at least 1. The grid of blocks is the
        smallest that covers it.

    Attributes
    ----------
    indices : unsigned array, shape (ceil(H / bh), ceil(W / bw))
        Positions in the codebook, in the smallest type that holds them, block row by block row.
    codebook : uint8 array, shape (K, bh, bw, 3) or (K, bh, bw, 4)
        The blocks, straight sRGB, of 1 to 64 pixels a side, all different and in use: those with
        see-through pixels first, then from dark to light.
    centroids : float64 array, shape of the codebook
        The blocks before rounding, sRGB 0..255. A file holds only the codebook, and so they are
        the codebook when the picture was loaded.
    original_bits : int
        Bits of the original, uncompressed; at least 1.
    provenance : Provenance or None
        Where the original is, to be read again; None, as of pictures loaded from files, if that is
        not known.

    Raises
    ------
    InvalidParameterError
        If an array has another shape or type, or the parts do not fit together.
    """

    codebook: NDArray[np.uint8]
    centroids: NDArray[np.float64]
    _: KW_ONLY
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", _sides(self.shape))
        _check(self.indices, self.codebook, self.centroids, self.shape)
        super().__post_init__()

    @property
    def block(self) -> tuple[int, int]:
        """Height and width of a block in pixels."""
        _, height, width, _ = self.codebook.shape
        return height, width

    @property
    def k(self) -> int:
        """Number of blocks of the codebook."""
        return len(self.codebook)

    @property
    def codebook_bits(self) -> int:
        """Bits of the codebook: 8 for each sample of each block."""
        return 8 * self.codebook.size

    def _is_stored_as(self, other: "BlockImage") -> bool:
        pairs = (self.codebook, other.codebook), (self.indices, other.indices)
        return self.shape == other.shape and all(same(a, b) for a, b in pairs)

    def __repr__(self) -> str:
        (height, width), (block_height, block_width) = self.shape, self.block
        return (
            f"<BlockImage {width} x {height}, {self.k} blocks {block_width} wide and "
            f"{block_height} high>"
        )

    def reconstruct(self) -> NDArray[np.uint8]:
        """Return every index as its block: uint8, shape (H, W, 3) or (H, W, 4)."""
        height, width = self.shape
        # Blocks that are larger than the picture would take memory for what is cut off.
        codebook = self.codebook[:, :height, :width]
        (rows, columns), (_, block_height, block_width, _) = self.indices.shape, codebook.shape
        blocks = codebook[self.indices].swapaxes(1, 2)
        whole = blocks.reshape(rows * block_height, columns * block_width, -1)
        return np.ascontiguousarray(whole[:height, :width])

    def to_bytes(
        self,
        format: str = "npz",  # noqa: A002 - Pillow's and the API's name for it
        *,
        effort: int | None = None,
        progress: Progress | None = None,
    ) -> bytes:
        """Encode the picture.

        Parameters
        ----------
        format : {"npz"}, default: "npz"
            No image format holds indices of blocks.
        effort : int, optional
            1 to 9, as pictures of pixels take it; without effect, for npz has one level.
        progress : callable, optional
            Called with a `smalti.progress.Stage` and its done fraction, 0 to 1; raise to stop.

        Returns
        -------
        bytes
            The file.

        Raises
        ------
        InvalidParameterError
            For any other format, or an effort outside its range.
        """
        asked = format.lower() if isinstance(format, str) else format
        holding = {form.name: form.encode_blocks for form in _holding_blocks()}
        encode = holding.get(asked)
        if encode is None:
            names = " or ".join(map(repr, holding))
            raise InvalidParameterError(
                f"format must be {names}, the only one that holds indices of blocks, got {format!r}"
            )
        if effort is not None:
            whole_number("effort", effort, 1, 9)
        return encode(
            indices=self.indices,
            codebook=self.codebook,
            shape=self.shape,
            original_bits=self.original_bits,
            progress=progress,
        )

    @staticmethod
    def _format_of(path: str | os.PathLike[str]) -> str:
        suffix = Path(path).suffix
        form = format_of_suffix(suffix)
        if form is None or not form.holds_blocks:
            raise InvalidParameterError(
                f"{os.fspath(path)}: the file name of a picture in blocks must end in "
                f"{endings(_holding_blocks())}, got {suffix!r}"
            )
        return form.name


def _holding_blocks() -> list[Format]:
    return [form for form in formats().values() if form.holds_blocks]


def _sides(shape: Any) -> tuple[int, int]:
    """Return height and width of a picture."""
    try:
        height, width = (operator.index(side) for side in shape)
    except (TypeError, ValueError):  # no numbers, no whole ones, or not two
        height = width = 0
    if min(height, width) < 1:
        raise InvalidParameterError(
            f"shape must be a height and a width, whole numbers of at least 1, got {shape!r}"
        )
    return height, width


def _check(
    indices: NDArray[np.unsignedinteger[Any]],
    codebook: NDArray[np.uint8],
    centroids: NDArray[np.float64],
    shape: tuple[int, int],
) -> None:
    check_arrays(indices=indices, codebook=codebook, centroids=centroids)
    if codebook.ndim != 4 or codebook.dtype != np.uint8 or not _is_filled(codebook):
        raise InvalidParameterError(
            "codebook must be a uint8 array of shape (K, height, width, 3) or "
            f"(K, height, width, 4), got {codebook.dtype} of shape {codebook.shape}"
        )
    if centroids.shape != codebook.shape:
        raise InvalidParameterError(
            f"centroids must have the codebook's shape {codebook.shape}, got {centroids.shape}"
        )
    _, *block, _ = codebook.shape
    if max(block) > MAX_BLOCK_SIDE:
        raise InvalidParameterError(
            f"codebook must have blocks of at most {MAX_BLOCK_SIDE} pixels a side, "
            f"got shape {codebook.shape}"
        )
    grid = tuple(-(-side // part) for side, part in zip(shape, block, strict=True))
    if indices.dtype.kind != "u" or indices.shape != grid:
        raise InvalidParameterError(
            f"indices must be an unsigned array of shape {grid}, one for each block of "
            f"{shape[0]} x {shape[1]} pixels, got {indices.dtype} of shape {indices.shape}"
        )
    largest = int(indices.max())
    if largest >= len(codebook):
        raise InvalidParameterError(
            f"indices go up to {largest}, but the codebook has {len(codebook)} blocks"
        )


def _is_filled(codebook: NDArray[np.uint8]) -> bool:
    return codebook.shape[3] in (3, 4) and codebook.size > 0

"""What a file format writes."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError

__all__ = ["Picture", "PictureInBlocks", "check_colors"]


class Picture(Protocol):
    """A picture as palette and indices; `CompressedImage` is one."""

    @property
    def indices(self) -> NDArray[np.unsignedinteger[Any]]:
        """Positions in the palette, shape (H, W)."""

    @property
    def palette(self) -> NDArray[np.uint8]:
        """Colours, shape (K, 3) or (K, 4)."""

    @property
    def centroids(self) -> NDArray[np.float64]:
        """The colours before rounding."""

    @property
    def original_bits(self) -> int:
        """Bits of the original, uncompressed."""

    @property
    def rate_weight(self) -> float:
        """What the indices were chosen with."""


class PictureInBlocks(Protocol):
    """A picture as a codebook of blocks and indices; `BlockImage` is one."""

    @property
    def indices(self) -> NDArray[np.unsignedinteger[Any]]:
        """Positions in the codebook."""

    @property
    def codebook(self) -> NDArray[np.uint8]:
        """Blocks, shape (K, bh, bw, 3) or (K, bh, bw, 4)."""

    @property
    def original_bits(self) -> int:
        """Bits of the original, uncompressed."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""


def check_colors(image: Picture, what: str, most: int) -> None:
    """Refuse a picture of more colours than the format `what` holds."""
    if len(image.palette) > most:
        raise InvalidParameterError(
            f"{what} holds at most {most} colours, this image has {len(image.palette)}: "
            "ask for fewer colours or save it as .npz"
        )

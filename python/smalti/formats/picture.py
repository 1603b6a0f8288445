"""What a file format writes."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError

__all__ = ["Picture", "PictureInBlocks", "check_colors"]


class Picture(Protocol):
    """A picture as palette and indices; `CompressedImage` is one."""

    indices: NDArray[np.unsignedinteger[Any]]
    palette: NDArray[np.uint8]
    centroids: NDArray[np.float64]
    original_bits: int
    rate_weight: float


class PictureInBlocks(Protocol):
    """A picture as a codebook of blocks and indices; `BlockImage` is one."""

    indices: NDArray[np.unsignedinteger[Any]]
    codebook: NDArray[np.uint8]
    original_bits: int

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

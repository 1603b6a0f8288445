"""The compressed picture: palette, centroids and indices."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.formats import ENCODERS
from smalti.formats.png import MAX_COLORS as MAX_PNG_COLORS
from smalti.images.compressed import Compressed, check_arrays
from smalti.validation import one_of, whole_number

if TYPE_CHECKING:
    from PIL import Image

    from smalti.sources.source_image import SourceImage

__all__ = ["CompressedImage", "format_of"]


class CompressedImage(Compressed):
    """A picture as a palette and an index into it for every pixel.

    Made by `smalti.compress` and `smalti.load`.

    Parameters
    ----------
    indices, palette, centroids, original_bits, effort, rate_weight, dither, source
        The attributes. Arrays are kept, not copied; every index must lie in the palette.

    Attributes
    ----------
    indices : unsigned array, shape (H, W)
        Positions in the palette, in the smallest type that holds them.
    palette : uint8 array, shape (K, 3) or (K, 4)
        The colours, straight sRGB, all different and in use: see-through ones first, then from
        dark to light; in the order that makes PNG small if `rate_weight` is above 0.
    centroids : float64 array, shape (K, 3) or (K, 4)
        The colours before rounding, sRGB 0..255.
    original_bits : int
        Bits of the original, uncompressed; at least 1.
    effort : int
        1 to 9, how hard `to_bytes` and `save` try unless told otherwise. Default: 5.
    rate_weight, dither : float
        What the indices were chosen with, see `smalti.compress`; 0, the default, for
        nearest colours.
    source : SourceImage or None
        The original, if it is at hand.

    Raises
    ------
    InvalidParameterError
        If an array has another shape or type, or the parts do not fit together.
    """

    def __init__(
        self,
        indices: NDArray[np.unsignedinteger[Any]],
        palette: NDArray[np.uint8],
        centroids: NDArray[np.float64],
        *,
        original_bits: int,
        effort: int = 5,
        rate_weight: float = 0.0,
        dither: float = 0.0,
        source: "SourceImage | None" = None,
    ) -> None:
        _check(indices, palette, centroids)
        super().__init__(indices, original_bits, source)
        self.palette = palette
        self.centroids = centroids
        self.effort = effort
        self.rate_weight = rate_weight
        self.dither = dither

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels: the shape of the indices."""
        height, width = self.indices.shape
        return height, width

    @property
    def k(self) -> int:
        """Number of colours of the palette."""
        return len(self.palette)

    @property
    def codebook_bits(self) -> int:
        """Bits of the palette: 24 a colour, or 32 with alpha."""
        return 8 * self.palette.size

    def __repr__(self) -> str:
        height, width = self.shape
        return f"<CompressedImage {width} x {height}, {len(self.palette)} colours>"

    def _repr_png_(self) -> bytes:
        """Show the picture in notebooks, indexed where PNG holds its colours."""
        if len(self.palette) > MAX_PNG_COLORS:
            return super()._repr_png_()
        return self.to_bytes("png", effort=1)

    def reconstruct(self) -> NDArray[np.uint8]:
        """Replace every index by its colour: uint8, shape (H, W, 3) or (H, W, 4)."""
        picture: NDArray[np.uint8] = self.palette[self.indices]
        return picture

    def to_pillow(self) -> "Image.Image":
        """Return a Pillow image: mode P up to 256 opaque colours, else RGB or RGBA."""
        from PIL import Image

        channels = self.palette.shape[1]
        if len(self.palette) > MAX_PNG_COLORS or channels == 4:
            return super().to_pillow()
        image = Image.fromarray(self.indices.astype(np.uint8)).convert("P")
        image.putpalette(self.palette.tobytes())
        return image

    def to_bytes(
        self,
        format: str = "png",  # noqa: A002 - Pillow's and the API's name for it
        *,
        effort: int | None = None,
        progress: Callable[[str, float], object] | None = None,
    ) -> bytes:
        """Encode the picture.

        Parameters
        ----------
        format : {"png", "webp", "npz"}, default: "png"
            PNG and lossless WebP hold at most 256 colours; npz any number, and the unrounded
            centroids.
        effort : int, optional
            1 (fast) to 9 (small), for PNG and WebP; npz has one level. Default: the picture's
            own.
        progress : callable, optional
            Called with the stage's name and the done fraction, 0 to 1; raise to stop.

        Raises
        ------
        InvalidParameterError
            For an unknown format or effort, or more colours or pixels than the format holds.
        MissingExtraError
            For WebP, if Pillow was built without it.
        """
        encode = ENCODERS[one_of("format", format, tuple(ENCODERS))]
        level = self.effort if effort is None else whole_number("effort", effort, 1, 9)
        return encode(self, level, progress)

    @staticmethod
    def _format_of(path: str | os.PathLike[str]) -> str:
        return format_of(path)


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format that a file name asks for."""
    suffix = Path(path).suffix.lower()
    if suffix[1:] not in ENCODERS:
        *others, last = (f".{name}" for name in ENCODERS)
        allowed = f"{', '.join(others)} or {last}"
        raise InvalidParameterError(
            f"{os.fspath(path)}: a compressed picture's file name must end in {allowed}, "
            f"got {suffix!r}"
        )
    return suffix[1:]


def _check(
    indices: NDArray[np.unsignedinteger[Any]],
    palette: NDArray[np.uint8],
    centroids: NDArray[np.float64],
) -> None:
    check_arrays(indices=indices, palette=palette, centroids=centroids)
    if indices.ndim != 2 or indices.size == 0 or indices.dtype.kind != "u":
        raise InvalidParameterError(
            "indices must be an unsigned array of shape (H, W) with at least one pixel, "
            f"got {indices.dtype} of shape {indices.shape}"
        )
    if palette.ndim != 2 or palette.shape[1] not in (3, 4) or palette.dtype != np.uint8:
        raise InvalidParameterError(
            "palette must be a uint8 array of shape (K, 3) or (K, 4), "
            f"got {palette.dtype} of shape {palette.shape}"
        )
    if centroids.shape != palette.shape:
        raise InvalidParameterError(
            f"centroids must have the palette's shape {palette.shape}, got {centroids.shape}"
        )
    largest = int(indices.max())
    if largest >= len(palette):
        raise InvalidParameterError(
            f"indices go up to {largest}, but the palette has {len(palette)} colours"
        )

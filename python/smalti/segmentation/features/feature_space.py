"""Where pixels are compared: coordinates of a colour space or densities of stains, and what joins.

A feature is a single-precision coordinate of every pixel. Colours give three, stains two; texture
and position add more, scaled so that their weights mean the same for every image.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.segmentation.features.texture import texture_features
from smalti.segmentation.histology.stains import Stains
from smalti.sources.source_image import Pixels
from smalti.validation import one_of, real_number

__all__ = [
    "CHROMA_WEIGHT",
    "SPACES",
    "STAIN_SPACES",
    "FeatureSpace",
    "Features",
    "Matrix",
    "contiguous",
    "diagonal",
]

STAIN_SPACES = ("he", "hdab")
SPACES = ("oklab", "srgb", "linear", *STAIN_SPACES)

CHROMA_WEIGHT = 3.0
"""How much OKLab's a and b count: over the colours of sRGB they vary this much less, beside
lightness, than CIELAB's do."""

Features: TypeAlias = NDArray[np.float32]
"""Coordinates of shape (H, W, D)."""

Matrix: TypeAlias = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class FeatureSpace:
    """What pixels are compared by.

    Attributes
    ----------
    space : {"oklab", "srgb", "linear", "he", "hdab"}
        A colour space, or the stains of a slide.
    stains : Stains or None
        What stains look like, if `space` is one of them.
    matrix : tuple of tuple of float
        What the coordinates of the colour, a row, are multiplied by: 3 x 3, or 2 x 2 for stains.
    texture : float
        Factor of the channels of texture; without texture 0.
    position : float
        Factor of row and column, which are counted in longer sides of the image; 0 without.
    """

    space: str
    stains: Stains | None = None
    matrix: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    texture: float = 0.0
    position: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what does not go together; files may hold anything."""
        one_of("space", self.space, SPACES)
        needed = 3 if self.stains is None else 2
        if (self.stains is None) == (self.space in STAIN_SPACES):
            raise InvalidParameterError(f"the space {self.space!r} does not go with {self.stains}")
        rows = np.array(self.matrix, dtype=np.float64)
        if rows.shape != (needed, needed) or not np.isfinite(rows).all():
            raise InvalidParameterError(
                f"matrix must be {needed} x {needed} finite numbers, got {self.matrix}"
            )
        real_number("texture", self.texture, 0.0)
        real_number("position", self.position, 0.0)

    @property
    def is_color_only(self) -> bool:
        """Whether pixels of one colour have the same features."""
        return self.texture == 0.0 and self.position == 0.0

    @property
    def color_dim(self) -> int:
        """Features that tell of colour; they are the first."""
        return len(self.matrix)

    def of_colors(self, colors: Pixels) -> Features:
        """Return the features that tell of colour.

        Parameters
        ----------
        colors : uint8 or uint16 array, shape (H, W, 3)
            sRGB.

        Returns
        -------
        float32 array, shape (H, W, 3) or, for stains, (H, W, 2)
        """
        if self.stains is None:
            features = _core.color_features(contiguous(colors), self.space)
        else:
            features = np.ascontiguousarray(self.stains.densities(colors)[..., : self.color_dim])
        matrix = np.array(self.matrix, dtype=np.float32)
        if (matrix == np.eye(self.color_dim)).all():
            return features
        return _core.mixed_features(features, matrix)

    def of_image(self, pixels: Pixels, inside: NDArray[np.bool_] | None = None) -> Features:
        """Return all features of an image.

        Parameters
        ----------
        pixels : uint8 or uint16 array, shape (H, W, 3 or 4)
            sRGB; alpha does not count.
        inside : bool array, shape (H, W), optional
            The pixels that take part: texture is that of these, and the others have none.
            Default: all.

        Returns
        -------
        float32 array, shape (H, W, D)
        """
        colors = pixels[..., :3]
        parts = [self.of_colors(colors)]
        if self.texture > 0.0:
            parts.append(texture_features(colors, mask=inside) * np.float32(self.texture))
        if self.position > 0.0:
            parts.append(positions(pixels.shape[:2]) * np.float32(self.position))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)

    def to_srgb(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the colours of points, sRGB in 0..=255, shape (K, 3)."""
        # Coordinates that a matrix leaves out are 0, those of grey.
        back = np.linalg.pinv(np.array(self.matrix))
        colors = np.ascontiguousarray(points[:, : self.color_dim] @ back)
        if self.stains is None:
            return _core.colors_at(colors, self.space)
        return self.stains.colors(colors).astype(np.float64)


def diagonal(factors: Sequence[float]) -> Matrix:
    """Return the matrix that multiplies each coordinate by a factor."""
    return tuple(
        tuple(float(factor) if i == j else 0.0 for j in range(len(factors)))
        for i, factor in enumerate(factors)
    )


def contiguous(pixels: Pixels) -> Pixels:
    """Return pixels without gaps between them."""
    return np.ascontiguousarray(pixels)  # type: ignore[return-value]


def positions(shape: tuple[int, ...]) -> Features:
    """Return row and column of every pixel of an image of `shape`, in units of its longer side."""
    height, width = shape[:2]
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    places = np.stack([rows, columns], axis=2).astype(np.float32)
    return places / np.float32(max(height, width))

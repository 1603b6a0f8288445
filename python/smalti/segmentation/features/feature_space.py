"""The space in which pixels are compared: colours or stains, and optionally texture and position.

A feature is a single-precision coordinate of every pixel. Colours give three features, stains two,
and bands one each.
Texture and position add more, scaled so that their weights mean the same for every image.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.options import BANDS, SEGMENT_SPACES, STAIN_SPACES
from smalti.segmentation.features.texture import texture_features
from smalti.segmentation.histology.stains import Stains
from smalti.sources.bands import shown_colors
from smalti.sources.source_image import Bands, Pixels
from smalti.validation import one_of, real_number

__all__ = [
    "FeatureSpace",
    "Features",
    "Matrix",
    "contiguous",
    "diagonal",
]

Features: TypeAlias = NDArray[np.float32]
"""Coordinates of shape (H, W, D)."""

Matrix: TypeAlias = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class FeatureSpace:
    """The coordinates that pixels are compared by.

    Attributes
    ----------
    space : {"oklab", "srgb", "linear", "he", "hdab", "bands"}
        A colour space, the stains of a slide, or bands as they are.
    stains : Stains or None
        What stains look like, if `space` is one of them.
    matrix : tuple of tuple of float
        What the coordinates of the colour, a row, are multiplied by: 3 x 3, 2 x 2 for stains, or
        C x C for C bands, which are counted from 0 to 1 within their `limits`.
    texture : float
        Factor of the channels of texture; without texture 0.
    position : float
        Factor of row and column, which are counted in units of `position_unit`; 0 without.
    position_unit : float or None
        Pixels: the longer side of the image that the classes were learnt on. None is the longer
        side of the image at hand, as in files of version 1.
    limits : tuple of (float, float)
        For each band the values that count as 0 and as 1; empty for other spaces.
    """

    space: str
    stains: Stains | None = None
    matrix: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    texture: float = 0.0
    position: float = 0.0
    position_unit: float | None = None
    limits: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        """Refuse what does not go together; files may hold anything."""
        one_of("space", self.space, SEGMENT_SPACES)
        needed = 3 if self.stains is None else 2
        if self.space == BANDS:
            needed = self._checked_bands()
        if (self.stains is None) == (self.space in STAIN_SPACES):
            raise InvalidParameterError(f"the space {self.space!r} does not go with {self.stains}")
        rows = np.array(self.matrix, dtype=np.float64)
        if rows.shape != (needed, needed) or not np.isfinite(rows).all():
            raise InvalidParameterError(
                f"matrix must be {needed} x {needed} finite numbers, got {self.matrix}"
            )
        real_number("texture", self.texture, 0.0)
        real_number("position", self.position, 0.0)
        if self.position_unit is not None:
            real_number("position_unit", self.position_unit, 1.0)

    def _checked_bands(self) -> int:
        """Return how many bands there are."""
        if not self.limits or not all(low < high for low, high in self.limits):
            raise InvalidParameterError(
                f"limits must be two ascending numbers for each band, got {self.limits}"
            )
        return len(self.limits)

    @property
    def is_color_only(self) -> bool:
        """Whether pixels of one colour have the same features."""
        return self.texture == 0.0 and self.position == 0.0

    @property
    def color_dim(self) -> int:
        """Number of features of colour, or of bands; they are the first."""
        return len(self.matrix)

    def of_colors(self, colors: Pixels) -> Features:
        """Return the features of colours, without texture and position.

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
        return self._mixed(features)

    def of_samples(self, samples: "Pixels | Bands") -> Features:
        """Return the features of colours or bands, without texture and position.

        Parameters
        ----------
        samples : uint8 or uint16 array, shape (H, W, 3 or 4), or Bands

        Returns
        -------
        float32 array, shape (H, W, D)

        Raises
        ------
        InvalidParameterError
            If there are other bands than these.
        """
        if self.space != BANDS:
            if isinstance(samples, Bands):
                raise InvalidParameterError(
                    f"the image has {samples.count} bands and no colours, which the space "
                    f"{self.space!r} is for"
                )
            return self.of_colors(samples[..., :3])
        found = samples.count if isinstance(samples, Bands) else 0
        if not isinstance(samples, Bands) or found != len(self.limits):
            raise InvalidParameterError(
                f"the image has {found} bands, but the classes are of {len(self.limits)}"
            )
        units = [samples.unit(band, limits) for band, limits in enumerate(self.limits)]
        return self._mixed(np.ascontiguousarray(np.stack(units, axis=2)))

    def _mixed(self, features: Features) -> Features:
        matrix = np.array(self.matrix, dtype=np.float32)
        if (matrix == np.eye(self.color_dim)).all():
            return features
        return _core.mixed_features(features, matrix)

    def of_image(
        self,
        samples: "Pixels | Bands",
        mask: NDArray[np.bool_] | None = None,
        corner: tuple[int, int] = (0, 0),
    ) -> Features:
        """Return all features of an image.

        Parameters
        ----------
        samples : uint8 or uint16 array, shape (H, W, 3 or 4), or Bands
            sRGB; alpha does not count.
        mask : bool array, shape (H, W), optional
            The pixels that take part: texture is that of these, and the others have none.
            Default: all.
        corner : (int, int), default: (0, 0)
            Row and column of the first pixel.

        Returns
        -------
        float32 array, shape (H, W, D)
        """
        parts = [self.of_samples(samples)]
        if self.texture > 0.0 and not isinstance(samples, Bands):
            parts.append(texture_features(samples[..., :3], mask=mask) * np.float32(self.texture))
        if self.position > 0.0:
            unit = self.position_unit or max(samples.shape[:2])
            parts.append(positions(samples.shape[:2], unit, corner) * np.float32(self.position))
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)

    def to_srgb(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the colours of points, or what shows bands: sRGB in 0..=255, shape (K, 3)."""
        colors = self.units(points)
        if self.space == BANDS:
            return shown_colors(colors)
        if self.stains is None:
            return _core.colors_at(colors, self.space)
        return self.stains.colors(colors).astype(np.float64)

    def to_bands(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values of points in the bands, shape (K, C)."""
        low, high = np.array(self.limits).T
        values: NDArray[np.float64] = low + self.units(points) * (high - low)
        return values

    def units(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the coordinates of points without the matrix: of bands 0 to 1 within limits."""
        # A coordinate whose factor is 0 becomes 0, which is that of grey.
        back = np.linalg.pinv(np.array(self.matrix))
        return np.ascontiguousarray(points[:, : self.color_dim] @ back)


def diagonal(factors: Sequence[float]) -> Matrix:
    """Return the matrix that multiplies each coordinate by a factor."""
    return tuple(
        tuple(float(factor) if i == j else 0.0 for j in range(len(factors)))
        for i, factor in enumerate(factors)
    )


def contiguous(pixels: Pixels) -> Pixels:
    """Return pixels without gaps between them."""
    return np.ascontiguousarray(pixels)  # type: ignore[return-value]


def positions(shape: tuple[int, ...], unit: float, corner: tuple[int, int] = (0, 0)) -> Features:
    """Return row and column of every pixel of an image of `shape`, in units of `unit` pixels."""
    rows, columns = (first + np.arange(size) for first, size in zip(corner, shape[:2], strict=True))
    places = np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=2).astype(np.float32)
    return places / np.float32(unit)

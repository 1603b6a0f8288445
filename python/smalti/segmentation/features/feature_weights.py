"""How much each kind of feature counts, in the units of one image."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.segmentation.features.feature_space import STAIN_SPACES, FeatureSpace, diagonal
from smalti.segmentation.features.points import color_points
from smalti.segmentation.histology.stain_estimation import REFERENCE, estimate_stains
from smalti.segmentation.histology.stains import Stains
from smalti.sources.source_image import SourceImage

__all__ = ["color_space", "weighted_features"]

ESTIMATE = "estimate"


def color_space(
    space: str,
    chroma: float,
    stains: Any,
    source: SourceImage,
    inside: NDArray[np.bool_] | None,
) -> FeatureSpace:
    """Return the space of colours or of stains; `chroma` is the factor of OKLab's a and b."""
    if space not in STAIN_SPACES:
        if stains is not None:
            raise InvalidParameterError(
                f"stains are for the space 'he' or 'hdab', but space is {space!r}"
            )
        return FeatureSpace(space, None, diagonal([1.0, chroma, chroma]))
    plain = diagonal([1.0, 1.0])
    if stains is None:
        return FeatureSpace(space, REFERENCE[space], plain)
    if isinstance(stains, str) and stains == ESTIMATE:
        return FeatureSpace(space, estimate_stains(source, space, mask=inside), plain)
    if not isinstance(stains, Stains) or stains.name != space:
        raise InvalidParameterError(
            f"stains must be {ESTIMATE!r} or Stains of {space!r}, got {stains!r}"
        )
    return FeatureSpace(space, stains, plain)


def weighted_features(
    space: FeatureSpace,
    source: SourceImage,
    inside: NDArray[np.bool_] | None,
    texture: float,
    position: float,
) -> FeatureSpace:
    """Return a space in which texture and position vary as much as the colours, times a weight."""
    if texture == 0.0 and position == 0.0:
        return space
    deviation = sum(color_points(space, source.pixels, inside).variances()) ** 0.5
    height, width = source.pixels.shape[:2]
    # Of row and column together, in units of the longer side.
    spread = max((height**2 + width**2 - 2) / 12, 1.0) ** 0.5 / max(height, width)
    return replace(space, texture=texture * deviation, position=position * deviation / spread)

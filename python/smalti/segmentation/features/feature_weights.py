"""Weights of colour, texture and position, by how much these vary in one image."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from smalti.options import BANDS, STAIN_SPACES, SegmentOptions
from smalti.segmentation.features.feature_space import FeatureSpace, diagonal
from smalti.segmentation.features.points import sample_points
from smalti.segmentation.histology.stain_estimation import REFERENCE, estimate_stains
from smalti.segmentation.histology.stains import Stains
from smalti.sources.source_image import SourceImage

__all__ = ["band_space", "color_space", "weighted_features"]


def color_space(
    options: SegmentOptions, source: SourceImage, mask: NDArray[np.bool_] | None
) -> FeatureSpace:
    """Return the space of colours or of stains that options ask for."""
    space, stains = options.color_space, options.stains
    if space == BANDS:
        return band_space(source, as_stored=options.normalize is None)
    if space not in STAIN_SPACES:
        chroma = options.chroma_factor
        return FeatureSpace(space, None, diagonal([1.0, chroma, chroma]))
    if stains is None:
        stains = REFERENCE[space]
    elif not isinstance(stains, Stains):
        stains = estimate_stains(source, space, mask=mask)
    return FeatureSpace(space, stains, diagonal([1.0, 1.0]))


def band_space(source: SourceImage, *, as_stored: bool) -> FeatureSpace:
    """Return the space of an image's bands.

    Parameters
    ----------
    source : SourceImage
        With bands.
    as_stored : bool
        Whether bands differ as they are stored, up to one factor for all; otherwise each counts in
        units of its limits.
    """
    limits = source.bands.limits if source.bands is not None else ()
    ranges = [high - low for low, high in limits]
    factors = [width / max(ranges) if as_stored else 1.0 for width in ranges]
    return FeatureSpace(BANDS, matrix=diagonal(factors), limits=limits)


def weighted_features(
    space: FeatureSpace,
    source: SourceImage,
    mask: NDArray[np.bool_] | None,
    texture: float,
    position: float,
) -> FeatureSpace:
    """Return a space in which texture and position vary as much as the colours, times a weight."""
    if texture == 0.0 and position == 0.0:
        return space
    deviation = sum(sample_points(space, source.samples, mask).variances()) ** 0.5
    height, width = source.pixels.shape[:2]
    unit = max(height, width)
    # Of row and column together.
    position_deviation = max((height**2 + width**2 - 2) / 12, 1.0) ** 0.5 / unit
    return replace(
        space,
        texture=texture * deviation,
        position=position * deviation / position_deviation,
        position_unit=float(unit) if position > 0.0 else None,
    )

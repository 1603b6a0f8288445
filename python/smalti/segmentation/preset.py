"""Classes that are known beforehand, learnt from a slide: nuclei, the other stain, and glass."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from smalti.segmentation.classifier import PixelClassifier
from smalti.segmentation.features.feature_space import FeatureSpace, diagonal
from smalti.segmentation.features.points import color_points
from smalti.segmentation.fit.class_fit import InitialCentroids, fit_classes
from smalti.segmentation.histology.stain_preset import LOCKED, stain_preset
from smalti.sources.source_image import SourceImage
from smalti.vectors.codebook import Codebook

__all__ = ["PRESETS", "preset_classifier"]

PRESETS = ("he", "hdab")


def preset_classifier(
    kind: str,
    source: SourceImage,
    inside: NDArray[np.bool_] | None,
    seed: int,
    progress: Callable[[str, float], object] | None,
) -> tuple[PixelClassifier, NDArray[np.bool_]]:
    """Return the classes of a stained slide, in the order of their names, and where tissue is."""
    found = stain_preset(source, kind, mask=inside)
    space = FeatureSpace(kind, found.stains, diagonal([1 / scale for scale in found.scale]))
    # What stays comes first.
    order = np.argsort(~np.array(LOCKED), kind="stable")
    centroids = found.centers[order]
    if found.tissue.any():
        # Not on blocks of pixels, which mix what small nuclei are in.
        points = color_points(space, source.pixels, found.tissue)
        given = InitialCentroids(centroids, sum(LOCKED))
        centroids = fit_classes(points, len(LOCKED), given, seed, progress)
    codebook = Codebook(centroids[np.argsort(order)])
    background = found.names.index("background")
    return PixelClassifier(space, codebook, found.names, background), found.tissue

"""The classes of a preset, learnt from a stained slide: nuclei, the other stain, and glass."""

import numpy as np
from numpy.typing import NDArray

from smalti.progress import Progress
from smalti.segmentation.classifier import PixelClassifier
from smalti.segmentation.features.feature_space import FeatureSpace, diagonal
from smalti.segmentation.features.points import color_points
from smalti.segmentation.fit.class_fit import InitialCentroids, fit_classes
from smalti.segmentation.histology.stain_preset import LOCKED, stain_preset
from smalti.sources.source_image import SourceImage
from smalti.vectors.codebook import Codebook

__all__ = ["preset_classifier"]


def preset_classifier(
    kind: str,
    source: SourceImage,
    mask: NDArray[np.bool_] | None,
    seed: int,
    progress: Progress | None,
) -> tuple[PixelClassifier, NDArray[np.bool_]]:
    """Return the classes of a stained slide, in the order of their names, and where tissue is."""
    found = stain_preset(source, kind, mask=mask)
    space = FeatureSpace(kind, found.stains, diagonal([1 / scale for scale in found.scale]))
    # Locked centroids come first.
    order = np.argsort(~np.array(LOCKED), kind="stable")
    centroids = found.centers[order]
    if found.tissue.any():
        # Colours and not blocks of pixels: blocks mix small nuclei with what is around them.
        points = color_points(space, source.pixels, found.tissue)
        initial = InitialCentroids(centroids, sum(LOCKED))
        centroids = fit_classes(points, len(LOCKED), initial, seed, progress)
    codebook = Codebook(centroids[np.argsort(order)])
    background = found.names.index("background")
    classifier = PixelClassifier(space, codebook, found.names, background, found.threshold)
    return classifier, found.tissue

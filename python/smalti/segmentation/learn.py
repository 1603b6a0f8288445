"""What tells classes apart, learnt from an image or from its colours alone."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.options import BANDS, SegmentOptions
from smalti.progress import Progress
from smalti.segmentation.classifier import PixelClassifier
from smalti.segmentation.features.feature_space import Features, FeatureSpace
from smalti.segmentation.features.feature_weights import color_space, weighted_features
from smalti.segmentation.features.normalizing import normalized
from smalti.segmentation.features.points import Points, block_points
from smalti.segmentation.features.superpixel_means import superpixel_means
from smalti.segmentation.fit.class_fit import fit_classes, learning_points
from smalti.segmentation.fit.initial_colors import initial_centroids
from smalti.segmentation.preset import preset_classifier
from smalti.sources.note import Note
from smalti.sources.source_image import SourceImage
from smalti.vectors.codebook import Codebook

__all__ = ["Learnt", "learn", "learn_from_colors"]

# Colours of 16 bits: classes of the same 8-bit colour still have an order.
_DEEP = 257


class Learnt(NamedTuple):
    """Classes, and what is known of the image that they were learnt from.

    Attributes
    ----------
    classifier : PixelClassifier
    features : float32 array, shape (H, W, D)
        Those of the image's pixels.
    tissue : bool array, shape (H, W), or None
        The tissue, if the classes are of a preset.
    notes : tuple of Note
        Classes of the preset that the image lacks.
    """

    classifier: PixelClassifier
    features: Features
    tissue: NDArray[np.bool_] | None = None
    notes: tuple[Note, ...] = ()


def learn(
    source: SourceImage,
    options: SegmentOptions,
    mask: NDArray[np.bool_] | None,
    progress: Progress | None,
) -> Learnt:
    """Learn classes from an image, whose `mask` takes part."""
    if options.preset is None:
        return _learnt(source, options, mask, progress)
    classifier, tissue, notes = preset_classifier(
        options.preset, source, mask, options.seed, progress
    )
    features = classifier.features.of_image(source.samples, mask)
    if options.superpixels is not None:
        features = superpixel_means(features, options.superpixels, mask)
    return Learnt(classifier, features, tissue, notes)


def learn_from_colors(
    colors: NDArray[np.uint8] | NDArray[np.uint16],
    counts: NDArray[np.float64],
    options: SegmentOptions,
    name: str,
    progress: Progress | None,
) -> PixelClassifier:
    """Learn classes from the distinct colours of an image, where these are all that counts.

    Parameters
    ----------
    colors : uint8 or uint16 array, shape (n, 3)
        As `smalti._core.distinct_colors` gives them.
    counts : float64 array, shape (n,)
        How often each occurs.
    options : SegmentOptions
        Without a preset, normalising, stains to be estimated, texture, superpixels and weights of
        boundaries or positions.
    name : str
        What messages call the image.
    progress : callable or None
    """
    source = SourceImage(colors[np.newaxis], 1, name)
    space = color_space(options, source, None)
    values = space.of_colors(source.pixels)[0]
    return _classifier(space, Points(values.astype(np.float64), counts), options, name, progress)


def _learnt(
    source: SourceImage,
    options: SegmentOptions,
    mask: NDArray[np.bool_] | None,
    progress: Progress | None,
) -> Learnt:
    """Return classes that are learnt from an image, and its features."""
    colors = color_space(options, source, mask)
    if options.normalize is not None:
        colors = normalized(colors, options.normalize, source, mask)
    space = weighted_features(colors, source, mask, options.texture, options.position_weight)
    features = space.of_image(source.samples, mask)
    if options.superpixels is None:
        weight, k = options.boundary_weight, options.k or 0
        points = learning_points(space, source.samples, features, mask, spatial_weight=weight, k=k)
    else:
        features = superpixel_means(features, options.superpixels, mask)
        points = block_points(features, mask)
    return Learnt(_classifier(space, points, options, source.name, progress), features)


def _classifier(
    space: FeatureSpace,
    points: Points,
    options: SegmentOptions,
    name: str,
    progress: Progress | None,
) -> PixelClassifier:
    """Return classes that are learnt from points, darkest first."""
    k = options.k or 0
    initial = initial_centroids(space, options, points.values.shape[1])
    centroids = fit_classes(points, k, initial, options.seed, progress)
    if options.names is not None and len(centroids) < k:
        raise InvalidParameterError(
            f"{name} has colours for {len(centroids)} classes only, but there are {k} names"
        )
    order = np.argsort(_lightness(space, centroids), kind="stable")
    return PixelClassifier(space, Codebook(centroids[order]), options.names)


def _lightness(space: FeatureSpace, centroids: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return OKLab's lightness of classes, or the mean of their bands within the bands' limits."""
    if space.space == BANDS:
        means: NDArray[np.float64] = space.units(centroids).mean(axis=1)
        return means
    deep = np.rint(space.to_srgb(centroids) * _DEEP).astype(np.uint16)
    lightness: NDArray[np.float64] = _core.color_coordinates(deep[np.newaxis], "oklab")[0, :, 0]
    return lightness

"""Segmenting an image: the one call."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.labelmaps.classes import MAX_CLASSES, checked_names
from smalti.segmentation.classifier import PixelClassifier, Segmentation
from smalti.segmentation.features.feature_space import CHROMA_WEIGHT, SPACES
from smalti.segmentation.features.feature_weights import color_space, weighted_features
from smalti.segmentation.features.normalizing import NORMALIZE, normalized
from smalti.segmentation.features.points import block_points
from smalti.segmentation.features.superpixel_means import superpixel_means
from smalti.segmentation.fit.class_fit import fit_classes, learning_points
from smalti.segmentation.fit.initial_colors import initial_centroids
from smalti.segmentation.histology.stain_preset import LOCKED
from smalti.segmentation.histology.stains import Stains
from smalti.segmentation.mask import taking_part
from smalti.segmentation.preset import PRESETS, preset_classifier
from smalti.sources.read import ImageSource, read
from smalti.validation import MAX_SEED, one_of, real_number, whole_number
from smalti.vectors.codebook import Codebook

if TYPE_CHECKING:
    from smalti.colors import Colors
    from smalti.sources.source_image import SourceImage

__all__ = ["SPATIAL_METHODS", "segment"]

SPATIAL_METHODS = ("potts", "position")

MAX_WEIGHT = 1e6
"""Of chroma, texture and position: beyond it only these count, and squares stay in range."""

# Colours of 16 bits: classes of the same 8-bit colour still have an order.
_DEEP = 257


def segment(
    image: ImageSource,
    k: int | None = None,
    *,
    preset: str | None = None,
    space: str | None = None,
    spatial_weight: float = 0.0,
    spatial_method: str = "potts",
    superpixels: int | None = None,
    texture: float = 0.0,
    chroma_weight: float | None = None,
    normalize: str | None = None,
    stains: Stains | str | None = None,
    init_colors: "Colors | None" = None,
    locked: Any = None,
    mask: ArrayLike | None = None,
    min_region: int = 0,
    names: Sequence[str] | None = None,
    seed: int = 0,
    progress: Callable[[str, float], object] | None = None,
) -> Segmentation:
    """Segment an image by colour, with K-Means.

    Every pixel gets the class whose centroid is nearest to its colour, or, with a `spatial_weight`,
    one that its neighbours have too.

    Parameters
    ----------
    image : path, URL, bytes, binary file object, Pillow image or array
        Arrays have shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) and dtype uint8, uint16,
        bool or float (0 to 1). Fully transparent pixels belong to no class; other alpha does not
        count.
    k : int
        Number of classes, 1 to 255. An image of fewer colours has a class for each of them. To be
        left out only with a `preset`.
    preset : {"he", "hdab"}, optional
        Three classes of a stained slide, in this order: nuclei, stroma (or DAB) and background. It
        decides everything but `spatial_weight`, `superpixels`, `mask`, `min_region` and `seed`.
    space : {"oklab", "srgb", "linear", "he", "hdab"}, default: "oklab"
        Where pixels are compared: as the eye sees them, in stored values, in linear light, or by
        the densities of two stains, haematoxylin and eosin or haematoxylin and DAB.
    spatial_weight : float, default: 0
        How much it counts where pixels lie, at least 0. 0 leaves it out of account. With
        boundaries weighed, a class can end up without pixels.
    spatial_method : {"potts", "position"}, default: "potts"
        What the weight does. ``"potts"`` weighs boundaries: where classes are told apart as well
        as on average, what is thinner than twice the weight, in pixels, is given up. 0.2 to 1 is
        useful. ``"position"`` makes row and column coordinates like those of the colour; at a
        weight of 1 they vary as much as these do.
    superpixels : int, optional
        Cluster the mean colours of about so many superpixels in place of pixels.
    texture : float, default: 0
        How much the texture around a pixel counts, at least 0; at 1 as much as its colour.
    chroma_weight : float, default: 3
        How much hue and saturation count in OKLab, at least 0. 3 is as much as they do in CIELAB,
        beside lightness; more is less sensitive to uneven light, 0 compares lightness alone (and
        classes are grey).
    normalize : {"variance", "local"}, optional
        Count coordinates in units of how much they vary over the image, or from place to place
        (between neighbouring blocks of 8 x 8 pixels, boundaries left out): then what is uneven in
        light, noise or texture counts less. Default: as they are.
    stains : Stains or "estimate", optional
        What the stains look like; for the space "he" or "hdab" only. ``"estimate"`` finds out
        from the image. Default: the published vectors.
    init_colors : sequence of str, or array-like of shape (n, 3), optional
        Colours of classes to begin with, at most `k`, as "FF8000" or (255, 128, 0). The others
        begin far from them. Alpha does not count.
    locked : bool, or sequence of bool or int, optional
        Which of `init_colors` stay as they are, whatever the image holds: all (True), or those at
        which there is True, or at these positions. Default: none.
    mask : bool array, shape (H, W), optional
        The pixels that take part. Default: all.
    min_region : int, default: 0
        Regions of fewer pixels join the neighbour that they share most of their boundary with.
    names : sequence of str, optional
        Names of the classes, darkest first: as many as `k`, all different.
    seed : int, default: 0
        0 to 2**64 - 1, for initial centroids. The same image and arguments give the same labels on
        any number of threads.
    progress : callable, optional
        Called with the stage's name and the done fraction, 0 to 1; raise to stop.

    Returns
    -------
    Segmentation
        Classes are in order of lightness, darkest first; those of a preset in the order of its
        names.

    Raises
    ------
    ImageReadError
        If the image cannot be read.
    InvalidParameterError
        If an argument is outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> import smalti
    >>> image = np.zeros((4, 6, 3), dtype=np.uint8)
    >>> image[:, 3:] = 200, 30, 30
    >>> image[1, 1] = 190, 40, 40
    >>> smalti.segment(image, 2).areas.tolist()
    [11, 13]
    >>> smalti.segment(image, 2, spatial_weight=0.5).areas.tolist()
    [12, 12]
    """
    seed = whole_number("seed", seed, 0, MAX_SEED)
    weight = real_number("spatial_weight", spatial_weight, 0.0)
    method = one_of("spatial_method", spatial_method, SPATIAL_METHODS)
    boundary, position = (weight, 0.0) if method == "potts" else (0.0, weight)
    outcome: dict[str, Any] = {
        "spatial_weight": boundary,
        "min_region": whole_number("min_region", min_region, 0),
        "progress": progress,
    }
    if superpixels is not None:
        superpixels = whole_number("superpixels", superpixels, 1)
    if preset is not None:
        _alone(
            one_of("preset", preset, PRESETS),
            k=None if k == len(LOCKED) else k,
            space=None if space == preset else space,
            spatial_method=None if method == "potts" else method,
            chroma_weight=chroma_weight,
            normalize=normalize,
            texture=texture or None,
            stains=stains,
            init_colors=init_colors,
            locked=None if locked is False else locked,
            names=names,
        )
        return _by_preset(
            preset,
            read(image),
            mask,
            superpixels=superpixels,
            seed=seed,
            outcome=outcome,
        )
    if k is None:
        raise InvalidParameterError(f"k must be a whole number from 1 to {MAX_CLASSES}, got None")
    k = whole_number("k", k, 1, MAX_CLASSES)
    checked_names(names, k)
    chosen = one_of("space", "oklab" if space is None else space, SPACES)
    chroma = _chroma(chosen, chroma_weight, normalize)
    texture = real_number("texture", texture, 0.0, MAX_WEIGHT)
    source = read(image)
    inside = taking_part(source, mask)
    colors = color_space(chosen, chroma, stains, source, inside)
    if normalize is not None:
        colors = normalized(colors, normalize, source, inside)
    whole = weighted_features(colors, source, inside, texture, min(position, MAX_WEIGHT))
    features = whole.of_image(source.pixels, inside)
    if superpixels is None:
        points = learning_points(
            whole, source.pixels, features, inside, spatial_weight=boundary, k=k
        )
    else:
        features = superpixel_means(features, superpixels, inside)
        points = block_points(features, inside)
    given = initial_centroids(whole, init_colors, locked, k, features.shape[2])
    centroids = fit_classes(points, k, given, seed, progress)
    if names is not None and len(centroids) < k:
        raise InvalidParameterError(
            f"{source.name} has colours for {len(centroids)} classes only, but there are {k} names"
        )
    order = np.argsort(_lightness(whole.to_srgb(centroids)), kind="stable")
    classifier = PixelClassifier(whole, Codebook(centroids[order]), names)
    return classifier.labelled(source, features, inside, **outcome)


def _by_preset(
    preset: str,
    source: "SourceImage",
    mask: Any,
    *,
    superpixels: int | None,
    seed: int,
    outcome: dict[str, Any],
) -> Segmentation:
    """Segment into classes that are known beforehand."""
    inside = taking_part(source, mask)
    classifier, tissue = preset_classifier(preset, source, inside, seed, outcome["progress"])
    features = classifier.features.of_image(source.pixels, inside)
    if superpixels is not None:
        features = superpixel_means(features, superpixels, inside)
    return classifier.labelled(source, features, inside, tissue=tissue, **outcome)


def _alone(preset: str, **others: Any) -> None:
    """Refuse what a preset decides."""
    for name, value in others.items():
        if value is not None:
            raise InvalidParameterError(f"{name} is decided by preset {preset!r}, got {value!r}")


def _chroma(space: str, chroma_weight: float | None, normalize: str | None) -> float:
    """Return the factor of OKLab's a and b, 1 where coordinates are normalised."""
    if normalize is not None:
        one_of("normalize", normalize, NORMALIZE)
    if chroma_weight is None:
        return CHROMA_WEIGHT if space == "oklab" and normalize is None else 1.0
    if normalize is not None:
        raise InvalidParameterError(
            f"chroma_weight is decided by normalize={normalize!r}, got {chroma_weight!r}"
        )
    if space != "oklab":
        raise InvalidParameterError(
            f"chroma_weight is for the space 'oklab', which has a chroma, but space is {space!r}"
        )
    return real_number("chroma_weight", chroma_weight, 0.0, MAX_WEIGHT)


def _lightness(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return OKLab's lightness of colours of shape (K, 3), 0..=255."""
    deep = np.rint(srgb * _DEEP).astype(np.uint16)
    lightness: NDArray[np.float64] = _core.color_coordinates(deep[np.newaxis], "oklab")[0, :, 0]
    return lightness

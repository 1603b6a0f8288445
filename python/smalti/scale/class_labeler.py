"""Classes for the pixels of windows.

A window is labelled with some rows and columns around it, and windows are those of a grid. So
labels do not depend on how an image is stored, nor on who labels which window.

Without neighbours a pixel's class is exactly the one that it has in the whole image:
`PixelClassifier.reach` tells how far others matter. With a weight of boundaries, lines of pixels
are minimised as a whole, and any pixel could have a say. In fact those within 64 times the weight
have: on the pictures tried no label differed from those of the whole image
(``python -m bench tiled_labels``). Regions of fewer pixels than `min_region` lie within as many
rows and columns, but which neighbour takes them depends on what is one region farther away, too.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.exceptions import InvalidParameterError, OptionsError
from smalti.labelmaps.classes import OUTSIDE
from smalti.labelmaps.regions import absorb_small_regions
from smalti.options import SegmentOptions
from smalti.scale.by_color import ByColor
from smalti.segmentation.classifier import PixelClassifier
from smalti.segmentation.mask import visible
from smalti.sources.source_image import Pixels
from smalti.sources.tiles.window import Window

__all__ = ["ClassLabeler", "Neighbours", "check_segment_by_parts", "surroundings"]

# The largest weight and regions whose surroundings fit in memory many times.
_MAX_WEIGHT, _MAX_REGION = 8.0, 512

# Rows and columns for a weight of 1; smaller weights have as many.
_PER_WEIGHT = 64

# Blocks of pixels that boundaries are looked for in have sides of 2, 4, ... 32. They are those of
# the whole image, where windows begin at multiples of this.
_ALIGNED = 64


class Neighbours(NamedTuple):
    """How neighbours count.

    Attributes
    ----------
    weight : float
        Of boundaries.
    gap : float or None
        How much classes differ, for `weight`; None without one.
    min_region : int
        Smaller regions join a neighbour.
    """

    weight: float = 0.0
    gap: float | None = None
    min_region: int = 0

    @property
    def reach(self) -> int:
        """How many rows and columns away they count."""
        reach = 0.0 if self.weight == 0.0 else _PER_WEIGHT * max(self.weight, 1.0)
        return int(np.ceil(reach)) + (self.min_region if self.min_region > 1 else 0)


def surroundings(reach: int, neighbours: Neighbours) -> int:
    """Return how many rows and columns around a window are read.

    Parameters
    ----------
    reach : int
        That of the classes.
    neighbours : Neighbours
    """
    return -(-(reach + neighbours.reach) // _ALIGNED) * _ALIGNED


class ClassLabeler:
    """Labels pixels with classes from 1 on, and with 0 where there is none.

    Parameters
    ----------
    classifier : PixelClassifier
        One whose `reach` is known.
    neighbours : Neighbours
    """

    def __init__(self, classifier: PixelClassifier, neighbours: Neighbours) -> None:
        self._classifier = classifier
        self._neighbours = neighbours
        space = classifier.features
        self._nearest = None
        if neighbours.weight == 0.0 and space.is_color_only:
            self._nearest = ByColor(self._of_colors, classifier.k, OUTSIDE)
        self._threshold = None if classifier.background is None else classifier.tissue
        self._dense = None
        if self._threshold is not None:
            self._dense = ByColor(self._threshold.are_dense, 2, 0)

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what another process makes it of."""
        return ClassLabeler, (self._classifier, self._neighbours)

    @property
    def reach(self) -> int:
        """How many rows and columns around a window count."""
        return surroundings(self._classifier.reach or 0, self._neighbours)

    def __call__(self, pixels: Pixels, window: Window) -> NDArray[Any]:
        """Return the labels of pixels, shape (h, w)."""
        samples: Any = np.ascontiguousarray(pixels)
        mask = visible(samples, None)
        if mask is not None and not mask.any():
            return np.zeros(mask.shape, dtype=np.uint8)
        labels = self._classes(samples, mask, window)
        if self._neighbours.min_region > 1:
            labels = absorb_small_regions(labels, self._neighbours.min_region)
        # In 8 bits 255 + 1, for pixels of no class, is 0.
        return labels + np.uint8(1)

    def _classes(
        self, pixels: Pixels, mask: NDArray[np.bool_] | None, window: Window
    ) -> NDArray[np.uint8]:
        classifier = self._classifier
        tissue = self._tissue(pixels, mask)
        if self._nearest is not None:
            labels = self._nearest(pixels)
            if tissue is not None:
                labels[~tissue] = OUTSIDE
        else:
            labels = _core.class_labels(
                classifier.features.of_image(pixels, mask, (window.top, window.left)),
                classifier.codebook.centroids,
                spatial_weight=self._neighbours.weight,
                gap=self._neighbours.gap,
                mask=tissue,
            )
        classifier.set_background(labels, mask)
        return labels

    def _tissue(self, pixels: Pixels, mask: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
        """Return the pixels of tissue, as `TissueThreshold.mask_of` does; all if there is none."""
        if self._threshold is None or self._dense is None:
            return mask
        tissue: NDArray[np.bool_] = self._dense(self._threshold.smoothed(pixels, mask)) > 0
        return tissue if mask is None else tissue & mask

    def _of_colors(self, pixels: Pixels) -> NDArray[np.uint8]:
        features = self._classifier.features.of_samples(pixels)
        return _core.class_labels(features, self._classifier.codebook.centroids, spatial_weight=0.0)


def check_segment_by_parts(options: SegmentOptions, known: PixelClassifier | None) -> None:
    """Refuse options, and classes that are known, that decide on an image as a whole.

    Raises
    ------
    InvalidParameterError
        If they do.
    """
    if known is not None and known.reach is None:
        raise InvalidParameterError(
            "the classes depend on a whole image: on its texture, or they are from a file of "
            "version 1"
        )
    whole = "{} is for images that are read as a whole"
    if options.superpixels is not None:
        raise OptionsError(whole, "superpixels")
    if options.texture > 0.0:
        raise OptionsError(whole, "texture")
    if options.position_weight > 0.0:
        raise OptionsError(whole, ("spatial_method", "position"))
    if options.space == "bands":
        raise OptionsError(whole, ("space", "bands"))
    if options.boundary_weight > _MAX_WEIGHT:
        sentence = f"{{}} must be at most {_MAX_WEIGHT:g} for images that are read by parts"
        raise OptionsError(sentence, ("spatial_weight", options.spatial_weight))
    if options.min_region > _MAX_REGION:
        sentence = f"{{}} must be at most {_MAX_REGION} for images that are read by parts"
        raise OptionsError(sentence, ("min_region", options.min_region))

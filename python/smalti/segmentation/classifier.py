"""The classes that K-Means found in an image, and the label maps that they give of it and others.

A `Segmentation` has the classifier that made it, and a `PixelClassifier` makes segmentations.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.inputs import read_samples
from smalti.labelmaps.class_areas import ClassAreas
from smalti.labelmaps.class_map import ClassMap
from smalti.labelmaps.classes import OUTSIDE
from smalti.labelmaps.regions import absorb_small_regions
from smalti.measure.table import as_text, percent
from smalti.progress import Progress
from smalti.segmentation.classes import Classes
from smalti.segmentation.features.feature_space import Features
from smalti.segmentation.features.superpixel_means import superpixel_means
from smalti.segmentation.histology.tissue import tissue_mask
from smalti.segmentation.mask import taking_part
from smalti.sources.note import Note
from smalti.sources.provenance import Provenance
from smalti.sources.read import ImageSource
from smalti.sources.source_image import SourceImage
from smalti.validation import real_number, whole_number
from smalti.vectors.codebook import Codebook

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

__all__ = ["PixelClassifier", "Segmentation"]

# Rows and columns up to here are exact in single precision.
_MAX_CORNER = 1 << 24


class PixelClassifier(Classes):
    """The classes of a `Segmentation`, for other images: a codebook and its feature space.

    ``smalti.segment(...).classifier`` is one. It gives pixels of any image the classes of the one
    that it was learnt from, so that areas can be compared across slides.

    All that decides on a label was learnt with the classes; the image at hand adds nothing. A part
    of an image that is segmented alone has the labels that it has in the whole. There are three
    exceptions: pixels within `reach` of the edges where it was cut, options by which neighbours
    count (`spatial_weight`, `min_region`, `superpixels`), and classes from files of version 1.

    Attributes
    ----------
    features : FeatureSpace
        What pixels are compared by.
    codebook : Codebook
        The centroids of the classes.
    colors : uint8 array, shape (K, 3)
        Their colours, sRGB; darkest first, or in the order of a preset.
    names : tuple of str
        What they are called.
    background : int or None
        The class of everything that is no tissue, if the classes are of tissue.
    tissue : TissueThreshold or None
        The glass and the threshold that tell tissue from background. None without a background,
        and for classes from files of version 1: `tissue_mask` finds them in each image.
    """

    def segment(
        self,
        image: ImageSource,
        *,
        spatial_weight: float = 0.0,
        superpixels: int | None = None,
        mask: ArrayLike | None = None,
        nodata: float | None = None,
        min_region: int = 0,
        corner: tuple[int, int] = (0, 0),
        progress: Progress | None = None,
    ) -> "Segmentation":
        """Segment another image into the same classes.

        Parameters
        ----------
        image : path, URL, bytes, binary file object, Pillow image or array
        spatial_weight, superpixels, mask, nodata, min_region
            As in `smalti.segment`.
        corner : (int, int), default: (0, 0)
            Row and column of the image's first pixel in a larger image that it is a part of. It
            matters to classes of `spatial_method="position"`: these lie where they were learnt, in
            pixels from the corner of the image, whatever the size of this one. 0 to 2**24 each.
        progress : callable, optional
            As in `smalti.segment`.

        Returns
        -------
        Segmentation
            Label i means the same in all of them; a class that the image lacks has area 0.

        Raises
        ------
        ImageReadError
            If the image cannot be read.
        InvalidParameterError
            If an argument is outside its range, or the classes depend on texture, whose
            coordinates are those of one image.
        """
        self.check_applicable()
        first = self._checked_corner(corner)
        source = read_samples(image, self.features.space, nodata)
        mask = taking_part(source, mask)
        features = self.features.of_image(source.samples, mask, first)
        if superpixels is not None:
            features = superpixel_means(features, superpixels, mask)
        return self.labelled(
            source,
            features,
            mask,
            spatial_weight=spatial_weight,
            min_region=min_region,
            progress=progress,
        )

    def labelled(
        self,
        source: SourceImage,
        features: Features,
        mask: NDArray[np.bool_] | None,
        *,
        spatial_weight: float,
        min_region: int,
        tissue: NDArray[np.bool_] | None = None,
        progress: Progress | None = None,
    ) -> "Segmentation":
        """Segment an image whose features, and maybe tissue, are known.

        Parameters
        ----------
        source : SourceImage
        features : float32 array, shape (H, W, D)
            Its pixels' coordinates, as `features.of_image` gives them.
        mask : bool array, shape (H, W), or None
            The pixels that take part; None if all do.
        spatial_weight, min_region
            As in `smalti.segment`.
        tissue : bool array, shape (H, W), optional
            The pixels of tissue, if the classes have a background. Default: it is looked for.
        progress : callable, optional
            As in `smalti.segment`.

        Returns
        -------
        Segmentation

        Raises
        ------
        InvalidParameterError
            If an argument is outside its range.
        """
        weight = real_number("spatial_weight", spatial_weight, 0.0)
        smallest = whole_number("min_region", min_region, 0)
        foreground = mask
        if self.background is not None:
            foreground = self._tissue_of(source, mask) if tissue is None else tissue
        labels = _core.class_labels(
            features,
            self.codebook.centroids,
            spatial_weight=weight,
            mask=foreground,
            progress=progress,
        )
        self.set_background(labels, mask)
        if smallest > 1:
            labels = absorb_small_regions(labels, smallest)
        return Segmentation(labels, self, Provenance.of(source))

    def set_background(self, labels: NDArray[np.uint8], mask: NDArray[np.bool_] | None) -> None:
        """Give pixels of no class that take part to the background, if a class is one.

        Parameters
        ----------
        labels : uint8 array, shape (H, W)
            It is written to; 255 for pixels of no class.
        mask : bool array, shape (H, W), or None
            The pixels that take part; None if all do.
        """
        if self.background is not None:
            unlabelled = labels == OUTSIDE
            labels[unlabelled if mask is None else unlabelled & mask] = self.background

    def _tissue_of(self, source: SourceImage, mask: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
        if self.tissue is None:
            return tissue_mask(source, mask=mask)
        return self.tissue.mask_of(source, mask=mask)

    def _checked_corner(self, corner: Any) -> tuple[int, int]:
        try:
            row, column = corner
        except (TypeError, ValueError):
            raise InvalidParameterError(
                f"corner must be two whole numbers, row and column, got {corner!r}"
            ) from None
        first = (
            whole_number("row of corner", row, 0, _MAX_CORNER),
            whole_number("column of corner", column, 0, _MAX_CORNER),
        )
        if self.features.position > 0.0 and self.features.position_unit is None and any(first):
            raise InvalidParameterError(
                "corner must be (0, 0) with classes from a file of version 1, whose positions "
                f"scale with the image, got {first}"
            )
        return first


class Segmentation(ClassMap):
    """The classes of an image's pixels; what `smalti.segment` returns.

    Attributes
    ----------
    labels : uint8 array, shape (H, W)
        The class of each pixel, 0 to K - 1, darkest first (those of a preset in the order of its
        names); 255 for pixels that belong to none, outside the mask or fully transparent.
    classifier : PixelClassifier
        The classes, for other images.
    names, colors, provenance
        As of `ClassMap`.
    notes : tuple of Note
        Classes of a preset that the image lacks.
    """

    def __init__(
        self,
        labels: NDArray[np.uint8],
        classifier: PixelClassifier,
        provenance: Provenance,
        notes: tuple[Note, ...] = (),
    ) -> None:
        super().__init__(labels, classifier.names, classifier.colors, provenance)
        self.classifier = classifier
        self.notes = notes

    @property
    def codebook(self) -> Codebook:
        """The centroids of the classes, in the space in which they were found."""
        return self.classifier.codebook

    @property
    def tissue_shares(self) -> NDArray[np.float64] | None:
        """Areas in shares of all classes but the background, float64, shape (K,).

        The background itself has 0; None where no class is background.
        """
        return self._class_areas.tissue_shares

    @property
    def _class_areas(self) -> ClassAreas:
        background = self.classifier.background
        return ClassAreas(self.names, self.colors, self.areas, background, self.pixel_size)

    def apply(self, image: ImageSource, **options: Any) -> "Segmentation":
        """Segment another image into these classes.

        Parameters
        ----------
        image : path, URL, bytes, binary file object, Pillow image or array
        **options
            As of `PixelClassifier.segment`.

        Returns
        -------
        Segmentation

        Raises
        ------
        ImageReadError, InvalidParameterError
            As of `PixelClassifier.segment`.
        """
        return self.classifier.segment(image, **options)

    def figure(self, original: "ImageSource | None" = None) -> "Figure":
        """Return a figure of the image, the overlay and the classes, with a legend of shares.

        Parameters
        ----------
        original : path, URL, bytes, file, Pillow image, array or SourceImage, optional
            The image. Default: what `provenance` reads again.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        ImageReadError
            If the image cannot be read, or has changed.
        MissingExtraError
            If matplotlib is not installed.
        """
        from smalti.labelmaps.figure import class_map_figure

        of_tissue = self.tissue_shares
        texts = []
        for i, name in enumerate(self.names):
            text = f"{name}: {percent(self.shares[i])}"
            if of_tissue is not None and i != self.classifier.background:
                text += f", {percent(of_tissue[i])} of tissue"
            texts.append(text)
        return class_map_figure(self, texts, self._source(original))

    def table(self) -> "Table":
        """Return the classes with their areas and shares, for a rich console."""
        return self._class_areas.table()

    def __str__(self) -> str:
        return f"{self.provenance.name}\n{as_text(self.table())}"

    def __repr__(self) -> str:
        height, width = self.shape
        return f"<Segmentation of {self.provenance.name}, {width} x {height}, {self.k} classes>"

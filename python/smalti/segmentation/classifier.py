"""Classes that were found in one image, the label map that they give, and other images'.

A `Segmentation` has the classifier that made it, and a `PixelClassifier` makes segmentations.
"""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti import _core
from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.files import write_atomically
from smalti.formats import classifier as classifier_format
from smalti.labelmaps.class_map import ClassMap
from smalti.labelmaps.classes import MAX_CLASSES, OUTSIDE, checked_names
from smalti.labelmaps.regions import absorb_small_regions
from smalti.measure.table import as_text, percent
from smalti.segmentation.features.feature_space import Features, FeatureSpace
from smalti.segmentation.features.superpixel_means import superpixel_means
from smalti.segmentation.histology.stains import Stains
from smalti.segmentation.histology.tissue import tissue_mask
from smalti.segmentation.mask import taking_part
from smalti.sources.read import ImageSource, read, read_bytes
from smalti.sources.source_image import SourceImage
from smalti.validation import real_number, whole_number
from smalti.vectors.codebook import Codebook

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

__all__ = ["PixelClassifier", "Segmentation"]


class PixelClassifier:
    """What tells the classes of a `Segmentation` apart: a codebook and the space that it is of.

    ``smalti.segment(...).classifier`` is one. It gives pixels of any image the classes of the one
    that it was learnt from, so that areas can be compared across slides.

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
        The class of everything that `tissue_mask` does not find, if the classes are of tissue.
    """

    def __init__(
        self,
        features: FeatureSpace,
        codebook: Codebook,
        names: Sequence[str] | None = None,
        background: int | None = None,
    ) -> None:
        dim = features.color_dim + (2 if features.position > 0.0 else 0)
        if codebook.dim < dim or (features.texture == 0.0 and codebook.dim > dim):
            raise InvalidParameterError(
                f"codebook must have {dim} coordinates, as the features, got {codebook.dim}"
            )
        if codebook.k > MAX_CLASSES:
            raise InvalidParameterError(
                f"codebook must have at most {MAX_CLASSES} classes, got {codebook.k}"
            )
        self.features = features
        self.codebook = codebook
        self.colors = np.rint(features.to_srgb(codebook.centroids)).astype(np.uint8)
        self.names = checked_names(names, codebook.k)
        self.background = background

    @property
    def k(self) -> int:
        """Number of classes."""
        return self.codebook.k

    def segment(
        self,
        image: ImageSource,
        *,
        spatial_weight: float = 0.0,
        superpixels: int | None = None,
        mask: ArrayLike | None = None,
        min_region: int = 0,
        progress: Callable[[str, float], object] | None = None,
    ) -> "Segmentation":
        """Segment another image into the same classes.

        Parameters
        ----------
        image : path, URL, bytes, binary file object, Pillow image or array
        spatial_weight, superpixels, mask, min_region, progress
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
        if self.features.texture > 0.0:
            raise InvalidParameterError(
                "classes that depend on texture cannot be found again in another image"
            )
        source = read(image)
        inside = taking_part(source, mask)
        features = self.features.of_image(source.pixels, inside)
        if superpixels is not None:
            features = superpixel_means(features, superpixels, inside)
        return self.labelled(
            source,
            features,
            inside,
            spatial_weight=spatial_weight,
            min_region=min_region,
            progress=progress,
        )

    def labelled(
        self,
        source: SourceImage,
        features: Features,
        inside: NDArray[np.bool_] | None,
        *,
        spatial_weight: float,
        min_region: int,
        tissue: NDArray[np.bool_] | None = None,
        progress: Callable[[str, float], object] | None = None,
    ) -> "Segmentation":
        """Return the segmentation of an image whose features, and maybe tissue, are known."""
        weight = real_number("spatial_weight", spatial_weight, 0.0)
        smallest = whole_number("min_region", min_region, 0)
        part = inside
        if self.background is not None:
            part = tissue_mask(source, mask=inside) if tissue is None else tissue
        labels = _core.class_labels(
            features, self.codebook.centroids, spatial_weight=weight, mask=part, progress=progress
        )
        if self.background is not None:
            rest = labels == OUTSIDE
            labels[rest if inside is None else rest & inside] = self.background
        if smallest > 1:
            labels = absorb_small_regions(labels, smallest)
        return Segmentation(labels, self, source)

    def to_bytes(self) -> bytes:
        """Return the bytes of the .npz that `save` writes."""
        space, stains = self.features, self.features.stains
        stored = classifier_format.StoredClasses(
            self.codebook.centroids,
            space.space,
            np.empty((0, 3)) if stains is None else stains.vectors,
            np.full(3, 255.0) if stains is None else stains.white,
            np.array(space.matrix),
            space.texture,
            space.position,
            self.names,
            self.background,
        )
        return classifier_format.encode(stored)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = True) -> int:
        """Write the classes as .npz, whole or not at all.

        Parameters
        ----------
        path : path
            As it is: no ending is added.
        overwrite : bool, default: True
            Whether an existing file is replaced.

        Returns
        -------
        int
            Bytes written.

        Raises
        ------
        ImageWriteError
            If the file exists and is not to be replaced, or cannot be written.
        """
        return write_atomically(path, self.to_bytes(), overwrite=overwrite)

    @classmethod
    def load(cls, path: Any) -> "PixelClassifier":
        """Read classes that `save` wrote.

        Parameters
        ----------
        path : path, URL, bytes or binary file object

        Returns
        -------
        PixelClassifier

        Raises
        ------
        ImageReadError
            If the file cannot be read, is damaged, or holds no classes.
        """
        data, name = read_bytes(path)
        found = classifier_format.decode(data, name)
        try:
            stains = None
            if len(found.stain_vectors):
                stains = Stains(found.space, found.stain_vectors, found.stain_white)
            matrix = tuple(tuple(row) for row in found.matrix.tolist())
            space = FeatureSpace(found.space, stains, matrix, found.texture, found.position)
            return cls(space, Codebook(found.centroids), found.names, found.background)
        except InvalidParameterError as error:
            raise ImageReadError(f"{name}: is damaged: {error}") from None

    def __repr__(self) -> str:
        return f"<PixelClassifier of {', '.join(self.names)} in {self.features.space}>"


class Segmentation(ClassMap):
    """The classes of an image's pixels; what `smalti.segment` returns.

    Attributes
    ----------
    labels : uint8 array, shape (H, W)
        The class of each pixel, 0 to K - 1, darkest first (those of a preset in the order of its
        names); 255 for pixels that belong to none, outside the mask or fully transparent.
    classifier : PixelClassifier
        What tells the classes apart, for other images.
    names, colors, source
        As of `ClassMap`.
    """

    def __init__(
        self, labels: NDArray[np.uint8], classifier: PixelClassifier, source: SourceImage
    ) -> None:
        super().__init__(labels, classifier.names, classifier.colors, source)
        self.classifier = classifier

    @property
    def codebook(self) -> Codebook:
        """The centroids of the classes, in the space in which they were found."""
        return self.classifier.codebook

    @property
    def tissue_shares(self) -> NDArray[np.float64] | None:
        """Areas in shares of all classes but the background, float64, shape (K,).

        The background itself has 0; None where no class is background.
        """
        background = self.classifier.background
        if background is None:
            return None
        tissue = self.areas.copy()
        tissue[background] = 0
        return tissue / max(int(tissue.sum()), 1)

    def apply(self, image: ImageSource, **options: Any) -> "Segmentation":
        """Segment another image into these classes: see `PixelClassifier.segment`."""
        return self.classifier.segment(image, **options)

    def figure(self) -> "Figure":
        """Return a figure of the image, the overlay and the classes, with a legend of shares.

        Raises
        ------
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
        return class_map_figure(self, texts)

    def table(self) -> "Table":
        """Return the classes with their areas and shares, for a rich console."""
        from rich.table import Table
        from rich.text import Text

        table = Table(header_style="bold")
        table.add_column("class")
        table.add_column("colour")
        table.add_column("pixels", justify="right")
        table.add_column("share", justify="right")
        of_tissue = self.tissue_shares
        if of_tissue is not None:
            table.add_column("of tissue", justify="right")
        for i, (name, color) in enumerate(zip(self.names, self.colors, strict=True)):
            shares = [percent(self.shares[i])]
            if of_tissue is not None:
                shares.append("" if i == self.classifier.background else percent(of_tissue[i]))
            table.add_row(Text(name), f"#{bytes(color).hex()}", f"{self.areas[i]:,}", *shares)
        return table

    def __str__(self) -> str:
        return f"{self.source.name}\n{as_text(self.table())}"

    def __repr__(self) -> str:
        height, width = self.shape
        return f"<Segmentation of {self.source.name}, {width} x {height}, {self.k} classes>"

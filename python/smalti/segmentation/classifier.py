"""Classes that were found in one image, to be found again in others."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti import _core
from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.files import write_atomically
from smalti.formats import classifier as classifier_format
from smalti.images.read import ImageSource, read, read_bytes
from smalti.progress import Progress
from smalti.segmentation.averaging import averaged
from smalti.segmentation.classes import MAX_CLASSES, OUTSIDE
from smalti.segmentation.features import Features, FeatureSpace
from smalti.segmentation.inside import inside_of
from smalti.segmentation.regions import absorb_small_regions
from smalti.segmentation.stains import Stains
from smalti.segmentation.tissue import tissue_mask
from smalti.validation import real_number, whole_number
from smalti.vectors.codebook import Codebook

if TYPE_CHECKING:
    from smalti.images.source_image import SourceImage
    from smalti.segmentation.segmentation import Segmentation

__all__ = ["PixelClassifier", "checked_names"]


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
        progress: Progress | None = None,
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
        inside = inside_of(source, mask)
        features = self.features.of_image(source.pixels, inside)
        if superpixels is not None:
            features = averaged(features, superpixels, inside)
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
        source: "SourceImage",
        features: Features,
        inside: NDArray[np.bool_] | None,
        *,
        spatial_weight: float,
        min_region: int,
        tissue: NDArray[np.bool_] | None = None,
        progress: Progress | None = None,
    ) -> "Segmentation":
        """Return the segmentation of an image whose features, and maybe tissue, are known."""
        from smalti.segmentation.segmentation import Segmentation

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


def checked_names(names: Any, k: int) -> tuple[str, ...]:
    """Return the names of `k` classes, numbers if there are none."""
    if names is None:
        return tuple(f"class {i}" for i in range(k))
    given = tuple(names) if isinstance(names, Sequence) and not isinstance(names, str) else ()
    # What cannot be printed cannot be written to files either.
    texts = [name for name in given if isinstance(name, str) and name and name.isprintable()]
    if len(texts) != k or len(given) != k or len(set(texts)) != k:
        raise InvalidParameterError(
            f"names must be {k} different texts, one for each class, darkest first, got {names!r}"
        )
    return tuple(texts)

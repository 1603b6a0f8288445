"""The classes of a segmentation: what tells them apart, and the file that keeps it."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from smalti.contents import read_bytes
from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.files import Target, write
from smalti.formats import classifier as classifier_format
from smalti.labelmaps.classes import MAX_CLASSES
from smalti.options import BANDS, class_names
from smalti.segmentation.features.feature_space import FeatureSpace
from smalti.segmentation.histology.stains import Stains
from smalti.segmentation.histology.tissue import SMOOTHING_REACH, TissueThreshold
from smalti.values import Value
from smalti.vectors.codebook import Codebook

__all__ = ["Classes"]

Self = TypeVar("Self", bound="Classes")


class Classes(Value):
    """What tells classes apart: a codebook and its feature space; `PixelClassifier` adds images.

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

    def __init__(
        self,
        features: FeatureSpace,
        codebook: Codebook,
        names: Sequence[str] | None = None,
        background: int | None = None,
        tissue: TissueThreshold | None = None,
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
        if tissue is not None and background is None:
            raise InvalidParameterError("tissue is told from a background, but no class is one")
        self.features = features
        self.codebook = codebook
        self.colors = np.rint(features.to_srgb(codebook.centroids)).astype(np.uint8)
        self.names = class_names(names, codebook.k)
        self.background = background
        self.tissue = tissue

    @property
    def k(self) -> int:
        """Number of classes."""
        return self.codebook.k

    @property
    def band_values(self) -> NDArray[np.float64] | None:
        """The centroids in the values of the bands, float64, shape (K, C); None for colours."""
        if self.features.space != BANDS:
            return None
        return self.features.to_bands(self.codebook.centroids)

    @property
    def reach(self) -> int | None:
        """How many rows and columns away pixels can change a pixel's class.

        0: a pixel's class depends on that pixel alone. 6: tissue is told from background after
        smoothing. A part of an image has the labels of the whole, except within 6 pixels of the
        edges where it was cut; parts that overlap by twice as much have them everywhere. None: the
        class depends on the whole image, by its texture or, with classes from files of version 1,
        by its glass or its size.
        """
        space = self.features
        if space.texture > 0.0 or (space.position > 0.0 and space.position_unit is None):
            return None
        if self.background is None:
            return 0
        return None if self.tissue is None else SMOOTHING_REACH

    def check_applicable(self) -> None:
        """Raise `InvalidParameterError` if the classes cannot be found again in another image.

        Raises
        ------
        InvalidParameterError
            If the classes depend on texture, whose coordinates are those of one image.
        """
        if self.features.texture > 0.0:
            raise InvalidParameterError(
                "classes that depend on texture cannot be found again in another image"
            )

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
            space.position_unit,
            None if self.tissue is None else self.tissue.white,
            0.0 if self.tissue is None else self.tissue.density,
            space.limits,
        )
        return classifier_format.encode(stored)

    def save(self, path: Target, *, overwrite: bool = True) -> int:
        """Write the classes as .npz, whole or not at all.

        Parameters
        ----------
        path : path, URL or binary file object
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
        return write(path, self.to_bytes(), overwrite=overwrite)

    @classmethod
    def load(cls: type[Self], path: Any) -> Self:
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
            space = FeatureSpace(
                found.space,
                stains,
                matrix,
                found.texture,
                found.position,
                found.position_unit,
                found.band_limits,
            )
            tissue = None
            if found.tissue_white is not None:
                tissue = TissueThreshold(found.tissue_white, found.tissue_density)
            return cls(space, Codebook(found.centroids), found.names, found.background, tissue)
        except InvalidParameterError as error:
            raise ImageReadError(f"{name}: is damaged: {error}") from None

    def __repr__(self) -> str:
        return f"<PixelClassifier of {', '.join(self.names)} in {self.features.space}>"

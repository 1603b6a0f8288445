"""An image whose pixels belong to classes."""

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti.exceptions import InvalidParameterError
from smalti.files import write_atomically
from smalti.images.read import ImageSource
from smalti.images.source_image import SourceImage
from smalti.measure.table import as_text, percent
from smalti.segmentation.classes import MAX_CLASSES, OUTSIDE
from smalti.segmentation.overlay import boundaries_of, distinct_colors, tinted
from smalti.segmentation.regions import Regions, regions_of
from smalti.validation import real_number, whole_number
from smalti.vectors.codebook import Codebook

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from rich.table import Table

    from smalti.formats.napari import Layer
    from smalti.segmentation.classifier import PixelClassifier

__all__ = ["Segmentation"]


class Segmentation:
    """The classes of an image's pixels; what `smalti.segment` returns.

    Attributes
    ----------
    labels : uint8 array, shape (H, W)
        The class of each pixel, 0 to K - 1, darkest first (those of a preset in the order of its
        names); 255 for pixels that belong to none, outside the mask or fully transparent.
    classifier : PixelClassifier
        What tells the classes apart, for other images.
    source : SourceImage
        The image.
    """

    def __init__(
        self, labels: NDArray[np.uint8], classifier: "PixelClassifier", source: SourceImage
    ) -> None:
        self.labels = labels
        self.classifier = classifier
        self.source = source

    @property
    def k(self) -> int:
        """Number of classes."""
        return self.classifier.k

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = self.labels.shape
        return height, width

    @property
    def colors(self) -> NDArray[np.uint8]:
        """Colours of the classes, sRGB, uint8, shape (K, 3)."""
        return self.classifier.colors

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.classifier.names

    @property
    def codebook(self) -> Codebook:
        """The centroids of the classes, in the space in which they were found."""
        return self.classifier.codebook

    @cached_property
    def areas(self) -> NDArray[np.int64]:
        """Pixels of each class, int64, shape (K,)."""
        return np.bincount(self.labels.ravel(), minlength=MAX_CLASSES)[: self.k].astype(np.int64)

    @property
    def shares(self) -> NDArray[np.float64]:
        """Areas in shares of the pixels that belong to classes, float64, shape (K,)."""
        return self.areas / max(int(self.areas.sum()), 1)

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

    @cached_property
    def coherence(self) -> float:
        """Share of the pairs of neighbours, side by side, that are of one class; 1 without pairs.

        The length of the boundaries is what is left, in pixels.
        """
        same = pairs = 0
        for a, b in (
            (self.labels[:, 1:], self.labels[:, :-1]),
            (self.labels[1:], self.labels[:-1]),
        ):
            both = (a != OUTSIDE) & (b != OUTSIDE)
            pairs += int(both.sum())
            same += int((both & (a == b)).sum())
        return same / pairs if pairs else 1.0

    def mask(self, which: int | str) -> NDArray[np.bool_]:
        """Return where a class is.

        Parameters
        ----------
        which : int or str
            Its number or its name.

        Returns
        -------
        bool array, shape (H, W)

        Raises
        ------
        InvalidParameterError
            If there is no such class.

        Examples
        --------
        >>> import numpy as np
        >>> import smalti
        >>> image = np.zeros((2, 3, 3), dtype=np.uint8)
        >>> image[:, 2] = 255
        >>> smalti.segment(image, 2).mask(1).astype(int).tolist()
        [[0, 0, 1], [0, 0, 1]]
        """
        if isinstance(which, str):
            if which not in self.names:
                listed = ", ".join(map(repr, self.names))
                raise InvalidParameterError(f"which must be one of {listed}, got {which!r}")
            return np.asarray(self.labels == self.names.index(which))
        return np.asarray(self.labels == whole_number("which", which, 0, self.k - 1))

    def masks(self) -> NDArray[np.bool_]:
        """Return where each class is, bool, shape (K, H, W): K bytes a pixel."""
        return np.asarray(self.labels == np.arange(self.k, dtype=np.uint8)[:, None, None])

    def boundaries(self) -> NDArray[np.bool_]:
        """Return the pixels beside another class or the outside, bool, shape (H, W).

        Both sides of a boundary count: lines are two pixels wide.
        """
        return boundaries_of(self.labels)

    def reconstruct(self) -> NDArray[np.uint8]:
        """Return every pixel in the colour of its class, uint8, shape (H, W, 3); white if none."""
        table = np.full((OUTSIDE + 1, 3), 255, dtype=np.uint8)
        table[: self.k] = self.colors
        return table[self.labels]

    def overlay(
        self,
        *,
        alpha: float = 0.35,
        boundaries: bool = True,
        colors: ArrayLike | None = None,
    ) -> NDArray[np.uint8]:
        """Return the image with its classes laid over it.

        Parameters
        ----------
        alpha : float, default: 0.35
            How much of the class's colour is mixed in, 0 to 1.
        boundaries : bool, default: True
            Whether boundaries are drawn, in full colour.
        colors : uint8 array, shape (K, 3), optional
            What to show classes by. Default: colours that everyone can tell apart.

        Returns
        -------
        uint8 array, shape (H, W, 3)

        Raises
        ------
        InvalidParameterError
            If an argument is outside its range.
        """
        share = real_number("alpha", alpha, 0.0, 1.0)
        try:
            shown = self.display_colors if colors is None else np.asarray(colors)
        except ValueError:  # a ragged list
            shown = np.empty(0)
        if shown.shape != (self.k, 3) or shown.dtype != np.uint8:
            raise InvalidParameterError(
                f"colors must be uint8 of shape ({self.k}, 3), got {shown.dtype} of {shown.shape}"
            )
        edges = self.boundaries() if boundaries else None
        return tinted(self.source.pixels, self.labels, shown, share, edges)

    @property
    def display_colors(self) -> NDArray[np.uint8]:
        """Colours by which classes are shown on the image, uint8, shape (K, 3)."""
        return distinct_colors(self.k)

    def regions(self, *, connectivity: int = 8, pixel_size: float | None = None) -> Regions:
        """Return the connected regions of the classes.

        Parameters
        ----------
        connectivity : {8, 4}, default: 8
            Whether pixels that touch at a corner are connected.
        pixel_size : float, optional
            Side of a pixel in micrometres.

        Returns
        -------
        Regions
            With areas, perimeters, centroids, bounding boxes and mean colours.
        """
        return regions_of(
            self.labels,
            connectivity=connectivity,
            pixels=self.source.pixels,
            names=self.names,
            pixel_size=pixel_size,
        )

    def to_dataframe(self) -> "pd.DataFrame":
        """Return the regions as a pandas DataFrame, a row each: see `Regions.to_dataframe`."""
        return self.regions().to_dataframe()

    def to_geojson(self, **options: Any) -> bytes:
        """Return the outlines of the regions as GeoJSON, for QuPath and other programs.

        Parameters
        ----------
        **options
            As of `smalti.formats.geojson.encode`: object_type, min_area, downsample, origin.

        Returns
        -------
        bytes
        """
        from smalti.formats import geojson

        return geojson.encode(self.regions(), colors=self.display_colors, **options)

    def to_napari(self, **options: Any) -> "Layer":
        """Return the labels, from 1 on, as a layer for napari: data, keywords and "labels".

        Parameters
        ----------
        **options
            As of `smalti.formats.napari.class_layer`: pixel_size, name.
        """
        from smalti.formats import napari

        colors = self.display_colors
        return napari.class_layer(self.labels, colors=colors, names=self.names, **options)

    def apply(self, image: ImageSource, **options: Any) -> "Segmentation":
        """Segment another image into these classes: see `PixelClassifier.segment`."""
        return self.classifier.segment(image, **options)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = True) -> int:
        """Write the segmentation, whole or not at all.

        Parameters
        ----------
        path : path
            Its ending decides what: .png the labels with a palette, .ome.tif (or .ome.tiff) the
            labels from 1 on, for microscopy programs, .geojson the outlines of the regions, .csv
            their table.
        overwrite : bool, default: True
            Whether an existing file may be replaced.

        Returns
        -------
        int
            Bytes written.

        Raises
        ------
        InvalidParameterError, MissingExtraError
            For any other ending, or if .ome.tif needs tifffile.
        ImageWriteError
            If the file exists and may not be overwritten, or cannot be written.
        """
        from smalti.segmentation.export import encoded

        return write_atomically(path, encoded(self, os.fsdecode(path)), overwrite=overwrite)

    def figure(self) -> "Figure":
        """Return a figure of the image, the overlay and the classes, with a legend of shares.

        Raises
        ------
        MissingExtraError
            If matplotlib is not installed.
        """
        from smalti.segmentation.figure import segmentation_figure

        return segmentation_figure(self)

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

    def _repr_png_(self) -> bytes:
        """Show the overlay in notebooks."""
        from smalti.formats.label_png import encode_picture

        return encode_picture(self.overlay())

    def __str__(self) -> str:
        return f"{self.source.name}\n{as_text(self.table())}"

    def __repr__(self) -> str:
        height, width = self.shape
        return f"<Segmentation of {self.source.name}, {width} x {height}, {self.k} classes>"

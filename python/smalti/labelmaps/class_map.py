"""A label map with the names and colours of its classes, and the image that it is of."""

import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti.exceptions import InvalidParameterError
from smalti.files import write_atomically
from smalti.labelmaps.classes import MAX_CLASSES, OUTSIDE
from smalti.labelmaps.overlay import boundaries_of, distinct_colors, tinted
from smalti.labelmaps.regions import Regions, regions_of
from smalti.sources.source_image import SourceImage
from smalti.validation import real_number, whole_number

if TYPE_CHECKING:
    import pandas as pd

    from smalti.labelmaps.export.napari import Layer

__all__ = ["ClassMap"]


class ClassMap:
    """A class for each pixel of an image.

    Attributes
    ----------
    labels : uint8 array, shape (H, W)
        The class of each pixel, 0 to K - 1; 255 for pixels that belong to none.
    names : tuple of K str
        What the classes are called.
    colors : uint8 array, shape (K, 3)
        Colours of the classes, sRGB.
    source : SourceImage
        The image.
    """

    def __init__(
        self,
        labels: NDArray[np.uint8],
        names: Sequence[str],
        colors: NDArray[np.uint8],
        source: SourceImage,
    ) -> None:
        self.labels = labels
        self.names = tuple(names)
        self.colors = colors
        self.source = source

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.names)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels."""
        height, width = self.labels.shape
        return height, width

    @cached_property
    def areas(self) -> NDArray[np.int64]:
        """Pixels of each class, int64, shape (K,)."""
        return np.bincount(self.labels.ravel(), minlength=MAX_CLASSES)[: self.k].astype(np.int64)

    @property
    def shares(self) -> NDArray[np.float64]:
        """Areas in shares of the pixels that belong to classes, float64, shape (K,)."""
        return self.areas / max(int(self.areas.sum()), 1)

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
            As of `smalti.labelmaps.export.geojson.encode`: object_type, min_area, downsample,
            origin.

        Returns
        -------
        bytes
        """
        from smalti.labelmaps.export import geojson

        return geojson.encode(self.regions(), colors=self.display_colors, **options)

    def to_napari(self, **options: Any) -> "Layer":
        """Return the labels, from 1 on, as a layer for napari: data, keywords and "labels".

        Parameters
        ----------
        **options
            As of `smalti.labelmaps.export.napari.class_layer`: pixel_size, name.
        """
        from smalti.labelmaps.export import napari

        colors = self.display_colors
        return napari.class_layer(self.labels, colors=colors, names=self.names, **options)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = True) -> int:
        """Write the label map, whole or not at all.

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
        return write_atomically(path, self._encoded(os.fsdecode(path)), overwrite=overwrite)

    def _encoded(self, name: str) -> bytes:
        """Return the bytes of the kind of file that a name asks for."""
        from smalti.labelmaps.export import label_png, ome_tiff

        lower = name.lower()
        if lower.endswith(".png"):
            return label_png.encode(self.labels, self.colors)
        if lower.endswith((".ome.tif", ".ome.tiff")):
            return ome_tiff.encode(self.labels, names=self.names, colors=self.display_colors)
        if lower.endswith(".geojson"):
            return self.to_geojson()
        if lower.endswith(".csv"):
            return self.regions().to_csv().encode()
        raise InvalidParameterError(
            f"the ending must be one of .png, .ome.tif, .ome.tiff, .geojson, .csv, got {name!r}"
        )

    def _repr_png_(self) -> bytes:
        """Show the overlay in notebooks."""
        from smalti.labelmaps.export.label_png import encode_picture

        return encode_picture(self.overlay())

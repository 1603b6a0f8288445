"""A label map with the names and colours of its classes, and its image."""

import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti.exceptions import InvalidParameterError, SmaltiError
from smalti.files import write_atomically
from smalti.inputs import read_original, read_samples
from smalti.labelmaps.classes import MAX_CLASSES, OUTSIDE
from smalti.labelmaps.overlay import boundaries_of, distinct_colors, tinted
from smalti.labelmaps.regions import Regions, regions_of
from smalti.sources.provenance import Provenance
from smalti.sources.source_image import SourceImage
from smalti.validation import real_number, whole_number
from smalti.values import Value, read_only

if TYPE_CHECKING:
    import pandas as pd

    from smalti.labelmaps.export.napari import Layer
    from smalti.sources.read import ImageSource

__all__ = ["ClassMap"]


class ClassMap(Value):
    """A class for each pixel of an image.

    Label maps with equal labels, names and colours are equal. Attributes cannot be set, nor arrays
    written to. What shows or measures the image takes it as `original`, or reads it again.

    Attributes
    ----------
    labels : uint8 array, shape (H, W)
        The class of each pixel, 0 to K - 1; 255 for pixels that belong to none.
    names : tuple of K str
        What the classes are called.
    colors : uint8 array, shape (K, 3)
        Colours of the classes, sRGB.
    provenance : Provenance
        Where the image is, to be read again.
    """

    def __init__(
        self,
        labels: NDArray[np.uint8],
        names: Sequence[str],
        colors: NDArray[np.uint8],
        provenance: Provenance,
    ) -> None:
        self.labels = labels
        self.names = tuple(names)
        self.colors = colors
        self.provenance = provenance

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
        counts = np.bincount(self.labels.ravel(), minlength=MAX_CLASSES)
        return read_only(counts[: self.k].astype(np.int64))

    @property
    def shares(self) -> NDArray[np.float64]:
        """Areas in shares of the pixels that belong to classes, float64, shape (K,)."""
        return self.areas / max(int(self.areas.sum()), 1)

    @property
    def pixel_size(self) -> float | None:
        """Side of a pixel in micrometres, if the image's file tells it."""
        return self.provenance.pixel_size

    @property
    def areas_um2(self) -> NDArray[np.float64] | None:
        """Areas in square micrometres, float64, shape (K,); None without a `pixel_size`."""
        return None if self.pixel_size is None else self.areas * np.float64(self.pixel_size**2)

    @cached_property
    def coherence(self) -> float:
        """Share of the pairs of neighbouring pixels that are of one class; 1 without pairs.

        Neighbours share an edge. The number of the other pairs is the length of the boundaries, in
        pixels.
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
        original: "ImageSource | None" = None,
        *,
        alpha: float = 0.35,
        boundaries: bool = True,
        colors: ArrayLike | None = None,
    ) -> NDArray[np.uint8]:
        """Return the image with its classes laid over it.

        Parameters
        ----------
        original : path, URL, bytes, file, Pillow image, array or SourceImage, optional
            The image. Default: what `provenance` reads again.
        alpha : float, default: 0.35
            How much of the class's colour is mixed in, 0 to 1. The image fades to grey by as much,
            so that classes look as in the legend.
        boundaries : bool, default: True
            Whether boundaries are drawn, in full colour.
        colors : uint8 array, shape (K, 3), optional
            The colours that show the classes. Default: colours that everyone can tell apart.

        Returns
        -------
        uint8 array, shape (H, W, 3)

        Raises
        ------
        InvalidParameterError
            If an argument is outside its range.
        ImageReadError
            If the image cannot be read, or has changed.
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
        return tinted(self._source(original).pixels, self.labels, shown, share, edges)

    @property
    def display_colors(self) -> NDArray[np.uint8]:
        """Colours by which classes are shown on the image, uint8, shape (K, 3)."""
        return distinct_colors(self.k)

    def _source(self, original: "ImageSource | None") -> SourceImage:
        """Return the image: the one given, or what `provenance` reads again.

        Raises
        ------
        InvalidParameterError
            If the image given has another size than the labels.
        ImageReadError
            If it cannot be read, or has changed.
        """
        if original is None:
            source = read_original(None, self.provenance)
        else:
            source = read_samples(original, None, None)
        if source.pixels.shape[:2] != self.shape:
            (height, width), (rows, columns) = source.pixels.shape[:2], self.shape
            raise InvalidParameterError(
                f"original must be {columns} x {rows} pixels, as the labels, but {source.name} is "
                f"{width} x {height}"
            )
        return source

    def regions(
        self,
        original: "ImageSource | None" = None,
        *,
        connectivity: int = 8,
        pixel_size: float | None = None,
    ) -> Regions:
        """Return the connected regions of the classes.

        Parameters
        ----------
        original : path, URL, bytes, file, Pillow image, array or SourceImage, optional
            The image. Default: what `provenance` reads again.
        connectivity : {8, 4}, default: 8
            Whether pixels that touch at a corner are connected.
        pixel_size : float, optional
            Side of a pixel in micrometres. Default: that of the image's file, if it tells it.

        Returns
        -------
        Regions
            With areas, perimeters, centroids, bounding boxes and mean colours.
        """
        return regions_of(
            self.labels,
            connectivity=connectivity,
            pixels=self._source(original).pixels,
            names=self.names,
            pixel_size=self.pixel_size if pixel_size is None else pixel_size,
        )

    def to_dataframe(self, original: "ImageSource | None" = None) -> "pd.DataFrame":
        """Return the regions as a pandas DataFrame, a row each: see `Regions.to_dataframe`.

        Parameters
        ----------
        original : path, URL, bytes, file, Pillow image, array or SourceImage, optional
            The image. Default: what `provenance` reads again.

        Returns
        -------
        pandas.DataFrame
        """
        return self.regions(original).to_dataframe()

    def to_geojson(self, original: "ImageSource | None" = None, **options: Any) -> bytes:
        """Return the outlines of the regions as GeoJSON, for QuPath and other programs.

        Parameters
        ----------
        original : path, URL, bytes, file, Pillow image, array or SourceImage, optional
            The image. Default: what `provenance` reads again.
        **options
            As of `smalti.labelmaps.export.geojson.encode`: object_type, min_area, downsample,
            origin.

        Returns
        -------
        bytes
        """
        from smalti.labelmaps.export import geojson

        return geojson.encode(self.regions(original), colors=self.display_colors, **options)

    def to_napari(self, **options: Any) -> "Layer":
        """Return the labels, from 1 on, as a layer for napari: data, keywords and "labels".

        Parameters
        ----------
        **options
            As of `smalti.labelmaps.export.napari.class_layer`: pixel_size, name.

        Returns
        -------
        tuple of array, dict and str
            ``viewer.add_layer(napari.layers.Layer.create(*layer))`` shows it.

        Raises
        ------
        InvalidParameterError
            If `pixel_size` lies outside its range.
        """
        from smalti.labelmaps.export import napari

        described = {"names": self.names, "pixel_size": self.pixel_size, **options}
        return napari.class_layer(self.labels, colors=self.display_colors, **described)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        original: "ImageSource | None" = None,
        overwrite: bool = True,
    ) -> int:
        """Write the label map, whole or not at all.

        Parameters
        ----------
        path : path
            Its ending decides what is written: .png the labels with a palette, .ome.tif (or
            .ome.tiff) the labels from 1 on, for microscopy programs, .geojson the outlines of the
            regions, .csv their table.
        original : path, URL, bytes, file, Pillow image, array or SourceImage, optional
            The image, for .geojson and .csv. Default: what `provenance` reads again.
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
        data = self._encoded(os.fsdecode(path), original)
        return write_atomically(path, data, overwrite=overwrite)

    def _encoded(self, name: str, original: "ImageSource | None") -> bytes:
        """Return the bytes of the file that a name's ending stands for."""
        from smalti.labelmaps.export import label_png, ome_tiff

        lower = name.lower()
        if lower.endswith(".png"):
            return label_png.encode(self.labels, self.colors)
        if lower.endswith((".ome.tif", ".ome.tiff")):
            return ome_tiff.encode(
                self.labels,
                names=self.names,
                colors=self.display_colors,
                pixel_size=self.pixel_size,
            )
        if lower.endswith(".geojson"):
            return self.to_geojson(original)
        if lower.endswith(".csv"):
            return self.regions(original).to_csv().encode()
        raise InvalidParameterError(
            f"the ending must be one of .png, .ome.tif, .ome.tiff, .geojson, .csv, got {name!r}"
        )

    def _repr_png_(self) -> bytes:
        """Show the overlay in notebooks, or the classes where the image cannot be read again."""
        from smalti.labelmaps.export.label_png import encode_picture

        try:
            return encode_picture(self.overlay())
        except SmaltiError:
            return encode_picture(self.reconstruct())

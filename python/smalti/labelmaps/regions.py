"""Connected regions of a label map: how large they are, where they lie, what colour they have.

The core numbers them and counts (its `regions`): 24 megapixels with 40,000 regions take 0.25 s of
one thread, with a million 0.5 s, and the map of numbers 4 bytes a pixel. All figures are arrays
with an entry for each region; only `Regions.to_csv` and iteration go region by region (5 s for a
million). Numbers and figures are the same on any number of threads.

Names of columns are those of scikit-image's ``regionprops_table``.
"""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.measure.table import as_data_frame
from smalti.options import PIXEL_SIZES
from smalti.validation import real_number, whole_number
from smalti.values import Value

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "Region",
    "Regions",
    "absorb_small_regions",
    "check_label_map",
    "check_pixel_size",
    "regions_of",
]

# As many as the core numbers.
_MAX_PIXELS = 2**31 - 1


class Region(NamedTuple):
    """One region.

    Attributes
    ----------
    label : int
        Its number, from 1.
    class_index : int
        The class of its pixels.
    class_name : str or None
        The name of the class.
    area : int
        Pixels.
    area_um2 : float or None
        Square micrometres.
    perimeter : float
        Length of the outline in pixels, as in `Regions.perimeters`.
    perimeter_um : float or None
        The same in micrometres.
    centroid : (float, float)
        Mean row and column.
    bbox : (int, int, int, int)
        First row and column, and those after the last.
    touches_border : bool
        Whether it has a pixel at the image's border.
    color : (float, float, float) or None
        Mean colour, sRGB 0..255.
    """

    label: int
    class_index: int
    class_name: str | None
    area: int
    area_um2: float | None
    perimeter: float
    perimeter_um: float | None
    centroid: tuple[float, float]
    bbox: tuple[int, int, int, int]
    touches_border: bool
    color: tuple[float, float, float] | None


@dataclass(frozen=True, eq=False, repr=False)
class Regions(Value):
    """The connected regions of a label map; made by `regions_of`.

    Regions with equal attributes are equal. Attributes cannot be set, nor arrays written to.

    Attributes
    ----------
    labels : uint32 array, shape (H, W)
        The region of each pixel, from 1 in the order of first pixels, row by row; 0 where the label
        map is `OUTSIDE`. Region ``n`` is at position ``n - 1`` of the arrays below.
    connectivity : int
        8 or 4, as asked for.
    classes : uint8 array, shape (n,)
        The class of each region.
    areas : int64 array, shape (n,)
        Pixels.
    perimeters : float64 array, shape (n,)
        Length of the outline in pixels, of holes too, by Crofton's formula in four directions, as
        scikit-image's ``perimeter_crofton``: right on average over all directions, where the
        length along the edges of pixels is 27 % too much. What lies beyond the image's border is
        outside the region.
    bboxes : int64 array, shape (n, 4)
        The first row and column, and those after the last.
    centroids : float64 array, shape (n, 2)
        Mean row and column of the pixels.
    touches_border : bool array, shape (n,)
        Whether a pixel lies at the image's border, where the region may have been cut off.
    colors : float64 array, shape (n, 3), or None
        Mean sRGB, 0..255, by alpha where there is one; None without pixels.
    names : tuple of str, or None
        The names of all classes, by class.
    pixel_size : float or None
        The side of a pixel in micrometres.

    ``len(regions)`` is their number; iteration gives a `Region` each.
    """

    labels: NDArray[np.uint32]
    connectivity: int
    classes: NDArray[np.uint8]
    areas: NDArray[np.int64]
    perimeters: NDArray[np.float64]
    bboxes: NDArray[np.int64]
    centroids: NDArray[np.float64]
    touches_border: NDArray[np.bool_]
    colors: NDArray[np.float64] | None
    names: tuple[str, ...] | None
    pixel_size: float | None

    def __len__(self) -> int:
        return len(self.areas)

    def __repr__(self) -> str:
        height, width = self.labels.shape
        return f"<Regions: {len(self):,} in {width} x {height} pixels>"

    def __iter__(self) -> Iterator[Region]:
        nothing = [None] * len(self)
        areas_um2, perimeters_um = self.areas_um2, self.perimeters_um
        columns = zip(
            range(1, len(self) + 1),
            self.classes.tolist(),
            nothing if self.names is None else [self.names[c] for c in self.classes.tolist()],
            self.areas.tolist(),
            nothing if areas_um2 is None else areas_um2.tolist(),
            self.perimeters.tolist(),
            nothing if perimeters_um is None else perimeters_um.tolist(),
            map(tuple, self.centroids.tolist()),
            map(tuple, self.bboxes.tolist()),
            self.touches_border.tolist(),
            nothing if self.colors is None else map(tuple, self.colors.tolist()),
            strict=True,
        )
        return map(Region._make, columns)

    @property
    def areas_um2(self) -> NDArray[np.float64] | None:
        """Areas in square micrometres, float64, shape (n,); None without a `pixel_size`."""
        return None if self.pixel_size is None else self.areas * np.float64(self.pixel_size**2)

    @property
    def perimeters_um(self) -> NDArray[np.float64] | None:
        """Perimeters in micrometres, float64, shape (n,); None without a `pixel_size`."""
        return None if self.pixel_size is None else self.perimeters * self.pixel_size

    def to_dict(self) -> dict[str, NDArray[Any]]:
        """Return the figures as columns, by the names that ``regionprops_table`` gives them.

        They are ``label`` (the number), ``class``, ``class_name``, ``area``, ``area_um2``,
        ``perimeter_crofton``, ``perimeter_crofton_um``, ``centroid-0`` and ``-1`` (row, column),
        ``bbox-0`` to ``-3``, ``touches_border``, ``intensity_mean-0`` to ``-2`` (red, green, blue).
        Columns that need what is not known, such as a size of pixels, are left out.
        ``polars.DataFrame`` takes the columns as they are.
        """
        columns: dict[str, NDArray[Any] | None] = {
            "label": np.arange(1, len(self) + 1, dtype=np.uint32),
            "class": self.classes,
            "class_name": None,
            "area": self.areas,
            "area_um2": self.areas_um2,
            "perimeter_crofton": self.perimeters,
            "perimeter_crofton_um": self.perimeters_um,
            "touches_border": self.touches_border,
        }
        if self.names is not None:
            columns["class_name"] = np.array(self.names, dtype=object)[self.classes]
        tables = {"centroid": self.centroids, "bbox": self.bboxes, "intensity_mean": self.colors}
        for name, table in tables.items():
            if table is not None:
                columns.update({f"{name}-{i}": column for i, column in enumerate(table.T)})
        return {name: column for name, column in columns.items() if column is not None}

    def to_dataframe(self) -> "pd.DataFrame":
        """Return the columns of `to_dict` as a pandas DataFrame, a row for each region.

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        return as_data_frame(self.to_dict())

    def to_csv(self) -> str:
        """Return the columns of `to_dict` as comma-separated values, with a line of names.

        Numbers have as many digits as they need to be read back exactly.
        """
        columns = self.to_dict()
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))
        return text.getvalue()


def regions_of(
    labels: NDArray[np.uint8],
    *,
    connectivity: int = 8,
    pixels: NDArray[np.uint8] | NDArray[np.uint16] | None = None,
    names: Sequence[str] | None = None,
    pixel_size: float | None = None,
) -> Regions:
    """Find the connected regions of a label map.

    Parameters
    ----------
    labels : uint8 array, shape (H, W)
        The class of each pixel; 255 for pixels that belong to none, which are in no region.
    connectivity : {8, 4}, default: 8
        Which pixels are neighbours: also those that share only a corner, as in scikit-image, OpenCV
        and MATLAB, or only those that share an edge.
    pixels : uint8 or uint16 array, shape (H, W, 3) or (H, W, 4), optional
        The image, for mean colours.
    names : sequence of str, optional
        The name of each class.
    pixel_size : float, optional
        The side of a pixel in micrometres, 1e-5 to 1e12, for areas and lengths in them.

    Returns
    -------
    Regions

    Raises
    ------
    InvalidParameterError
        If an argument has another shape, type or value, or a class has no name in `names`.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.array([[0, 0, 1], [1, 1, 1], [0, 255, 0]], dtype=np.uint8)
    >>> regions = regions_of(labels, names=["sky", "sea"], pixel_size=0.5)
    >>> regions.labels.tolist()
    [[1, 1, 2], [2, 2, 2], [3, 0, 4]]
    >>> regions.areas.tolist(), regions.areas_um2.tolist()
    ([2, 4, 1, 1], [0.5, 1.0, 0.25, 0.25])
    >>> [region.class_name for region in regions]
    ['sky', 'sea', 'sky', 'sky']
    """
    labels = check_label_map(labels)
    numbers, classes, areas, bounds, sums, crossings, touches_border = _core.connected_regions(
        labels, _connectivity(connectivity)
    )
    colors = None
    if pixels is not None:
        colors = _core.region_colors(numbers, len(areas), _image(pixels, labels.shape))
    return Regions(
        labels=numbers,
        connectivity=connectivity,
        classes=classes,
        areas=areas,
        perimeters=_crofton(crossings),
        bboxes=bounds,
        centroids=sums / areas[:, np.newaxis],
        touches_border=touches_border,
        colors=colors,
        names=_names(names, classes),
        pixel_size=None if pixel_size is None else check_pixel_size(pixel_size),
    )


def absorb_small_regions(
    labels: NDArray[np.uint8], min_area: int, *, connectivity: int = 8
) -> NDArray[np.uint8]:
    """Merge regions that are too small with neighbours, until no small region has a neighbour.

    The smallest region goes first. It takes the class of the neighbour with which it shares the
    longest boundary; of several equally long ones, that of the neighbour whose first pixel comes
    first. It becomes one region with that neighbour and with all others of the class that it
    touches. A region that shares no edge with another one stays, however small.

    Parameters
    ----------
    labels : uint8 array, shape (H, W)
        The class of each pixel; 255 for pixels that belong to none, which stay.
    min_area : int
        Pixels, at least 0, that a region needs to stay; 0 and 1 change nothing.
    connectivity : {8, 4}, default: 8
        As in `regions_of`.

    Returns
    -------
    uint8 array, shape (H, W)

    Raises
    ------
    InvalidParameterError
        If an argument has another shape, type or value.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.array([[0, 0, 0, 1], [0, 2, 0, 1]], dtype=np.uint8)
    >>> absorb_small_regions(labels, 2).tolist()
    [[0, 0, 0, 1], [0, 0, 0, 1]]
    """
    least = whole_number("min_area", min_area, 0)
    labels = check_label_map(labels)
    # No region is larger than all pixels.
    return _core.absorb_small_regions(
        labels, min(least, labels.size + 1), _connectivity(connectivity)
    )


def check_label_map(labels: Any) -> NDArray[np.uint8]:
    """Return a label map, contiguous, if it is one and not too large to be numbered."""
    if not (isinstance(labels, np.ndarray) and labels.dtype == np.uint8 and labels.ndim == 2):
        found = (
            f"{labels.dtype} of shape {labels.shape}"
            if isinstance(labels, np.ndarray)
            else type(labels).__name__
        )
        raise InvalidParameterError(f"labels must be a uint8 array of shape (H, W), got {found}")
    if not 1 <= labels.size <= _MAX_PIXELS:
        raise InvalidParameterError(
            f"labels must have 1 to {_MAX_PIXELS:,} pixels, got {labels.size:,}"
        )
    return np.ascontiguousarray(labels)


def check_pixel_size(pixel_size: float) -> float:
    """Return the side of a pixel in micrometres if it is one."""
    return real_number("pixel_size", pixel_size, *PIXEL_SIZES)


def _crofton(crossings: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return lengths from how often rows and columns, and both diagonals, cross an outline.

    Lines of a direction that lie d apart cross an outline of length L on average
    ``2 L / (pi d)`` times. Rows and columns lie 1 apart, diagonals 1 / sqrt(2); the mean of four.
    """
    edges, corners = crossings.T
    return np.asarray(math.pi / 8 * (edges + corners / math.sqrt(2)))


def _connectivity(connectivity: int) -> int:
    if connectivity not in (4, 8):
        raise InvalidParameterError(f"connectivity must be 8 or 4, got {connectivity!r}")
    return int(connectivity)


def _image(pixels: Any, shape: tuple[int, ...]) -> Any:
    array = np.asarray(pixels)
    if not (
        array.dtype in (np.uint8, np.uint16)
        and array.ndim == 3
        and array.shape[:2] == shape
        and array.shape[2] in (3, 4)
    ):
        height, width = shape
        raise InvalidParameterError(
            f"pixels must be a uint8 or uint16 array of shape ({height}, {width}, 3) or "
            f"({height}, {width}, 4), as labels has it, got {array.dtype} of shape {array.shape}"
        )
    return np.ascontiguousarray(array)


def _names(names: Any, classes: NDArray[np.uint8]) -> tuple[str, ...] | None:
    if names is None:
        return None
    needed = int(classes.max()) + 1 if classes.size else 0
    listed = tuple(names) if isinstance(names, Iterable) and not isinstance(names, str) else None
    if listed is None or len(listed) < needed or not all(isinstance(n, str) for n in listed):
        raise InvalidParameterError(
            f"names must be at least {needed} strings, one for each class, got {names!r}"
        )
    return listed

"""The figures of connected regions, a row each."""

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti.measure.table import as_data_frame
from smalti.values import Value

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Region", "RegionTable", "figures"]


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
class RegionTable(Value):
    """The figures of connected regions.

    Attributes
    ----------
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


    ``len(table)`` is their number; iteration gives a `Region` each.
    """

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
        text = io.StringIO()
        self.write_csv(text)
        return text.getvalue()

    def write_csv(self, file: IO[str], *, before: int = 0, names: bool = True) -> None:
        """Write what `to_csv` returns.

        Parameters
        ----------
        file : text file
        before : int, default: 0
            Regions that have lower numbers than those of the table.
        names : bool, default: True
            Whether the line of names comes first.
        """
        columns = self.to_dict()
        columns["label"] = columns["label"] + np.uint32(before)
        writer = csv.writer(file, lineterminator="\n")
        if names:
            writer.writerow(columns)
        writer.writerows(zip(*(column.tolist() for column in columns.values()), strict=True))


def figures(columns: Any) -> dict[str, NDArray[Any]]:
    """Return the figures of regions, by their names in a `RegionTable`, from the core's columns."""
    classes, areas, bounds, sums, crossings, touches_border = columns
    return {
        "classes": classes,
        "areas": areas,
        "perimeters": _crofton(crossings),
        "bboxes": bounds,
        "centroids": sums / areas[:, np.newaxis],
        "touches_border": touches_border,
    }


def _crofton(crossings: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return lengths from how often rows and columns, and both diagonals, cross an outline.

    Lines of a direction that lie d apart cross an outline of length L on average
    ``2 L / (pi d)`` times. Rows and columns lie 1 apart, diagonals 1 / sqrt(2); the mean of four.
    """
    edges, corners = crossings.T
    return np.asarray(math.pi / 8 * (edges + corners / math.sqrt(2)))

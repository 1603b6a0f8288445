"""Connected regions of a label map: how large they are, where they lie, what colour they have.

The core numbers them and counts (its `regions`): 24 megapixels with 40,000 regions take 0.25 s of
one thread, with a million 0.5 s, and the map of numbers 4 bytes a pixel. All figures are arrays
with an entry for each region; only `Regions.to_csv` and iteration go region by region (5 s for a
million). Numbers and figures are the same on any number of threads.

Names of columns are those of scikit-image's ``regionprops_table``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.labelmaps.region_table import Region, RegionTable, figures
from smalti.options import PIXEL_SIZES
from smalti.validation import real_number, whole_number

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


@dataclass(frozen=True, eq=False, repr=False)
class Regions(RegionTable):
    """The connected regions of a label map; made by `regions_of`.

    Regions with equal attributes are equal. Attributes cannot be set, nor arrays written to.

    Attributes
    ----------
    classes, areas, perimeters, bboxes, centroids, touches_border, colors, names, pixel_size
        As of `RegionTable`.
    labels : uint32 array, shape (H, W)
        The region of each pixel, from 1 in the order of first pixels, row by row; 0 where the label
        map is `OUTSIDE`. Region ``n`` is at position ``n - 1`` of the other arrays.
    connectivity : int
        8 or 4, as asked for.
    """

    labels: NDArray[np.uint32]
    connectivity: int

    def __repr__(self) -> str:
        height, width = self.labels.shape
        return f"<Regions: {len(self):,} in {width} x {height} pixels>"


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
    numbers, columns = _core.connected_regions(labels, _connectivity(connectivity))
    found = figures(columns)
    colors = None
    if pixels is not None:
        colors = _core.region_colors(numbers, len(found["areas"]), _image(pixels, labels.shape))
    return Regions(
        labels=numbers,
        connectivity=connectivity,
        **found,
        colors=colors,
        names=_names(names, found["classes"]),
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

"""Layers for napari: label maps and regions as the tuples that its functions and plugins exchange.

A layer data tuple is ``(data, keywords, "labels")``. It becomes a layer by
``viewer.add_layer(napari.layers.Layer.create(*layer))``, or is what a plugin's function returns.
napari need not be installed to make one. The keywords are those of ``napari.layers.Labels`` from
0.5 on, where ``colormap`` takes a colour for each label and ``features`` a table whose first row is
the background.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.labelmaps.export.class_labels import class_colors, counted_from_one
from smalti.labelmaps.regions import Regions, check_pixel_size

__all__ = ["Layer", "class_layer", "region_layer"]

Layer = tuple[NDArray[Any], dict[str, Any], str]
"""Data, keywords and the kind of layer."""

_CLEAR = (0.0, 0.0, 0.0, 0.0)


def class_layer(
    labels: NDArray[np.uint8],
    *,
    colors: NDArray[np.uint8],
    names: Sequence[str] | None = None,
    pixel_size: float | None = None,
    name: str = "classes",
) -> Layer:
    """Return a label map as a layer.

    Parameters
    ----------
    labels : uint8 array, shape (H, W)
        The class of each pixel, from 0; 255 for pixels that belong to none. In the layer class c is
        ``c + 1``, and what belongs to none is napari's background, 0.
    colors : uint8 array, shape (K, 3)
        The colour of each class, sRGB.
    names : sequence of str, optional
        The name of each class, shown beside the label under the mouse.
    pixel_size : float, optional
        The side of a pixel in micrometres, 1e-5 to 1e12: the layer's scale.
    name : str, default: "classes"
        The layer's name.

    Raises
    ------
    InvalidParameterError
        If an argument has another shape, type or value.

    Examples
    --------
    >>> import numpy as np
    >>> labels = np.array([[0, 1], [255, 1]], dtype=np.uint8)
    >>> colors = np.array([[102, 0, 204], [255, 255, 255]], dtype=np.uint8)
    >>> data, keywords, kind = class_layer(labels, colors=colors)
    >>> data.tolist(), keywords["colormap"][1], kind
    ([[1, 2], [0, 2]], (0.4, 0.0, 0.8, 1.0), 'labels')
    """
    values = counted_from_one(labels)
    listed = class_colors(colors, int(values.max()))
    # None is every label without a colour of its own.
    colormap: dict[int | None, tuple[float, ...]] = {None: _CLEAR, 0: _CLEAR}
    for c, color in enumerate(listed.tolist()):
        colormap[c + 1] = (*(sample / 255 for sample in color), 1.0)
    keywords: dict[str, Any] = {"name": name, "colormap": colormap, **_scale(pixel_size)}
    if names is not None:
        keywords["features"] = {"class_name": np.array(["", *names], dtype=object)}
    return values, keywords, "labels"


def region_layer(regions: Regions, *, name: str = "regions") -> Layer:
    """Return regions as a layer: their numbers, and the columns of `Regions.to_dict` as features.

    napari gives every region a colour.

    Parameters
    ----------
    regions : Regions
        The regions; the layer's scale is their size of pixels.
    name : str, default: "regions"
        The layer's name.
    """
    columns = regions.to_dict()
    del columns["label"]
    features = {key: np.concatenate([_nothing(column), column]) for key, column in columns.items()}
    keywords = {"name": name, "features": features, **_scale(regions.pixel_size)}
    return regions.labels, keywords, "labels"


def _nothing(column: NDArray[Any]) -> NDArray[Any]:
    """Return the background's row of a column."""
    return np.array([""] if column.dtype == object else [0], dtype=column.dtype)


def _scale(pixel_size: float | None) -> dict[str, Any]:
    if pixel_size is None:
        return {}
    return {"scale": (check_pixel_size(pixel_size),) * 2}

"""OME-Zarr 0.4 and 0.5: a label map with the names and colours of its labels.

The group is a label image (https://ngff.openmicroscopy.org/0.5/#labels-md) that stands for itself:
``multiscales`` with the levels, ``image-label`` with the colours and the names. Label 0 is none.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.scale.label_store import LabelStore

__all__ = ["describe"]


def describe(
    store: LabelStore,
    *,
    names: Sequence[str],
    colors: NDArray[np.uint8],
    pixel_size: float | None,
) -> None:
    """Write the metadata of a label map.

    Parameters
    ----------
    store : LabelStore
        Labels count from 1.
    names : sequence of str
        What labels are called.
    colors : uint8 array, shape (K, 3) or (K, 4)
    pixel_size : float or None
        Side of a pixel in micrometres.
    """
    image_label = {
        "colors": [
            {"label-value": value, "rgba": [*color, 255][:4]}
            for value, color in enumerate(colors.tolist(), 1)
        ],
        "properties": [{"label-value": value, "name": name} for value, name in enumerate(names, 1)],
    }
    multiscale = {
        "name": "labels",
        "axes": [_axis(name, pixel_size) for name in "yx"],
        "datasets": [_dataset(i, pixel_size or 1.0) for i in range(len(store.levels))],
        "type": "majority of 2 x 2",
    }
    store.describe(_versioned(store.version, multiscale, image_label))


def _axis(name: str, pixel_size: float | None) -> dict[str, str]:
    unit = {} if pixel_size is None else {"unit": "micrometer"}
    return {"name": name, "type": "space", **unit}


def _dataset(level: int, pixel_size: float) -> dict[str, Any]:
    # A pixel of a level is as large as so many of the image, and its centre lies between theirs.
    side = 2**level
    changes: list[dict[str, Any]] = [{"type": "scale", "scale": [pixel_size * side] * 2}]
    if level:
        changes.append({"type": "translation", "translation": [pixel_size * (side - 1) / 2] * 2})
    return {"path": str(level), "coordinateTransformations": changes}


def _versioned(
    version: str, multiscale: dict[str, Any], image_label: dict[str, Any]
) -> Mapping[str, Any]:
    if version == "0.5":
        return {"ome": {"version": "0.5", "multiscales": [multiscale], "image-label": image_label}}
    return {
        "multiscales": [{"version": version, **multiscale}],
        "image-label": {"version": version, **image_label},
    }

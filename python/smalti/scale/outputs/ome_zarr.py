"""OME-Zarr 0.4 and 0.5: a label map with the names and colours of its labels, or channels.

A label map (https://ngff.openmicroscopy.org/0.5/#labels-md) stands for itself: ``multiscales`` has
the levels, ``image-label`` the colours and the names. Label 0 is none. Of channels ``omero`` has
names and colours.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.scale.pyramid_store import PyramidStore

__all__ = ["describe", "describe_channels"]


def describe(
    store: PyramidStore,
    *,
    names: Sequence[str],
    colors: NDArray[np.uint8],
    pixel_size: float | None,
) -> None:
    """Write the metadata of a label map.

    Parameters
    ----------
    store : PyramidStore
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
    multiscale = _multiscale(store, "labels", "majority of 2 x 2", pixel_size)
    store.describe(_versioned(store.version, multiscale, {"image-label": image_label}))


def describe_channels(
    store: PyramidStore,
    channels: Sequence[Mapping[str, Any]],
    pixel_size: float | None,
    others: Mapping[str, Any],
) -> None:
    """Write the metadata of an image of channels.

    Parameters
    ----------
    store : PyramidStore
    channels : sequence of mapping
        Of each channel what ``omero`` says of it.
    pixel_size : float or None
        Side of a pixel in micrometres.
    others : mapping
        What else there is to say; OME-Zarr has no place for it.
    """
    multiscale = _multiscale(store, "densities", "mean of 2 x 2", pixel_size)
    shown = {"channels": list(channels), "rdefs": {"model": "color"}}
    versioned = _versioned(store.version, multiscale, {"omero": shown})
    store.describe({**versioned, "smalti": dict(others)})


def _multiscale(
    store: PyramidStore, name: str, kind: str, pixel_size: float | None
) -> dict[str, Any]:
    """Return what is said of the levels."""
    has_channels = store.planes is not None
    levels = range(len(store.levels))
    return {
        "name": name,
        "axes": [
            *([{"name": "c", "type": "channel"}] if has_channels else []),
            *(_axis(axis, pixel_size) for axis in "yx"),
        ],
        "datasets": [
            _dataset(i, pixel_size or 1.0, ([1.0], [0.0]) if has_channels else ([], []))
            for i in levels
        ],
        "type": kind,
    }


def _axis(name: str, pixel_size: float | None) -> dict[str, str]:
    unit = {} if pixel_size is None else {"unit": "micrometer"}
    return {"name": name, "type": "space", **unit}


def _dataset(
    level: int, pixel_size: float, of_channels: tuple[list[float], list[float]]
) -> dict[str, Any]:
    # A pixel of a level is as large as so many of the image, and its centre lies between theirs.
    side = 2**level
    scale, shift = of_channels
    changes: list[dict[str, Any]] = [{"type": "scale", "scale": [*scale, *[pixel_size * side] * 2]}]
    if level:
        translation = [*shift, *[pixel_size * (side - 1) / 2] * 2]
        changes.append({"type": "translation", "translation": translation})
    return {"path": str(level), "coordinateTransformations": changes}


def _versioned(
    version: str, multiscale: dict[str, Any], shown: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Return the metadata: the levels, and how they are shown."""
    if version == "0.5":
        return {"ome": {"version": "0.5", "multiscales": [multiscale], **shown}}
    return {
        "multiscales": [{"version": version, **multiscale}],
        **{name: {"version": version, **value} for name, value in shown.items()},
    }

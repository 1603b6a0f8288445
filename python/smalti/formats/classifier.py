"""``.npz`` of the classes of segmentations, readable with NumPy alone.

==================  =================  ============================================================
``version``         int64              2
``class_centroids`` float64 (K, D)     the classes in their space, darkest first
``space``           text               where they were learnt
``stain_vectors``   float64 (3, 3)     optical densities of the stains, or nothing, (0, 3)
``stain_white``     float64 (3,)       the colour of glass, with stains
``matrix``          float64 (d, d)     what coordinates of colour are multiplied by
``factors``         float64 (2,)       those of texture and position
``position_unit``   float64            pixels that row and column are counted in; 0 without position
``names``           text (K,)          what they are called
``background``      int64              the class of what is no tissue; -1 if there is none
``tissue_white``    float64 (3,)       the glass that tissue is told from; nothing without, (0,)
``tissue_density``  float64            the optical density that tissue exceeds; 0 without
``band_limits``     float64 (C, 2)     what counts as 0 and as 1 in each band; of bands only
==================  =================  ============================================================

Version 1 lacks the glass, the density and the unit. Its classes take them from each image that they
are applied to, as they did when it was written.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti.formats.archive import CLASSES, archive, unarchive

__all__ = ["StoredClasses", "decode", "encode"]

_VERSION = 2

# 255 classes of 64 coordinates and long names are a thousandth of it.
_MAX_BYTES = 1 << 28


class StoredClasses(NamedTuple):
    """What the file holds."""

    centroids: NDArray[np.float64]
    space: str
    stain_vectors: NDArray[np.float64]
    stain_white: NDArray[np.float64]
    matrix: NDArray[np.float64]
    texture: float
    position: float
    names: tuple[str, ...]
    background: int | None
    position_unit: float | None = None
    tissue_white: tuple[float, float, float] | None = None
    tissue_density: float = 0.0
    band_limits: tuple[tuple[float, float], ...] = ()


def encode(classes: StoredClasses) -> bytes:
    """Return the bytes of the archive."""
    bands = {"band_limits": np.array(classes.band_limits)} if classes.band_limits else {}
    return archive(
        version=np.int64(_VERSION),
        class_centroids=classes.centroids,
        space=np.str_(classes.space),
        stain_vectors=classes.stain_vectors,
        stain_white=classes.stain_white,
        matrix=classes.matrix,
        factors=np.array([classes.texture, classes.position]),
        names=np.array(classes.names, dtype=np.str_),
        background=np.int64(-1 if classes.background is None else classes.background),
        position_unit=np.float64(classes.position_unit or 0.0),
        tissue_white=np.array(classes.tissue_white or (), dtype=np.float64),
        tissue_density=np.float64(classes.tissue_density),
        **bands,
    )


def decode(data: bytes, name: str) -> StoredClasses:
    """Return what an archive holds; `name` is what messages call it."""
    return unarchive(data, name, CLASSES, _MAX_BYTES, {1: _version_1, 2: _version_2})


def _version_1(fields: dict[str, Any]) -> StoredClasses:
    texture, position = (float(factor) for factor in fields["factors"])
    background = int(fields["background"])
    if background >= len(fields["names"]):
        raise ValueError(f"its background is class {background} of {len(fields['names'])}")
    return StoredClasses(
        fields["class_centroids"].astype(np.float64),
        str(fields["space"]),
        fields["stain_vectors"].astype(np.float64),
        fields["stain_white"].astype(np.float64),
        fields["matrix"].astype(np.float64),
        texture,
        position,
        tuple(str(text) for text in fields["names"]),
        None if background < 0 else background,
    )


def _version_2(fields: dict[str, Any]) -> StoredClasses:
    unit, white = float(fields["position_unit"]), None
    if len(fields["tissue_white"]):
        red, green, blue = (float(sample) for sample in fields["tissue_white"])
        white = (red, green, blue)
    return _version_1(fields)._replace(
        position_unit=None if unit == 0.0 else unit,
        tissue_white=white,
        tissue_density=float(fields["tissue_density"]),
        band_limits=tuple((float(low), float(high)) for low, high in fields.get("band_limits", ())),
    )

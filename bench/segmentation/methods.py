"""What a way to segment is, and smalti as one."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import smalti
from bench.common.measure import Picture

Labels = NDArray[Any]


class Method(NamedTuple):
    """A way to segment: its name, how it is set up, and what runs it."""

    name: str
    setting: str
    run: Callable[[Picture, int], Labels]


def smalti_method(spatial_weight: float, normalize: str | None = None) -> Method:
    """Return smalti with these settings."""

    def segment(photo: Picture, k: int) -> Labels:
        found = smalti.segment(photo, k, spatial_weight=spatial_weight, normalize=normalize)
        return np.asarray(found.labels)

    setting = f"`spatial_weight={spatial_weight:g}`"
    if normalize is None:
        return Method(f"smalti, {spatial_weight:g}", setting, segment)
    setting += f", `normalize={normalize!r}`"
    return Method(f"smalti, {spatial_weight:g}, {normalize}", setting, segment)

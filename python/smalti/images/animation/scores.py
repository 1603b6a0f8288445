"""How near the frames of an animation are to their originals."""

from typing import TYPE_CHECKING

import numpy as np

from smalti.measure.metrics import ssimulacra2

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

__all__ = ["scores"]

_OPAQUE = 255


def scores(
    originals: "Iterable[NDArray[np.uint8]]",
    shown: "Iterable[NDArray[np.uint8]]",
    every: int = 1,
) -> list[float]:
    """Return the SSIMULACRA2 of frames, of each so manieth."""
    found = []
    for number, (original, frame) in enumerate(zip(originals, shown, strict=False)):
        if number % every == 0:
            is_opaque = all((each[..., 3] == _OPAQUE).all() for each in (original, frame))
            samples = (each[..., :3] if is_opaque else each for each in (original, frame))
            found.append(ssimulacra2(*map(np.ascontiguousarray, samples)))
    return found

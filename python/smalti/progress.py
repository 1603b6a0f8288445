"""Progress: what long calls report, and the words that people are shown.

A call that takes a `progress` argument calls it now and then with a `Stage` and the done fraction
of it, 0 to 1. What `progress` raises stops the call and is raised again. Stages are identifiers
and stay the same; the words for them may change.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

__all__ = ["Progress", "Stage", "is_measured", "tell", "words"]

Progress: TypeAlias = Callable[[str, float], object]
"""Takes a `Stage` and its done fraction."""

Stage: TypeAlias = Literal[
    "histogram",
    "initial-centroids",
    "kmeans",
    "swaps",
    "labels",
    "pyramid",
    "regions",
    "blocks",
    "superpixels",
    "encode",
    "measure",
]
"""Stages of work. A call may come back to a stage."""

_WORDS: dict[str, str] = {
    "histogram": "counting colours",
    "initial-centroids": "initial centroids",
    "kmeans": "k-means",
    "swaps": "swaps",
    "labels": "mapping pixels",
    "pyramid": "making the pyramid",
    "regions": "listing regions",
    "blocks": "mapping blocks",
    "superpixels": "superpixels",
    "encode": "encoding",
    "measure": "measuring",
}

# Other libraries do this work and do not say how far they are: the fraction stays 0.
_UNMEASURED = {"encode", "measure"}


def tell(progress: Progress | None, stage: Stage, fraction: float = 0.0) -> None:
    """Report the done fraction of a stage, if anyone listens."""
    if progress is not None:
        progress(stage, fraction)


def words(stage: str) -> str:
    """Return what people are shown for a stage."""
    return _WORDS[stage]


def is_measured(stage: str) -> bool:
    """Return whether a stage can tell how far it is."""
    return stage not in _UNMEASURED

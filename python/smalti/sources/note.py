"""What is worth telling of an image that was read or segmented, though it was."""

from dataclasses import dataclass

__all__ = ["CLASSES", "DEPTH", "FRAMES", "PROFILE", "RANGE", "Note"]

FRAMES = "frames"
"""The file has more pictures than the one that was read."""

DEPTH = "depth"
"""Samples were read with fewer bits than the file has."""

PROFILE = "profile"
"""The colour profile cannot be used."""

RANGE = "range"
"""Samples use a small part of the levels that they have."""

CLASSES = "classes"
"""Classes that were asked for are not in the image."""


@dataclass(frozen=True)
class Note:
    """One thing to tell.

    Attributes
    ----------
    kind : {"frames", "depth", "profile", "range", "classes"}
        What it is about; programs can rely on it.
    text : str
        A sentence that names the file.
    """

    kind: str
    text: str

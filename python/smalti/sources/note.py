"""What is worth telling of an image that was read, segmented or compressed, though it was."""

from dataclasses import dataclass

__all__ = [
    "CLASSES",
    "DEPTH",
    "DONE",
    "FRAMES",
    "GROWN",
    "KEPT",
    "PROFILE",
    "RANGE",
    "SKIPPED",
    "UNREAD",
    "Note",
]

FRAMES = "frames"
"""The file has more pictures than the one that was read."""

DEPTH = "depth"
"""Samples were read with fewer bits than the file has."""

PROFILE = "profile"
"""The colour profile cannot be used."""

RANGE = "range"
"""Samples use a small part of the levels that they have."""

UNREAD = "unread"
"""Parts of the image cannot be read, and are clear."""

CLASSES = "classes"
"""Classes that were asked for are not in the image."""

GROWN = "grown"
"""The output is larger than its input."""

KEPT = "kept"
"""The input was as small as it gets already."""

DONE = "done"
"""The input was left out: an earlier run has seen to it."""

SKIPPED = "skipped"
"""The input was left out for another reason."""


@dataclass(frozen=True)
class Note:
    """One thing to tell.

    Attributes
    ----------
    kind : str
        What it is about: one of the constants above. Programs can rely on it.
    text : str
        A sentence that names the file.
    """

    kind: str
    text: str

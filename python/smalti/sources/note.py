"""What is worth telling of a file that was read, though it was read."""

from dataclasses import dataclass

__all__ = ["DEPTH", "FRAMES", "PROFILE", "Note"]

FRAMES = "frames"
"""The file has more pictures than the one that was read."""

DEPTH = "depth"
"""Samples were read with fewer bits than the file has."""

PROFILE = "profile"
"""The colour profile cannot be used."""


@dataclass(frozen=True)
class Note:
    """One thing to tell.

    Attributes
    ----------
    kind : {"frames", "depth", "profile"}
        What it is about; programs can rely on it.
    text : str
        A sentence that names the file.
    """

    kind: str
    text: str

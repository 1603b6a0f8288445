"""What the command line asks of the suites."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What a trial leaves out, and where figures go.

    `photos` limits the pictures of a class; `peers` and `classes`, where they are not empty,
    those of the curves of bytes against quality.
    """

    photos: int | None
    images: Path
    peers: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

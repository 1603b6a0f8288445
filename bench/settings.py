"""What the command line asks of the suites."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """`photos` limits the pictures, of each class where there are two; figures go to `images`."""

    photos: int | None
    images: Path

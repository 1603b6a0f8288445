"""What the command line asks of the suites."""

from dataclasses import dataclass
from pathlib import Path

from bench.common.images import Images


@dataclass(frozen=True)
class Settings:
    """The images of a run, where its figures go, and what a trial leaves out.

    `peers` and `classes`, where they are not empty, limit what the suites about files and about
    segmentation compare.
    """

    images: Images
    figures: Path
    peers: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def is_trial(self) -> bool:
        """Whether there are fewer pictures than there could be."""
        return self.images.limit is not None

"""What every place for an output tells and does."""

from pathlib import Path
from typing import Protocol

__all__ = ["Place", "labels_name", "part_name"]


class Place(Protocol):
    """Where an output goes."""

    @property
    def name(self) -> Path | str:
        """What results and messages call it."""

    @property
    def run_folder(self) -> Path:
        """The folder of this machine in which a run keeps what it has done."""

    @property
    def takes_copies(self) -> bool:
        """Whether what a run has made stays in its folder, too, when it has got its name."""

    def labels(self, number: str) -> str:
        """Return where a run's labels are; its number tells them from those of other runs.

        Workers elsewhere may still write for a run that was interrupted.
        """

    def has_labels(self, number: str) -> bool:
        """Whether there are labels of a run."""

    def remove_labels(self, number: str) -> None:
        """Remove the labels of a run."""

    def restore(self) -> None:
        """Give an old output its name back, which a run had taken that was killed then."""

    def check_free(self, *, overwrite: bool, is_folder: bool | None = None) -> None:
        """Refuse a place at which there is something that may not be replaced.

        Parameters
        ----------
        overwrite : bool
            Whether anything may be.
        is_folder : bool, optional
            What is to be there: a folder of Zarr or a file. Each replaces its like alone.

        Raises
        ------
        ImageWriteError
            If there is.
        """

    def take(self, made: str) -> None:
        """Give what was made, a file of this machine or labels, its name.

        Raises
        ------
        OSError
            If that is not possible.
        """


def part_name(name: str) -> str:
    """Return what the folder is called in which an output of a name is made."""
    return f".{name}.smalti-part"


def labels_name(number: str) -> str:
    """Return what the folder of a run's labels is called."""
    return f"labels-{number}"

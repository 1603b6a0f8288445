"""What every place for an output tells and does."""

from pathlib import Path
from typing import Protocol

from smalti.exceptions import ImageWriteError
from smalti.files import exists_already

__all__ = ["Place", "part_name", "refuse_what_is_there"]


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

    def staged(self, name: str) -> str:
        """Return where a pyramid is made that a run calls so.

        Its name tells it from those of other runs: workers elsewhere may still write for a run that
        was interrupted.
        """

    def is_staged(self, name: str) -> bool:
        """Whether there is such a pyramid."""

    def remove_staged(self, name: str) -> None:
        """Remove such a pyramid, if it is there."""

    def restore(self) -> None:
        """Give old outputs their names back, which a run had taken that was killed then."""

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

    def is_begun(self, number: str) -> bool:
        """Whether a run was interrupted while a pyramid got its name here."""

    def begin(self, made: str, number: str) -> None:
        """Say, if it takes long, that what a run has made is about to get its name.

        Raises
        ------
        OSError
            If that is not possible.
        """

    def take(self, made: str, number: str) -> None:
        """Give what a run has made, a file in its folder or a pyramid, its name.

        Raises
        ------
        OSError
            If that is not possible.
        """


def refuse_what_is_there(
    name: object, *, is_a_folder: bool, is_zarr: bool, is_folder: bool | None, overwrite: bool
) -> None:
    """Refuse something that is there, and may not be replaced: see `Place.check_free`."""
    if is_folder is False and is_a_folder:
        raise ImageWriteError(f"{name}: is a folder, not a file to write")
    if is_folder and not is_zarr:
        raise ImageWriteError(f"{name}: is there, but is no Zarr that could be replaced")
    if not overwrite:
        raise exists_already(name)


def part_name(name: str) -> str:
    """Return what the folder is called in which an output of a name is made."""
    return f".{name}.smalti-part"

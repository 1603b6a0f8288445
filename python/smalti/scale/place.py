"""Where an output goes that is made part by part: a path of this machine, or a URL."""

import os
import shutil
from pathlib import Path
from typing import Protocol

from smalti.exceptions import ImageWriteError
from smalti.files import exists_already
from smalti.files import is_folder as is_local_folder
from smalti.sources.tiles.zarr_folder import is_zarr_folder
from smalti.urls import is_url, local_path

__all__ = ["LocalPlace", "Place", "labels_name", "part_name", "part_of", "place_of"]

_REPLACED = "replaced"


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


def place_of(name: str | os.PathLike[str]) -> Place:
    """Return the place that a path or URL names."""
    name = os.fspath(name)
    path = local_path(name) if is_url(name) else name
    if path is not None:
        return LocalPlace(Path(path))
    from smalti.scale.url_place import UrlPlace

    return UrlPlace(name)


def part_name(name: str) -> str:
    """Return what the folder is called in which an output of a name is made."""
    return f".{name}.smalti-part"


def part_of(path: Path) -> Path:
    """Return the folder in which an output is made."""
    return path.parent / part_name(path.name)


def labels_name(number: str) -> str:
    """Return what the folder of a run's labels is called."""
    return f"labels-{number}"


class LocalPlace:
    """A path of this machine. A run's folder lies beside it, so that outputs can be renamed."""

    takes_copies = False

    def __init__(self, path: Path) -> None:
        self.name = path

    @property
    def run_folder(self) -> Path:
        """See `Place`."""
        return part_of(self.name)

    def labels(self, number: str) -> str:
        """See `Place`."""
        return str(self.run_folder / labels_name(number))

    def has_labels(self, number: str) -> bool:
        """See `Place`."""
        return is_zarr_folder(self.labels(number))

    def remove_labels(self, number: str) -> None:
        """See `Place`."""
        shutil.rmtree(self.labels(number), ignore_errors=True)

    def restore(self) -> None:
        """See `Place`."""
        old = self.run_folder / _REPLACED
        if old.exists() and not self.name.exists():
            old.replace(self.name)
        if old.exists():
            shutil.rmtree(old)

    def check_free(self, *, overwrite: bool, is_folder: bool | None = None) -> None:
        """See `Place`."""
        path = self.name
        if not path.exists():
            return
        if is_folder is False and path.is_dir():
            raise ImageWriteError(f"{path}: is a folder, not a file to write")
        if is_folder and not is_zarr_folder(str(path)):
            raise ImageWriteError(f"{path}: is there, but is no Zarr that could be replaced")
        if not overwrite:
            raise exists_already(path)

    def take(self, made: str) -> None:
        """See `Place`."""
        old = self.run_folder / _REPLACED
        has_old = is_local_folder(self.name)
        if has_old:
            self.name.replace(old)
        try:
            Path(made).replace(self.name)
        except OSError:
            if has_old:
                old.replace(self.name)
            raise

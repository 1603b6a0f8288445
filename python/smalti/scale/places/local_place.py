"""Outputs that have paths. A run makes them beside, in ``.NAME.smalti-part``."""

import shutil
from pathlib import Path

from smalti.files import is_folder as is_local_folder
from smalti.scale.places.place import labels_name, part_name, refuse_what_is_there
from smalti.sources.tiles.zarr_folder import is_zarr_folder

__all__ = ["LocalPlace", "part_of"]

_REPLACED = "replaced"


def part_of(path: Path) -> Path:
    """Return the folder in which an output is made."""
    return path.parent / part_name(path.name)


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
        labels = Path(self.labels(number))
        if labels.exists():
            shutil.rmtree(labels)

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
        if path.exists():
            refuse_what_is_there(
                path,
                is_a_folder=path.is_dir(),
                is_zarr=is_zarr_folder(str(path)),
                is_folder=is_folder,
                overwrite=overwrite,
            )

    def is_begun(self, _number: str) -> bool:
        """Return False: `restore` mends it."""
        return False

    def begin(self, _made: str, _number: str) -> None:
        """Do nothing: to rename takes a moment."""

    def take(self, made: str, _number: str) -> None:
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

"""Outputs that have paths. A run makes them beside, in ``.NAME.smalti-part``."""

import shutil
from pathlib import Path

from smalti.files import is_folder as is_local_folder
from smalti.scale.places.place import part_name, refuse_what_is_there
from smalti.sources.tiles.zarr_folder import is_zarr_folder

__all__ = ["LocalPlace", "part_of"]

# What the names of old folders begin with, until the new ones have theirs.
_REPLACED = "replaced-"


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

    def staged(self, name: str) -> str:
        """See `Place`."""
        return str(self.run_folder / name)

    def is_staged(self, name: str) -> bool:
        """See `Place`."""
        return is_zarr_folder(self.staged(name))

    def remove_staged(self, name: str) -> None:
        """See `Place`."""
        folder = Path(self.staged(name))
        if folder.exists():
            shutil.rmtree(folder)

    def restore(self) -> None:
        """See `Place`. The outputs of a run lie in one folder."""
        for old in self.run_folder.glob(f"{_REPLACED}*"):
            output = self.name.parent / old.name.removeprefix(_REPLACED)
            if output.exists():
                shutil.rmtree(old)
            else:
                old.replace(output)

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
        old = Path(made).parent / f"{_REPLACED}{self.name.name}"
        has_old = is_local_folder(self.name)
        if has_old:
            self.name.replace(old)
        try:
            Path(made).replace(self.name)
        except OSError:
            if has_old:
                old.replace(self.name)
            raise

"""Files of this machine, as `smalti.batch.storage` asks for them."""

import glob
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from smalti.batch import folders
from smalti.batch.natural_order import natural
from smalti.files import is_folder, remove_litter, write_all_atomically, write_atomically
from smalti.sources.tiles.zarr_folder import is_zarr_folder

__all__ = ["LocalFiles", "LocalListing", "local_identity"]


class LocalFiles:
    """Files that have paths; see `smalti.batch.storage.Storage` for what the methods promise."""

    def identity(self, name: str) -> str:
        """Return the same for two spellings of one path."""
        return local_identity(name)

    def last(self, name: str) -> str:
        """Return the last part of a path."""
        return Path(name).name

    def parent(self, name: str) -> str:
        """Return the folder of a path."""
        return str(Path(name).parent)

    def joined(self, folder: str, *parts: str) -> str:
        """Return the path of what lies in a folder."""
        return str(Path(folder, *parts))

    def exists(self, name: str) -> bool:
        """Whether there is something of this name."""
        return Path(name).exists()

    def is_folder(self, name: str) -> bool:
        """Whether there is a folder of this name."""
        return is_folder(name)

    def is_tree(self, name: str, *, is_likely: bool) -> bool:  # noqa: ARG002 - for others
        """Whether a name is that of a folder of files, and not of an image that is one."""
        return is_folder(name) and not is_zarr_folder(name)

    def matching(self, pattern: str) -> list[str]:
        """Return the names that a pattern stands for; none if it is no pattern."""
        if not glob.has_magic(pattern) or os.path.lexists(pattern):
            return []
        return sorted(glob.glob(pattern, recursive=True), key=natural)  # noqa: PTH207

    def listed(self, folder: str) -> list[str]:
        """Return all that lies in a folder; nothing if it cannot be read."""
        try:
            return [str(path) for path in sorted(Path(folder).iterdir())]
        except OSError:
            return []

    def listing(self, folder: str) -> "LocalListing":
        """Return what lies in a folder and below."""
        return LocalListing(folder)

    def contents(self, name: str) -> bytes | None:
        """Return the contents of a file; None if they cannot be read."""
        try:
            return Path(name).read_bytes()
        except (OSError, ValueError):
            return None

    def ends(self, name: str, head: int, tail: int) -> bytes | None:
        """Return the first and the last bytes of a file; None if they cannot be read."""
        try:
            with Path(name).open("rb") as file:
                first = file.read(head)
                size = file.seek(0, 2)
                file.seek(max(size - tail, 0))
                return first + file.read(tail)
        except (OSError, ValueError):
            return None

    def no_folder(self, folder: str) -> str | None:
        """Return why no file can be put into a folder of this name; None if nothing is known."""
        in_the_way = folders.obstacle(Path(folder))
        return None if in_the_way is None else f"cannot be made a folder: {in_the_way}"

    def standing(self, output: str) -> AbstractContextManager[bool]:
        """Tell whether the folder of an output exists."""
        return folders.standing(Path(output).parent)

    def made(self, output: str) -> AbstractContextManager[None]:
        """Make the folder of an output, and remove it again if what is done with it fails."""
        return folders.made(Path(output).parent)

    def is_older(self, output: str, name: str) -> bool:
        """Whether there is an output that was written before its input."""
        try:
            return Path(output).stat().st_mtime < Path(name).stat().st_mtime
        except (OSError, ValueError):
            return False

    def write(
        self,
        output: str,
        data: bytes,
        *,
        overwrite: bool,
        finish: Callable[[Path], None] | None = None,
    ) -> None:
        """Write a file, whole or not at all."""
        write_atomically(output, data, overwrite=overwrite, finish=finish)

    def write_all(
        self, contents: Mapping[str, bytes], *, overwrite: bool, stale: Sequence[str]
    ) -> None:
        """Write files of one folder, and remove stale ones: all of it, or nothing."""
        with self.made(next(iter(contents))):
            write_all_atomically(
                {Path(name): data for name, data in contents.items()},
                overwrite=overwrite,
                stale=map(Path, stale),
            )

    def remove(self, name: str) -> None:
        """Remove a file, or a folder of Zarr, if it is there."""
        if is_zarr_folder(name):
            shutil.rmtree(name)
        elif not is_folder(name):
            Path(name).unlink(missing_ok=True)

    def tidy(self, output: str) -> None:
        """Remove what runs that were killed have left where an output goes."""
        remove_litter(Path(self.identity(output)).parent)


class LocalListing:
    """A folder; what lies in it is looked at when it is asked for."""

    def __init__(self, root: str) -> None:
        self.root = root

    @property
    def odd(self) -> Sequence[str]:
        """Files that have no place in a folder: here are none."""
        return ()

    @property
    def known(self) -> Mapping[str, Sequence[str]]:
        """The files in each folder, where they need not be asked for again: none."""
        return {}

    @property
    def title(self) -> str:
        """The folder's own name, however it was named."""
        return Path(self.root).resolve().name

    def entries(self, folder: str) -> "Sequence[os.DirEntry[str]]":
        """Return what lies in a folder.

        Raises
        ------
        OSError
            If it cannot be read.
        """
        with os.scandir(folder) as entries:
            return list(entries)

    def is_zarr(self, folder: str) -> bool:
        """Whether a folder is an image."""
        return is_zarr_folder(folder)


def local_identity(path: str) -> str:
    """Return the same for two spellings of one path."""
    try:
        return os.path.normcase(os.path.realpath(path))
    except (OSError, ValueError):  # no file can have such a name
        return path

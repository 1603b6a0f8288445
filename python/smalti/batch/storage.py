"""Where files are, and what can be asked there: a name is all that others know of a file.

What is asked for keeps nothing open, so that it can be asked on any thread and any machine.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Protocol

from smalti.batch.local_files import LocalFiles
from smalti.urls import is_url

__all__ = ["Entry", "Listing", "Storage", "identity", "storage_of"]


class Entry(Protocol):
    """What lies in a folder; `os.DirEntry` is one."""

    @property
    def name(self) -> str:
        """What it is called in its folder."""

    @property
    def path(self) -> str:
        """The name that it is read by."""

    def is_file(self) -> bool:
        """Whether it is a file."""

    def is_dir(self, *, follow_symlinks: bool) -> bool:
        """Whether it is a folder."""


class Listing(Protocol):
    """A folder and all that lies below."""

    @property
    def title(self) -> str:
        """The folder's own name, however it was named."""

    def entries(self, folder: str) -> Sequence[Entry]:
        """Return what lies in a folder of the tree, in any order.

        Raises
        ------
        OSError
            If it cannot be read.
        """

    @property
    def odd(self) -> Sequence[str]:
        """Files that have no place in a folder; known once entries have been asked for."""

    @property
    def known(self) -> Mapping[str, Sequence[str]]:
        """The files in each folder, where all were listed with the first entries."""

    def is_zarr(self, folder: str) -> bool:
        """Whether a folder of the tree is an image."""


class Storage(Protocol):
    """What can be asked of names and of the files that have them."""

    def identity(self, name: str) -> str:
        """Return the same for two spellings of one name."""

    def last(self, name: str) -> str:
        """Return the last part of a name, as a file here would be called."""

    def parent(self, name: str) -> str:
        """Return the name of the folder."""

    def joined(self, folder: str, *parts: str) -> str:
        """Return the name of what lies in a folder."""

    def exists(self, name: str) -> bool:
        """Whether there is something of this name."""

    def is_folder(self, name: str) -> bool:
        """Whether there is a folder of this name."""

    def is_tree(self, name: str, *, is_likely: bool) -> bool:
        """Whether a name is that of a folder of files, and not of an image that is one.

        `is_likely` says that it is worth some time to find out.
        """

    def matching(self, pattern: str) -> list[str]:
        """Return the names that a pattern stands for; none if it is no pattern."""

    def listed(self, folder: str) -> list[str]:
        """Return all that lies in a folder; nothing if it cannot be read."""

    def listing(self, folder: str) -> Listing:
        """Return what lies in a folder and below."""

    def contents(self, name: str) -> bytes | None:
        """Return the contents of a file; None if they cannot be read."""

    def ends(self, name: str, head: int, tail: int) -> bytes | None:
        """Return the first and the last bytes of a file; None if they cannot be read."""

    def no_folder(self, folder: str) -> str | None:
        """Return why no file can be put into a folder of this name; None if nothing is known."""

    def standing(self, output: str) -> AbstractContextManager[bool]:
        """Tell whether the folder of an output exists, or need not."""

    def made(self, output: str) -> AbstractContextManager[None]:
        """Make the folder of an output, and remove it again if what is done with it fails."""

    def is_older(self, output: str, name: str) -> bool:
        """Whether there is an output that was written before its input."""

    def write(
        self,
        output: str,
        data: bytes,
        *,
        overwrite: bool,
        finish: Callable[[Path], None] | None = None,
    ) -> None:
        """Write a file, whole or not at all.

        `finish` is called with the file before it gets its name, and may still refuse it.
        """

    def write_all(
        self, contents: Mapping[str, bytes], *, overwrite: bool, stale: Sequence[str]
    ) -> None:
        """Write files that belong together, by their names, and remove those of an earlier run.

        As far as the storage can, old and new ones are not mixed.
        """

    def remove(self, name: str) -> None:
        """Remove a file, or a folder of Zarr, if it is there.

        Raises
        ------
        OSError
            If it cannot be removed.
        """

    def tidy(self, output: str) -> None:
        """Remove what runs that were killed have left where an output goes."""


_LOCAL = LocalFiles()


def storage_of(name: str) -> Storage:
    """Return what is asked about a name."""
    return _at_urls() if is_url(name) else _LOCAL


@cache
def _at_urls() -> Storage:
    from smalti.batch.url_files import UrlFiles

    return UrlFiles()


def identity(name: str) -> str:
    """Return the same for two spellings of one name."""
    return storage_of(name).identity(name)

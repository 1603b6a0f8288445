"""The folder that several files of one result go to: a path of this machine, or a URL."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from smalti.batch.storage import storage_of
from smalti.exceptions import ImageWriteError
from smalti.files import check_writable
from smalti.sources.tiles.zarr_folder import is_zarr_at
from smalti.urls import at_storage, is_url, local_path, reason_of

__all__ = ["ResultFolder"]


class ResultFolder:
    """A folder, which need not exist.

    Parameters
    ----------
    name : str
        Path or URL.
    """

    def __init__(self, name: str) -> None:
        self._name = local_path(name) or name
        self._storage = storage_of(self._name)

    def __str__(self) -> str:
        return self._name

    @property
    def named(self) -> Path | str:
        """What results call it."""
        return self._name if is_url(self._name) else Path(self._name)

    def of(self, name: str) -> str:
        """Return the path or URL of a file in it."""
        return self._storage.joined(self._name, name)

    def check(self) -> None:
        """Refuse a name at which there is no folder and none can be made.

        Raises
        ------
        ImageWriteError
            The sentence begins with the name.
        """
        reason = self._storage.no_folder(self._name)
        if reason is not None:
            raise ImageWriteError(f"{self._name}: {reason}")
        with self._told("written"), at_storage():
            is_image = is_zarr_at(self._name)
        if is_image:
            raise ImageWriteError(f"{self._name}: is a Zarr image; choose another folder")

    def check_files(self, names: Iterable[str], *, overwrite: bool) -> None:
        """Refuse files that cannot be written.

        Raises
        ------
        ImageWriteError
            If one is there and not to be replaced, or nothing can be written.
        """
        with self._storage.standing(self.of("file")) as is_there:
            for name in names if is_there else ():
                check_writable(self.of(name), overwrite=overwrite)

    def standing(self, names: Iterable[str]) -> list[str]:
        """Return those of some names that are files in it."""
        there = {self._storage.last(name) for name in self._storage.listed(self._name)}
        return [n for n in names if n in there and not self._storage.is_folder(self.of(n))]

    def contents(self, name: str) -> bytes | None:
        """Return the contents of a file; None if they cannot be read."""
        return self._storage.contents(self.of(name))

    def made(self) -> AbstractContextManager[None]:
        """Make it, and remove it again if what is done with it fails."""
        return self._storage.made(self.of("file"))

    def write(
        self, files: Mapping[str, bytes], *, overwrite: bool, stale: Collection[str] = ()
    ) -> None:
        """Write files that belong together, and remove stale ones.

        Raises
        ------
        ImageWriteError
            If one is there and not to be replaced, or cannot be written.
        """
        with self._told("written"):
            self._storage.write_all(
                {self.of(name): data for name, data in files.items()},
                overwrite=overwrite,
                stale=[self.of(name) for name in stale],
            )

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, and folders of Zarr, if they are there.

        Raises
        ------
        ImageWriteError
            If one cannot be removed.
        """
        for name in names:
            with self._told("removed", name):
                self._storage.remove(self.of(name))

    @contextmanager
    def _told(self, done: str, name: str = "") -> Iterator[None]:
        """Say in a sentence what the storage refuses."""
        try:
            yield
        except OSError as error:
            shown = self.of(name) if name else self._name
            raise ImageWriteError(f"{shown}: cannot be {done}: {reason_of(error)}") from None

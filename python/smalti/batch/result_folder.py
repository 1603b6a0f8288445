"""The folder that several files of one result go to: a path of this machine, or a URL."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from smalti.batch.storage import storage_of
from smalti.exceptions import ImageWriteError
from smalti.files import check_writable, write, write_all_atomically
from smalti.sources.tiles.zarr_folder import is_zarr_at
from smalti.urls import at_storage, is_url, local_path

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
        try:
            with at_storage():
                is_image = is_zarr_at(self._name)
        except OSError as error:
            raise ImageWriteError(f"{self._name}: cannot be written: {error}") from None
        if is_image:
            raise ImageWriteError(f"{self._name}: is a Zarr image; choose another folder")

    def check_files(self, names: Iterable[str], *, overwrite: bool) -> None:
        """Refuse files that cannot be written.

        Raises
        ------
        ImageWriteError
            If one is there and not to be replaced, or nothing can be written.
        """
        if is_url(self._name) or self._storage.is_folder(self._name):
            for name in names:
                check_writable(self.of(name), overwrite=overwrite)

    def files(self) -> set[str]:
        """Return the names of what lies in it."""
        return {self._storage.last(name) for name in self._storage.listed(self._name)}

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

        Here old and new ones are not mixed (`smalti.files.write_all_atomically`). At URLs each is
        written whole or not at all.

        Raises
        ------
        ImageWriteError
            If one is there and not to be replaced, or cannot be written.
        """
        if not is_url(self._name):
            with self.made():
                write_all_atomically(
                    {Path(self.of(name)): data for name, data in files.items()},
                    overwrite=overwrite,
                    stale=[Path(self.of(name)) for name in stale],
                )
            return
        self.check_files(files, overwrite=overwrite)
        # Files of an earlier run are known as long as the file stands that names them.
        self.remove(stale)
        written: list[str] = []
        try:
            for name, data in files.items():
                write(self.of(name), data, overwrite=overwrite)
                written.append(name)
        except BaseException:
            if not overwrite:
                self.remove(written)
            raise

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, and folders of Zarr, if they are there.

        Raises
        ------
        ImageWriteError
            If one cannot be removed.
        """
        for name in names:
            try:
                self._storage.remove(self.of(name))
            except OSError as error:
                raise ImageWriteError(f"{self.of(name)}: cannot be removed: {error}") from None

"""Files at URLs, as `smalti.batch.storage` asks for them.

One listing tells of all that lies below a folder. Whether something is there is asked only where a
name does not say enough.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from smalti import files
from smalti.batch.image_names import is_image_name
from smalti.batch.local_files import local_identity
from smalti.batch.natural_order import natural
from smalti.sources.tiles.open import is_zarr
from smalti.sources.tiles.zarr_folder import ZARR_FILES, is_zarr_at
from smalti.urls import (
    UrlParts,
    at_storage,
    identity_of,
    is_folder_at,
    kind_at,
    local_path,
    opened,
    parts_of,
    reason_of,
    remove,
    why_not_written,
)

__all__ = ["UrlEntry", "UrlFiles", "UrlListing"]

_PATTERN = re.compile(r"[*?[]")
# In the path of a web address a question mark begins a query, and brackets are those of a host.
_WEB_PATTERN = re.compile(r"\*")


class UrlFiles:
    """Files at URLs; see `smalti.batch.storage.Storage` for what the methods promise."""

    def identity(self, name: str) -> str:
        """Return the same for two spellings of one URL, and of a path and its URL."""
        path = local_path(name)
        return identity_of(name) if path is None else local_identity(path)

    def last(self, name: str) -> str:
        """Return the last part of a URL's path."""
        parts = parts_of(name)
        return unquote(parts.last) if parts.is_web else parts.last

    def parent(self, name: str) -> str:
        """Return the URL of the folder."""
        return parts_of(name).parent

    def joined(self, folder: str, *parts: str) -> str:
        """Return the URL of what lies in a folder."""
        return parts_of(folder).joined(*parts)

    def exists(self, name: str) -> bool:
        """Whether there is something at a URL."""
        try:
            return kind_at(name) is not None
        except Exception:  # what is wrong is told when it is read or written
            return False

    def is_folder(self, name: str) -> bool:
        """Whether there is a folder at a URL."""
        return is_folder_at(name)

    def is_tree(self, name: str, *, is_likely: bool) -> bool:
        """Whether a URL is that of a folder of files: a slash at the end says so.

        An ending says that it is none, as far as image files have it. Of others the storage is
        asked, if that is worth it.
        """
        if is_zarr(name):
            return False
        last = parts_of(name).path.rpartition("/")[2]
        return not last or (is_likely and not is_image_name(last) and self.is_folder(name))

    def matching(self, pattern: str) -> list[str]:
        """Return the URLs that a pattern stands for; none if it is no pattern.

        Those of folders end in a slash.
        """
        parts = parts_of(pattern)
        found = (_WEB_PATTERN if parts.is_web else _PATTERN).search(parts.path)
        if found is None or self.exists(pattern):
            return []
        base = parts._replace(path=parts.path[: found.start()].rpartition("/")[0])
        try:
            storage, path = opened(pattern)
            storage.invalidate_cache()
            matches = storage.glob(path, detail=True)
            inner = _Below(base)
            names = {inner.place(name): info["type"] for name, info in matches.items()}
        except Exception:  # what is wrong is told when the pattern is read as a name
            return []
        shown = names if "/." in pattern else {name for name in names if not _is_hidden(name)}
        ends = {name: "/" * (names[name] == "directory") for name in shown}
        return sorted((f"{base.joined(name)}{ends[name]}" for name in shown if name), key=natural)

    def listed(self, folder: str) -> list[str]:
        """Return all that lies in a folder; nothing if it cannot be read."""
        try:
            storage, path = opened(folder)
            storage.invalidate_cache(path)
            inner = _Below(parts_of(folder))
            names = sorted(inner.place(name) for name in storage.ls(path, detail=False))
        except Exception:  # what is wrong is told when a file in it is read
            return []
        return [inner.folder.joined(name) for name in names if name]

    def listing(self, folder: str) -> "UrlListing":
        """Return what lies in a folder and below."""
        return UrlListing(folder)

    def contents(self, name: str) -> bytes | None:
        """Return the contents of a file; None if they cannot be read."""
        try:
            storage, path = opened(name)
            return bytes(storage.cat_file(path))
        except Exception:  # what is wrong is told when it is written
            return None

    def ends(self, name: str, head: int, tail: int) -> bytes | None:
        """Return the first and the last bytes of a file; None if they cannot be read."""
        try:
            storage, path = opened(name)
            first = bytes(storage.cat_file(path, start=0, end=head))
            # Some servers send the whole in any case.
            return first[:head] + bytes(storage.cat_file(path, start=-tail))[-tail:]
        except FileNotFoundError:
            return None
        except Exception:  # storage that has no parts of files, or no such file
            whole = self.contents(name)
            return None if whole is None else whole[:head] + whole[-tail:]

    def no_folder(self, folder: str) -> str | None:
        """Return why no file can be put into a folder of this name; None if nothing is known."""
        return why_not_written(folder)

    def standing(self, _output: str) -> AbstractContextManager[bool]:
        """Tell that folders need not exist."""
        return nullcontext(True)

    def made(self, _output: str) -> AbstractContextManager[None]:
        """Make nothing: a file makes its folder."""
        return nullcontext()

    def is_older(self, _output: str, _name: str) -> bool:
        """Return False: times of different storage cannot be compared."""
        return False

    def write(
        self,
        output: str,
        data: bytes,
        *,
        overwrite: bool,
        finish: Callable[[Path], None] | None = None,
    ) -> None:
        """Write a file in one piece.

        There is no file before it has its name, so that nothing can be done with it by `finish`:
        `Plan` and `Destination` refuse what would ask for that.
        """
        del finish
        files.write(output, data, overwrite=overwrite)

    def write_all(
        self, contents: Mapping[str, bytes], *, overwrite: bool, stale: Sequence[str]
    ) -> None:
        """Remove stale files, and write others, each in one piece."""
        for name in contents:
            files.check_writable(name, overwrite=overwrite)
        # Stale ones are known as long as the file stands that names them.
        for name in stale:
            self.remove(name)
        written: list[str] = []
        try:
            for name, data in contents.items():
                files.write(name, data, overwrite=overwrite)
                written.append(name)
        except BaseException:
            if not overwrite:
                for name in written:
                    self.remove(name)
            raise

    def remove(self, name: str) -> None:
        """Remove a file, or a folder of Zarr, if it is there."""
        with at_storage():
            is_ours = kind_at(name) == "file" or is_zarr_at(name)
        if is_ours:
            remove(name, first=ZARR_FILES)

    def tidy(self, _output: str) -> None:
        """Remove nothing: what is not whole has no name."""


@dataclass(frozen=True)
class UrlEntry:
    """What lies in a folder at a URL.

    Attributes
    ----------
    name : str
        What a file here would be called.
    path : str
        The URL.
    is_folder : bool
    """

    name: str
    path: str
    is_folder: bool

    def is_file(self) -> bool:
        """Whether it is a file."""
        return not self.is_folder

    def is_dir(self, *, follow_symlinks: bool) -> bool:  # noqa: ARG002 - as that of `os.DirEntry`
        """Whether it is a folder."""
        return self.is_folder


class UrlListing:
    """A folder at a URL and all that lies below, which is listed once, when it is asked for.

    Attributes
    ----------
    odd : list of str
        URLs of files that have no place in a folder, such as those with ``..`` in their names.
    """

    def __init__(self, root: str) -> None:
        self._root = parts_of(root)
        self._folders: dict[str, dict[str, UrlEntry]] | None = None
        self.odd: list[str] = []

    @property
    def title(self) -> str:
        """The folder's own name."""
        last = self._root.last or self._root.path.strip("/")
        return unquote(last) if self._root.is_web else last

    @property
    def known(self) -> dict[str, list[str]]:
        """The files in each folder, if all have been listed."""
        folders = self._folders or {}
        return {
            folder: [entry.path for entry in entries.values() if entry.is_file()]
            for folder, entries in folders.items()
        }

    def entries(self, folder: str) -> Sequence[UrlEntry]:
        """Return what lies in a folder.

        Raises
        ------
        OSError
            If it cannot be read.
        """
        if self._folders is None:
            self._folders = self._listed()
        return list(self._folders.get(_key(folder), {}).values())

    def is_zarr(self, folder: str) -> bool:
        """Whether a folder is an image."""
        inside = {entry.name for entry in self.entries(folder)}
        return not inside.isdisjoint(ZARR_FILES)

    def _listed(self) -> dict[str, dict[str, UrlEntry]]:
        root = "".join(self._root)
        try:
            storage, path = opened(root)
            storage.invalidate_cache()
            inner = _Below(self._root)
            places = [inner.place(name) for name in storage.find(path)]
            if not places and not storage.isdir(path):
                raise FileNotFoundError("no such folder")
        except Exception as error:
            raise OSError(reason_of(error)) from error
        folders: dict[str, dict[str, UrlEntry]] = {}
        for place in places:
            # Some storage has files that stand for folders.
            if place and not place.endswith("/"):
                self._add(folders, place.split("/"))
        return folders

    def _add(self, folders: dict[str, dict[str, UrlEntry]], steps: list[str]) -> None:
        """Note a file and the folders that it lies in."""
        names = [unquote(step) for step in steps] if self._root.is_web else steps
        if not all(map(_is_name, names)):
            self.odd.append(self._root.joined(*steps))
            return
        folder = "".join(self._root)
        for depth, name in enumerate(names, 1):
            path = self._root.joined(*steps[:depth])
            entry = UrlEntry(name, path, is_folder=depth < len(steps))
            folders.setdefault(_key(folder), {}).setdefault(path, entry)
            folder = path


class _Below:
    """Says where files lie in a folder, by what the storage calls them."""

    def __init__(self, folder: UrlParts) -> None:
        self.folder = folder
        _, path = opened("".join(folder))
        self._start = f"{path.rstrip('/')}/"

    def place(self, name: str) -> str:
        """Return where a file lies in the folder; nothing if it is another one."""
        if name.startswith(self._start):
            return name[len(self._start) :]
        return ""


def _key(folder: str) -> str:
    parts = parts_of(folder)
    return "".join(parts._replace(path=parts.path.rstrip("/")))


def _is_hidden(place: str) -> bool:
    return any(step.startswith(".") for step in place.split("/"))


def _is_name(step: str) -> bool:
    """Whether a file or folder here can be called so, and lies in its folder then."""
    separators = {"/", "\0", os.sep, os.altsep or os.sep}
    return step not in ("", ".", "..") and separators.isdisjoint(step)

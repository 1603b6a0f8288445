"""Names of inputs and outputs on the command line: files, URLs, stdin and stdout."""

import glob
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

from smalti.batch.storage import identity, storage_of
from smalti.exceptions import ImageReadError, ImageWriteError
from smalti.urls import absolute, is_url, local_path

__all__ = [
    "STANDARD",
    "FilesRead",
    "absolute_pattern",
    "ending_of",
    "folder_in",
    "source_of",
    "stem_of",
    "write_output",
]

STANDARD = "-"
"""Stands for stdin as an input and for stdout as an output."""


class FilesRead:
    """The files that a command reads. It must neither overwrite nor remove them.

    Parameters
    ----------
    named : iterable of (str, str)
        Paths and URLs, and what they are: ``"the input"``. ``-`` is left out.
    """

    def __init__(self, named: Iterable[tuple[str, str]]) -> None:
        self._what: dict[tuple[int, int] | str, str] = {}
        self._named = tuple(named)
        for name, what in self._named:
            found = None if name == STANDARD else _mark(name)
            if found is not None:
                self._what.setdefault(found, f"{what} {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what another machine, on which files have other numbers, makes it of."""
        return FilesRead, (self._named,)

    def __contains__(self, target: Path | str) -> bool:
        return _mark(target) in self._what

    def refuse(self, target: Path | str) -> None:
        """Raise `ImageWriteError` if `target` is one of them, by whatever name."""
        found = _mark(target)
        if found in self._what:
            raise ImageWriteError(
                f"{target}: would be replaced or removed, but is {self._what[found]}; "
                "choose another folder with -o"
            )

    def refuse_animation(self, target: Path) -> None:
        """Raise `ImageWriteError` if `target` is one of them and has several frames or pages.

        A command that makes a still picture would lose the others.
        """
        if target not in self:
            return
        from smalti.sources.frames import frames_of_file

        frames = frames_of_file(target)
        if frames > 1:
            raise ImageWriteError(
                f"{target}: is an input of {frames} frames or pages and is not replaced by one "
                "picture; choose another name with -o"
            )


def _mark(target: Path | str) -> tuple[int, int] | str | None:
    """Return what all names of a file share: its device and number, or what its URL is for all.

    None if there is no file of this machine.
    """
    name = str(target)
    path = local_path(name) or name
    if is_url(path):
        return identity(path)
    try:
        status = Path(path).stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def folder_in(out: str, name: str) -> str:
    """Return a folder of its own for an input's results in `out`."""
    return storage_of(out).joined(out, stem_of(name, is_plain=not is_url(out)))


def stem_of(name: str, *, is_plain: bool = True) -> str:
    """Return what the names of an input's outputs begin with.

    `is_plain` says that what is percent-encoded in a URL becomes plain, as it always does in
    addresses of web servers.
    """
    return "stdin" if name == STANDARD else (_last(name, is_plain=is_plain).stem or "image")


def ending_of(name: str) -> str:
    """Return an input's ending without the dot."""
    return _last(name, is_plain=True).suffix[1:]


def absolute_pattern(name: str) -> str:
    """Return the absolute name of a file or pattern; what looks like one in the folder is none."""
    is_here = not is_url(name) and not Path(name).is_absolute()
    if not is_here or not glob.has_magic(name) or os.path.lexists(name):
        return absolute(name)
    return os.path.join(glob.escape(os.getcwd()), name)  # noqa: PTH109, PTH118


def _last(name: str, *, is_plain: bool) -> Path:
    """Return the last part of a name."""
    if not is_url(name):
        return Path(name)
    from urllib.parse import unquote

    last = storage_of(name).last(name)
    return Path(unquote(last) if is_plain else last)


def write_output(
    output: str,
    data: bytes,
    *,
    overwrite: bool,
    finish: Callable[[Path], None] | None = None,
) -> None:
    """Write to the file `output`, whole or not at all, or to stdout.

    `finish` is called with the file before it gets its name.
    """
    if output != STANDARD:
        storage_of(output).write(output, data, overwrite=overwrite, finish=finish)
        return
    if sys.__stdout__ is None:
        raise ImageWriteError("stdout: is closed")
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def source_of(name: str) -> "str | BinaryIO":
    """Return what the API reads: the path or URL itself, stdin for ``-``."""
    if name != STANDARD:
        return name
    if sys.stdin is None:
        raise ImageReadError("stdin: is closed")
    return sys.stdin.buffer

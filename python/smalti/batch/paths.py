"""Names of inputs and outputs on the command line: files, URLs, stdin and stdout."""

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO

from smalti.exceptions import ImageReadError, ImageWriteError
from smalti.files import write_atomically

__all__ = [
    "STANDARD",
    "FilesRead",
    "absolute",
    "folder_of",
    "identity",
    "path_in",
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
        Paths, and what they are: ``"the input"``. URLs and ``-`` are left out.
    """

    def __init__(self, named: Iterable[tuple[str, str]]) -> None:
        self._what: dict[tuple[int, int], str] = {}
        self._named = tuple(named)
        for name, what in self._named:
            is_url = "://" in name
            if name == STANDARD or (is_url and not name.startswith(("file://", "local://"))):
                continue
            found = _number(Path(path_in(name) if is_url else name))
            if found is not None:
                self._what.setdefault(found, f"{what} {name}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what another machine, on which files have other numbers, makes it of."""
        return FilesRead, (self._named,)

    def __contains__(self, target: Path) -> bool:
        return _number(target) in self._what

    def refuse(self, target: Path) -> None:
        """Raise `ImageWriteError` if `target` is one of them, by whatever name."""
        found = _number(target)
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


def _number(path: Path) -> tuple[int, int] | None:
    """Return device and number of a file, which all its names share; None if there is no file."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def folder_of(out: str, name: str, *, alone: bool, claimed: set[str]) -> Path:
    """Return the folder for the results of an input: `out`, or a folder of its own in it.

    Raises
    ------
    ImageWriteError
        If the results of another input go there.
    """
    folder = Path(out) if alone else Path(out) / stem_of(name)
    # Two spellings of one path are one folder.
    key = identity(str(folder))
    if key in claimed:
        raise ImageWriteError(f"{name}: would be written to {folder}, as another input is")
    claimed.add(key)
    return folder


def identity(path: str) -> str:
    """Return the same for two spellings of one path."""
    try:
        return os.path.normcase(os.path.realpath(path))
    except (OSError, ValueError):  # no file can have such a name
        return path


def stem_of(name: str) -> str:
    """Return what the names of an input's outputs begin with."""
    source = Path(path_in(name) if "://" in name else name)
    return "stdin" if name == STANDARD else (source.stem or "image")


def absolute(name: str) -> str:
    """Return a name that is the same in all folders; links stay."""
    return name if "://" in name else os.path.abspath(name)  # noqa: PTH100


def path_in(url: str) -> str:
    """Return the path of a URL."""
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(url).path)


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
        write_atomically(output, data, overwrite=overwrite, finish=finish)
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

"""Where each input's output goes."""

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import click

from smalti.exceptions import ImageReadError, ImageWriteError
from smalti.files import check_writable, is_folder, write_atomically

__all__ = ["STANDARD", "Destination", "FilesRead", "folder_of", "source_of", "write_output"]

STANDARD = "-"
"""Stands for stdin as an input and for stdout as an output."""


class Destination:
    """Names the output of each input: ``-o``, or beside the input with another suffix.

    Parameters
    ----------
    out : str or None
        A file, a folder (several inputs), ``-`` for stdout, or None.
    suffix : str
        What replaces the input's extension: ``-smalti.png``.
    inputs : sequence of str
        All inputs that have an output.
    others : sequence of str, default: ()
        What is read beside them.
    """

    def __init__(
        self, out: str | None, suffix: str, inputs: Sequence[str], others: Sequence[str] = ()
    ) -> None:
        self._suffix = suffix
        self._out = STANDARD if out is None and list(inputs) == [STANDARD] else out
        self._is_folder = out is not None and is_folder(out)
        if out is not None and out.endswith(("/", os.sep)) and not self._is_folder:
            raise click.BadParameter(f"-o {out}: this folder does not exist")
        if len(inputs) > 1 and self._out is not None and not self._is_folder:
            raise click.BadParameter(
                f"-o {out} must be an existing folder when there are {len(inputs)} inputs"
            )
        self._claims: dict[str, str] = {}
        self._read = FilesRead((name, "the input") for name in (*inputs, *others))

    @property
    def is_stdout(self) -> bool:
        """Whether stdout is where the picture goes."""
        return self._out == STANDARD

    @property
    def is_beside(self) -> bool:
        """Whether outputs go beside their inputs, under names that nobody has asked for."""
        return self._out is None

    def claim(self, name: str, *, overwrite: bool) -> str:
        """Return the output's path, or ``-``, once nothing is in its way.

        Raises
        ------
        ImageWriteError
            If the output exists already, cannot be written, is that of another input, or would
            replace an input of several frames.
        """
        output = self.of(name)
        if output == STANDARD:
            if sys.stdout.isatty():
                raise ImageWriteError(
                    f"{name}: a picture is not written to a terminal; use -o FILE, or pipe it on"
                )
            return output
        # Two spellings of one path are one file.
        key = os.path.normcase(os.path.realpath(output))
        if key in self._claims:
            raise ImageWriteError(
                f"{name}: would be written to {output}, as {self._claims[key]} is"
            )
        check_writable(output, overwrite=overwrite)
        self._read.refuse_animation(Path(output))
        self._claims[key] = name
        return output

    def of(self, name: str) -> str:
        """Return the output's path, or ``-``."""
        if self._out is not None and not self._is_folder:
            return self._out
        is_url = "://" in name
        source = Path(_path_in(name) if is_url else name)
        stem = _stem(name)
        if self._is_folder:
            folder = Path(self._out or "")
        else:
            folder = Path() if is_url or name == STANDARD else source.parent
        return str(folder / f"{stem}{self._suffix}")


class FilesRead:
    """The files that a command reads. It must neither overwrite nor remove them.

    Parameters
    ----------
    named : iterable of (str, str)
        Paths, and what they are: ``"the input"``. URLs and ``-`` are left out.
    """

    def __init__(self, named: Iterable[tuple[str, str]]) -> None:
        self._what: dict[tuple[int, int], str] = {}
        for name, what in named:
            is_url = "://" in name
            if name == STANDARD or (is_url and not name.startswith(("file://", "local://"))):
                continue
            found = _identity(Path(_path_in(name) if is_url else name))
            if found is not None:
                self._what.setdefault(found, f"{what} {name}")

    def refuse(self, target: Path) -> None:
        """Raise `ImageWriteError` if `target` is one of them, by whatever name."""
        found = _identity(target)
        if found in self._what:
            raise ImageWriteError(
                f"{target}: would be replaced or removed, but is {self._what[found]}; "
                "choose another folder with -o"
            )

    def refuse_animation(self, target: Path) -> None:
        """Raise `ImageWriteError` if `target` is one of them and has several frames or pages.

        A command that makes a still picture would lose the others.
        """
        if _identity(target) not in self._what:
            return
        from smalti.sources.frames import frames_of_file

        frames = frames_of_file(target)
        if frames > 1:
            raise ImageWriteError(
                f"{target}: is an input of {frames} frames or pages and is not replaced by one "
                "picture; choose another name with -o"
            )


def _identity(path: Path) -> tuple[int, int] | None:
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
    folder = Path(out) if alone else Path(out) / _stem(name)
    # Two spellings of one path are one folder.
    key = os.path.normcase(os.path.realpath(folder))
    if key in claimed:
        raise ImageWriteError(f"{name}: would be written to {folder}, as another input is")
    claimed.add(key)
    return folder


def _stem(name: str) -> str:
    source = Path(_path_in(name) if "://" in name else name)
    return "stdin" if name == STANDARD else (source.stem or "image")


def _path_in(url: str) -> str:
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(url).path)


def write_output(output: str, data: bytes, *, overwrite: bool) -> None:
    """Write to the file `output`, whole or not at all, or to stdout."""
    if output != STANDARD:
        write_atomically(output, data, overwrite=overwrite)
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

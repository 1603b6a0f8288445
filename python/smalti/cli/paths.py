"""Where each input's output goes."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

import typer

__all__ = ["STANDARD", "Destination", "read_standard_input"]

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
    inputs : list of str
        All inputs.
    """

    def __init__(self, out: str | None, suffix: str, inputs: list[str]) -> None:
        self._suffix = suffix
        self._out = STANDARD if out is None and inputs == [STANDARD] else out
        self._is_folder = out is not None and (Path(out).is_dir() or out.endswith(("/", os.sep)))
        if len(inputs) > 1 and self._out is not None and not self._is_folder:
            raise typer.BadParameter(
                f"-o {out} must be an existing folder when there are {len(inputs)} inputs"
            )
        if self._is_folder and not Path(out or "").is_dir():
            raise typer.BadParameter(f"-o {out}: this folder does not exist")

    def of(self, name: str) -> str:
        """Return the output's path, or ``-``."""
        if self._out is not None and not self._is_folder:
            return self._out
        is_url = "://" in name
        source = Path(unquote(urlsplit(name).path) if is_url else name)
        stem = "stdin" if name == STANDARD else (source.stem or "image")
        if self._is_folder:
            folder = Path(self._out or "")
        else:
            folder = Path() if is_url or name == STANDARD else source.parent
        return str(folder / f"{stem}{self._suffix}")


def read_standard_input(name: str) -> "str | bytes":
    """Return the input's name, or for ``-`` the contents of stdin."""
    import sys

    from smalti.images.read import read_bytes

    if name != STANDARD:
        return name
    return read_bytes(sys.stdin.buffer)[0]

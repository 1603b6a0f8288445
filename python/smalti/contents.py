"""The contents of files, URLs and file objects."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from smalti.exceptions import ImageReadError
from smalti.urls import is_folder_at, is_url, reason_missing, reason_of

__all__ = ["MAX_FILE_BYTES", "read_bytes"]

MAX_FILE_BYTES = 2**31
"""Longer files and streams are refused: they do not fit the memory that images are given."""

# Bytes read at a time: buffered files allocate all they are asked for.
_PIECE = 1 << 22


def read_bytes(source: Any) -> tuple[bytes, str]:
    """Return the contents of a path, URL, bytes or file object, and a name for messages."""
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), "the bytes given"
    if hasattr(source, "read"):
        name = getattr(source, "name", None)
        name = name if isinstance(name, str) else "the file object given"
    else:
        name = os.fspath(source)
    try:
        if hasattr(source, "read"):
            return _bounded(source.read, name), name
        if is_url(name):
            import fsspec

            with fsspec.open(name, "rb") as file:
                data = _bounded(file.read, name)
            if not data and is_folder_at(name):
                raise IsADirectoryError
            return data, name
        with Path(name).open("rb") as file:
            return _bounded(file.read, name), name
    except ImageReadError:
        raise
    except FileNotFoundError as error:
        raise _missing(name, error) from None
    except IsADirectoryError:
        raise _is_a_folder(name) from None
    except ImportError as error:
        reason = reason_of(error)
        raise ImageReadError(f"{name}: this kind of URL needs another package: {reason}") from None
    except Exception as error:  # fsspec's file systems raise errors of their own libraries
        raise ImageReadError(f"{name}: cannot be read: {reason_of(error)}") from error


def _missing(name: str, error: FileNotFoundError) -> ImageReadError:
    reason = reason_missing(name, error) if is_url(name) else "no such file"
    return _is_a_folder(name) if reason is None else ImageReadError(f"{name}: {reason}")


def _is_a_folder(name: str) -> ImageReadError:
    error = ImageReadError(f"{name}: is a folder, not a file")
    error.command_line = f"{error}; to name the files in it, type {name.rstrip('/')}/*.png"
    return error


def _bounded(read_some: Callable[[int], bytes], name: str) -> bytes:
    pieces = []
    left = MAX_FILE_BYTES + 1
    # A raw stream may hand out less than it is asked for.
    while piece := read_some(min(left, _PIECE)):
        if not isinstance(piece, bytes):
            kind = type(piece).__name__
            raise ImageReadError(f"{name}: must be opened in binary mode, got {kind}")
        pieces.append(piece)
        left -= len(piece)
        if left <= 0:
            raise ImageReadError(f"{name}: is longer than the {MAX_FILE_BYTES} bytes allowed")
    return b"".join(pieces)

"""What a file of smalti's says of how it was made, so that a later run does not make it again.

A few bytes at the end of the file: the first of a digest of the options, then, unless the file has
replaced its own input, the first of a digest of the input's contents. Programs that change the
picture drop them. So a file that still has them is as smalti made it.
"""

import os
from typing import NamedTuple

from smalti.batch.storage import storage_of
from smalti.formats.format import Format
from smalti.formats.marks import TAIL_BYTES
from smalti.formats.registry import format_of_bytes
from smalti.options import CompressOptions

__all__ = [
    "DIGEST_BYTES",
    "Marker",
    "digest_of",
    "digest_of_file",
    "marker_in",
    "marker_of_file",
    "options_digest",
]

DIGEST_BYTES = 4
"""Bytes of a digest in a marker. Two contents share them by chance once in four billion."""

# Bytes that tell a file's format.
_HEAD_BYTES = 16


class Marker(NamedTuple):
    """What a file was made with, and of what.

    Attributes
    ----------
    options : bytes
        The first bytes of `options_digest`.
    source : bytes or None
        The first bytes of `digest_of` the input; None if the file has replaced it.
    """

    options: bytes
    source: bytes | None

    def put_into(self, data: bytes, form: Format) -> bytes:
        """Return a file of the format with this marker."""
        return data if form.mark is None else form.mark(data, self.options + (self.source or b""))


def options_digest(options: CompressOptions, strip: str, *, shares_palette: bool = False) -> bytes:
    """Return the digest of all that decides on the bytes of an output beside its input."""
    shared = " shared palette" * shares_palette
    return digest_of(f"{options.digest()} {strip}{shared}".encode())


def digest_of(data: bytes) -> bytes:
    """Return the digest of a file's contents."""
    import hashlib

    return hashlib.sha256(data).digest()


def digest_of_file(path: str) -> bytes | None:
    """Return the digest of a file's contents; None if there is none, or it cannot be read."""
    contents = storage_of(path).contents(path)
    return None if contents is None else digest_of(contents)


def marker_in(data: bytes) -> Marker | None:
    """Return the marker of a file, given its contents, or beginning and end of them."""
    form = format_of_bytes(data[:_HEAD_BYTES])
    mark = form.mark_in(data[-TAIL_BYTES:]) if form is not None and form.mark_in else None
    if mark is None:
        return None
    return Marker(mark[:DIGEST_BYTES], mark[DIGEST_BYTES:] or None)


def marker_of_file(path: str | os.PathLike[str]) -> Marker | None:
    """Return the marker of a file; None if it has none, or cannot be read."""
    name = os.fspath(path)
    ends = storage_of(name).ends(name, _HEAD_BYTES, TAIL_BYTES)
    return None if ends is None else marker_in(ends)

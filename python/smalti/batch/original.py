"""An input as it was read: its contents, and what its file was like."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from smalti.batch.marker import digest_of
from smalti.batch.paths import STANDARD, source_of
from smalti.exceptions import ImageReadError, ImageWriteError
from smalti.urls import is_url

if TYPE_CHECKING:
    from smalti.formats.png_chunks import Chunk
    from smalti.sources.source_image import SourceImage

__all__ = ["HAS_FRAMES", "Original", "too_little_memory"]

HAS_FRAMES = "left out, it has several frames or pages; to compress the first, name it alone"
"""Why an animation or a stack that was found in a folder is left out."""


@dataclass(frozen=True)
class Original:
    """An input.

    Attributes
    ----------
    name : str
        Its path or URL, or ``-``.
    called : str
        What messages call it.
    data : bytes
        Its contents.
    status : os.stat_result or None
        What its file was like before it was read; None of what is no file.
    """

    name: str
    called: str
    data: bytes
    status: os.stat_result | None

    @classmethod
    def read(cls, name: str) -> "Original":
        """Read an input.

        Raises
        ------
        ImageReadError
            If there is nothing to be read.
        """
        from smalti.contents import read_bytes

        status = _status(name)
        data, called = read_bytes(source_of(name))
        return cls(name, called, data, status)

    @cached_property
    def digest(self) -> bytes:
        """The digest of its contents."""
        return digest_of(self.data)

    @cached_property
    def pixels(self) -> int:
        """How many pixels it says that it has."""
        from smalti.sources.header import pixels_in

        return pixels_in(self.data)

    @cached_property
    def has_frames(self) -> bool:
        """Whether it is an animation, or has several pages."""
        from smalti.sources.header import frames_in

        return frames_in(self.data) > 1

    def decoded(self, max_pixels: int | None) -> "SourceImage":
        """Return its image.

        Raises
        ------
        ImageReadError
            If it is none, or has too many pixels.
        """
        from smalti.sources import decode
        from smalti.sources.reading import Reading

        return decode.from_bytes(self.data, Reading(self.called, max_pixels))

    def metadata(self, strip: str) -> "list[Chunk]":
        """Return what a PNG file made of it says beside its pixels."""
        from smalti.sources.metadata import metadata_in

        return metadata_in(self.data, strip)

    def finish(self, *, replaced: bool, preserve: bool) -> Callable[[Path], None] | None:
        """Return what is done with the output before it gets its name.

        An input that has changed meanwhile is not replaced. To preserve is to give the output the
        input's times and mode.
        """
        before = self.status
        if before is None or not (replaced or preserve):
            return None

        def finish(temporary: Path) -> None:
            if replaced and not _is_same(before, _status(self.name)):
                raise ImageWriteError(
                    f"{self.name}: has changed while it was compressed, and is not replaced"
                )
            if preserve:
                temporary.chmod(stat.S_IMODE(before.st_mode))
                os.utime(temporary, ns=(before.st_atime_ns, before.st_mtime_ns))

        return finish


def too_little_memory(name: str) -> ImageReadError:
    """Return the error of an input that is too large."""
    return ImageReadError(f"{name}: there is not enough memory for this")


def _status(name: str) -> os.stat_result | None:
    if name == STANDARD or is_url(name):
        return None
    try:
        return Path(name).stat()
    except (OSError, ValueError):
        return None


def _is_same(before: os.stat_result, now: os.stat_result | None) -> bool:
    """Whether a file is the same, and has not been written to."""
    return now is not None and all(
        getattr(before, name) == getattr(now, name)
        for name in ("st_size", "st_mtime_ns", "st_ino", "st_dev")
    )

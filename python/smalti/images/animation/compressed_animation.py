"""A compressed animation."""

import os
from functools import cached_property
from typing import TYPE_CHECKING, cast

from smalti.exceptions import InvalidParameterError
from smalti.files import is_file_object, write
from smalti.images.animation.encode import Encoded
from smalti.images.animation.report import AnimationReport
from smalti.images.animation.scores import scores
from smalti.sources.animations.animated_file import AnimatedFile
from smalti.sources.animations.animation import Animation
from smalti.sources.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from smalti.files import Target

__all__ = ["CompressedAnimation"]

_SUFFIX = ".gif"


class CompressedAnimation:
    """An animation of few colours.

    ``smalti.compress_animation(...)`` makes one.

    Parameters
    ----------
    encoded : Encoded
        The file, and what became of its frames.
    source : Animation
        What it was made from; `report` reads it again.
    rate_weight, dither : float
        With which it was made.

    Attributes
    ----------
    shape : (int, int)
        Height and width.
    durations : list of float
        Milliseconds for which each frame is shown, multiples of 10.
    loop : int
        How often it is played; 0 for ever.
    rate_weight, dither : float
        As given.
    """

    def __init__(
        self, encoded: Encoded, source: Animation, *, rate_weight: float, dither: float
    ) -> None:
        self._file, self._facts = encoded
        self._source = source
        self.rate_weight, self.dither = rate_weight, dither
        self.durations = [facts.milliseconds for facts in self._facts]
        self.shape, self.loop = self._decoded.shape, self._decoded.plays

    @property
    def _decoded(self) -> AnimatedFile:
        # It has been checked how large it is.
        pixels = Reading("the compressed animation", max_pixels=2**40)
        return AnimatedFile(self._file, pixels, is_strict=True)

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self._facts)

    def __repr__(self) -> str:
        height, width = self.shape
        told = f"{width} x {height}, {len(self)} frames, {len(self._file):,} bytes"
        return f"<CompressedAnimation {told}>"

    def frames(self) -> "Iterator[NDArray[np.uint8]]":
        """Return what is shown, frame by frame.

        Returns
        -------
        iterator of uint8 arrays, shape (H, W, 4)
            sRGB with alpha.
        """
        for frame in self._decoded.frames():
            yield frame.pixels

    def to_bytes(self, format: str = "gif") -> bytes:  # noqa: A002 - Pillow's name for it
        """Return the file.

        Parameters
        ----------
        format : {"gif"}, default: "gif"

        Returns
        -------
        bytes

        Raises
        ------
        InvalidParameterError
            If the format is not "gif".
        """
        if format != "gif":
            raise InvalidParameterError(f"format must be 'gif' for animations, got {format!r}")
        return self._file

    def save(self, path: "Target", *, overwrite: bool = True) -> int:
        """Write the file, whole or not at all.

        Parameters
        ----------
        path : path or URL that ends in .gif, or binary file object
        overwrite : bool, default: True
            Whether an existing file may be replaced.

        Returns
        -------
        int
            Bytes written.

        Raises
        ------
        InvalidParameterError
            For another ending.
        ImageWriteError
            If the file exists and may not be overwritten, or cannot be written.
        """
        if not is_file_object(path):
            name = os.fspath(cast("str", path))
            if not name.lower().endswith(_SUFFIX):
                raise InvalidParameterError(f"{name}: animations are written as {_SUFFIX}")
        return write(path, self._file, overwrite=overwrite)

    @cached_property
    def _scores(self) -> list[float]:
        originals = (frame.pixels for frame in self._source.frames())
        return scores(originals, self.frames())

    def report(self) -> AnimationReport:
        """Return bytes and score of each frame; the source is read once more.

        Returns
        -------
        AnimationReport

        Raises
        ------
        ImageReadError
            If it cannot be read again.
        """
        return AnimationReport(len(self._file), tuple(self._facts), self._scores)

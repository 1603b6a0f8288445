"""Images in a row as an animation."""

import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from smalti.exceptions import InvalidParameterError
from smalti.sources.animations.animation import Frame
from smalti.sources.read import read

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from smalti.sources.note import Note
    from smalti.sources.read import ImageSource
    from smalti.sources.source_image import SourceImage

__all__ = ["ImagesInRow"]

_OPAQUE = 255


class ImagesInRow:
    """Images of one size; see `smalti.sources.animations.animation.Animation`.

    Parameters
    ----------
    images : iterable of images
        Those of an iterator, which can be had only once, are kept in a temporary file.
    milliseconds : float
        How long each is shown.
    max_pixels : int, optional

    Raises
    ------
    InvalidParameterError
        If there is none.
    ImageReadError
        If the first cannot be read.
    """

    has_gif_delays = False
    plays = 0

    def __init__(
        self, images: "Iterable[ImageSource]", milliseconds: float, max_pixels: int | None = None
    ) -> None:
        self.notes: list[Note] = []
        self._milliseconds, self._max_pixels = milliseconds, max_pixels
        is_lasting = isinstance(images, Sequence | np.ndarray)
        self._images: Any = images if is_lasting else _Kept(map(self._read, images))
        first = next(self._read_images(), None)
        if first is None:
            raise InvalidParameterError("frames: there is none")
        self.name = first[0]
        self.shape: tuple[int, int] = first[1].shape[:2]

    def frames(self) -> Iterator[Frame]:
        """See `Animation`."""
        for name, pixels in self._read_images():
            if pixels.shape[:2] != self.shape:
                height, width = pixels.shape[:2]
                raise InvalidParameterError(
                    f"{name}: is {width} x {height}, but the first frame is "
                    f"{self.shape[1]} x {self.shape[0]}; frames must have one size"
                )
            yield Frame(pixels, self._milliseconds)

    def _read_images(self) -> "Iterator[tuple[str, NDArray[np.uint8]]]":
        if isinstance(self._images, _Kept):
            yield from self._images
        else:
            yield from map(self._read, self._images)

    def _read(self, image: "ImageSource") -> "tuple[str, NDArray[np.uint8]]":
        source = read(image, max_pixels=self._max_pixels)
        for note in source.notes:
            if note not in self.notes:
                self.notes.append(note)
        return source.name, _in_8_bits(source)


class _Kept:
    """Pictures of an iterator in a temporary file."""

    def __init__(self, pictures: "Iterator[tuple[str, NDArray[np.uint8]]]") -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lasts as long as this
        weakref.finalize(self, self._file.close)
        self._told: list[tuple[str, tuple[int, ...]]] = []
        for name, pixels in pictures:
            self._file.write(pixels.tobytes())
            self._told.append((name, pixels.shape))

    def __iter__(self) -> "Iterator[tuple[str, NDArray[np.uint8]]]":
        at = 0
        for name, shape in self._told:
            self._file.seek(at)
            length = int(np.prod(shape))
            at += length
            yield name, np.frombuffer(self._file.read(length), np.uint8).reshape(shape)


def _in_8_bits(source: "SourceImage") -> "NDArray[np.uint8]":
    """Return pixels of 8 bits with alpha."""
    pixels: Any = source.pixels
    if pixels.dtype == np.uint16:
        pixels = ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if pixels.shape[2] == 3:
        pixels = np.concatenate([pixels, np.full_like(pixels[..., :1], _OPAQUE)], axis=2)
    return np.ascontiguousarray(pixels)

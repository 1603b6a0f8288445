"""Frames of animated files: the core for GIF and APNG, libwebp through Pillow for WebP.

The core draws frames as players do, with disposal and blending. Pillow pastes where APNG blends,
and fills what GIF restores to the background with a colour that browsers do not show.
"""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from smalti import _core
from smalti.exceptions import ImageReadError
from smalti.raw_array import RawArray
from smalti.sources.animations.animation import Frame
from smalti.sources.gif_webp import is_gif
from smalti.sources.note import UNREAD, Note
from smalti.sources.reading import Reading
from smalti.validation import pixel_limit

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

__all__ = ["AnimatedFile", "AnimatedPillow"]

_BYTES_PER_PIXEL = 4


class AnimatedFile:
    """A GIF or APNG file in memory; see `smalti.sources.animations.animation.Animation`.

    Parameters
    ----------
    data : bytes
    reading : Reading
    is_strict : bool
        Whether a damaged file is refused though its first frames can be read.

    Raises
    ------
    ImageReadError
        If its first frame cannot be read, or it is too large.
    """

    def __init__(self, data: bytes, reading: Reading, *, is_strict: bool) -> None:
        self.name = reading.name
        self.notes: list[Note] = []
        self.has_gif_delays = is_gif(data)
        self._data, self._is_strict = data, is_strict
        self._max_bytes = _BYTES_PER_PIXEL * pixel_limit(reading.max_pixels)
        if not self.has_gif_delays:
            # PNG tells its sides in the same place always.
            width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
            reading.check_pixels(width, height)
        reader = self._reader()
        self.shape, self.plays = reader.shape, reader.plays

    def _reader(self) -> _core.AnimationReader:
        try:
            return _core.AnimationReader(self._data, self._max_bytes)
        except ImageReadError as error:
            raise error.of(self.name) from None

    def frames(self) -> Iterator[Frame]:
        """See `Animation`. Without strictness frames end where the damage begins, with a note."""
        reader, count = self._reader(), 0
        while True:
            try:
                found = reader.next_frame()
            except ImageReadError as error:
                if self._is_strict or not count:
                    raise error.of(self.name) from None
                self._note(count, reader.frames)
                return
            if found is None:
                return
            count += 1
            pixels, milliseconds = found
            yield Frame(RawArray(*pixels).array(), milliseconds)

    def _note(self, count: int, expected: int) -> None:
        text = f"{self.name}: is damaged after frame {count} of {expected}, and ends there"
        if not self.notes:
            self.notes.append(Note(UNREAD, text))


class AnimatedPillow:
    """A Pillow image of several frames, or a WebP file.

    Parameters
    ----------
    source : bytes or Pillow image
    reading : Reading
    """

    has_gif_delays = False

    def __init__(self, source: "bytes | Image.Image", reading: Reading) -> None:
        self.name = reading.name
        self.notes: list[Note] = []
        self._source, self._reading = source, reading
        image = self._opened()
        width, height = image.size
        reading.check_pixels(width, height)
        self.shape = height, width
        # Pillow tells WebP's count of plays; a GIF without one is played once.
        self.plays = int(image.info.get("loop", 1))

    def _opened(self) -> "Image.Image":
        from PIL import Image

        if not isinstance(self._source, bytes):
            return self._source
        with self._reading.decoding():
            return Image.open(io.BytesIO(self._source))

    def frames(self) -> Iterator[Frame]:
        """See `Animation`."""
        image = self._opened()
        for number in range(getattr(image, "n_frames", 1)):
            with self._reading.decoding():
                image.seek(number)
                image.load()
                pixels = _rgba(image)
            yield Frame(pixels, float(image.info.get("duration", 0)))


def _rgba(image: "Image.Image") -> "np.ndarray":
    import numpy as np

    return np.asarray(image.convert("RGBA"))

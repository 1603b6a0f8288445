"""One file while it is read: what to call it, how large it may be, what is noted on the way."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from smalti.exceptions import Advice, ImageReadError
from smalti.sources.note import FRAMES, PROFILE, Note
from smalti.sources.pixel_limit import pixels_limited
from smalti.validation import pixel_limit

__all__ = ["Reading"]


@dataclass(frozen=True)
class Reading:
    """What the steps of reading a file hand on to each other.

    Attributes
    ----------
    name : str
        What messages call the file.
    max_pixels : int or None
        Pixels that it may have; None for ``2 * PIL.Image.MAX_IMAGE_PIXELS``.
    notes : list of Note
        What there is to tell; steps add to it.
    """

    name: str
    max_pixels: int | None = None
    notes: list[Note] = field(default_factory=list)

    def note(self, kind: str, text: str) -> None:
        """Add a note; `text` goes on after the file's name."""
        self.notes.append(Note(kind, f"{self.name}: {text}"))

    def note_frames(self, frames: int) -> None:
        """Note that there are further frames or pages than the first."""
        self.note(FRAMES, f"has {frames} frames or pages; only the first is read")

    def note_profile(self, reason: str) -> None:
        """Note that what the file says of its colours cannot be used."""
        self.note(
            PROFILE, f"its colour profile cannot be used ({reason}); colours are taken as sRGB"
        )

    def check_pixels(self, width: int, height: int) -> None:
        """Raise `ImageReadError` if the image has more pixels than it may have."""
        limit = pixel_limit(self.max_pixels)
        if width * height > limit:
            raise self._too_large(limit)

    @contextmanager
    def decoding(self) -> Iterator[None]:
        """Turn whatever a decoder raises into one sentence.

        Decoders of damaged files raise whatever they stumble over. What they warn of is left to
        the caller's filters: silencing it here would change those of all threads.
        """
        try:
            with pixels_limited(self.max_pixels):
                yield
        except ImageReadError:
            raise
        except MemoryError:
            raise ImageReadError(f"{self.name}: does not fit in memory") from None
        except Exception as error:
            refused = self._refused(error)
            if refused is not None:
                raise refused from None
            reason = str(error) or type(error).__name__
            raise ImageReadError(f"{self.name}: is damaged: {reason}") from error

    def _refused(self, error: Exception) -> ImageReadError | None:
        """Return the sentence for what Pillow does not decode; None for what is damaged."""
        from PIL import Image, UnidentifiedImageError

        if isinstance(error, Image.DecompressionBombError):
            return self._too_large(pixel_limit(self.max_pixels))
        if isinstance(error, UnidentifiedImageError):
            return ImageReadError(f"{self.name}: is not an image that can be read")
        return None

    def _too_large(self, limit: int) -> ImageReadError:
        where = "PIL.Image.MAX_IMAGE_PIXELS" if self.max_pixels is None else "max_pixels"
        return ImageReadError(
            f"{self.name}: has more than the {limit:,} pixels allowed; if you trust it,",
            advice=Advice(python=f"raise {where}", command_line="use --max-pixels"),
        )

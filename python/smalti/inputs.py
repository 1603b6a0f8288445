"""Reading the images that callers of the Python API pass, and warning them of notes."""

import sys
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

from smalti.exceptions import ImageReadWarning, InvalidParameterError
from smalti.sources.note import Note
from smalti.sources.provenance import Provenance
from smalti.sources.read import read
from smalti.sources.source_image import SourceImage

if TYPE_CHECKING:
    from smalti.sources.read import ImageSource

__all__ = ["read_input", "read_original", "read_samples", "warn_of"]


def read_input(source: "ImageSource", *, max_pixels: int | None = None) -> SourceImage:
    """Read an image as `smalti.sources.read.read` does, and warn of its notes.

    A SourceImage was read before: who read it knows its notes.

    Warns
    -----
    ImageReadWarning
        For each note.
    """
    image = read(source, max_pixels=max_pixels)
    if image is not source:
        warn_of(image.notes)
    return image


def read_samples(source: "ImageSource", space: str | None, nodata: float | None) -> SourceImage:
    """Read an image or bands as `smalti.sources.samples.Samples` does, and warn of its notes.

    Warns
    -----
    ImageReadWarning
        For each note.
    """
    from smalti.sources.samples import Samples

    image = Samples(source, space, nodata).read()
    if not isinstance(source, SourceImage):
        warn_of(image.notes)
    return image


def read_original(original: "ImageSource | None", provenance: Provenance | None) -> SourceImage:
    """Return the original of a result: the one given, or what its provenance reads again.

    Raises
    ------
    InvalidParameterError
        If there is neither.
    ImageReadError
        If it cannot be read, or is not what it was.
    """
    if original is not None:
        return read_input(original)
    if provenance is None:
        raise InvalidParameterError(
            "there is no original to compare with: the picture was loaded from a file; pass an "
            "original"
        )
    return provenance.read()


def warn_of(notes: Iterable[Note], category: type[Warning] = ImageReadWarning) -> None:
    """Warn of each note, as at the line that called smalti."""
    for note in notes:
        warnings.warn(note.text, category, stacklevel=_callers_level())


def _callers_level() -> int:
    """Return the `stacklevel`, for a warning in the calling function, of the first line outside."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__", "")):
        level, frame = level + 1, frame.f_back
    return level


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == "smalti"

"""Reading inputs: what there is to tell of a file is printed, and the API gets what was read."""

from typing import TYPE_CHECKING

from smalti.batch.paths import source_of
from smalti.cli.console import print_notes
from smalti.cli.silence import silent_libraries

if TYPE_CHECKING:
    from smalti.sources.reading import Reading
    from smalti.sources.source_image import SourceImage

__all__ = ["read_file", "read_image", "read_samples"]


def read_image(name: str, max_pixels: int | None) -> "SourceImage":
    """Read the image that an argument names.

    Raises
    ------
    ImageReadError
        As `smalti.sources.read.read`.
    """
    from smalti.sources.read import read

    with silent_libraries():
        image = read(source_of(name), max_pixels=max_pixels)
    print_notes(image.notes)
    return image


def read_samples(
    name: str, max_pixels: int | None, space: str | None, nodata: float | None
) -> "SourceImage":
    """Read the image or the bands that an argument names.

    Raises
    ------
    ImageReadError, MissingExtraError
        As `smalti.sources.samples.Samples.read`.
    """
    from smalti.sources.samples import Samples

    with silent_libraries():
        image = Samples(source_of(name), space, nodata).read(max_pixels)
    print_notes(image.notes)
    return image


def read_file(name: str, max_pixels: int | None) -> "tuple[bytes, Reading]":
    """Read the contents of the file that an argument names, and return how to go on with them.

    Raises
    ------
    ImageReadError
        If there is nothing to be read.
    """
    from smalti.contents import read_bytes
    from smalti.sources.reading import Reading

    data, called = read_bytes(source_of(name))
    return data, Reading(called, max_pixels)

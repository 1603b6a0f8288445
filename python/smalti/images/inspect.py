"""What an image file holds, without changing anything."""

from dataclasses import dataclass
from typing import Any

from smalti import _core
from smalti.formats.pictures.png import FORMAT as PNG
from smalti.formats.registry import format_of_bytes
from smalti.images import load
from smalti.images.blocks.block_image import BlockImage
from smalti.images.compressed_image import CompressedImage
from smalti.inputs import warn_of
from smalti.sources import decode
from smalti.sources.indexed import indexed_from_bytes
from smalti.sources.pillow import opened
from smalti.sources.read import ImageSource
from smalti.sources.reading import Reading

__all__ = ["Inspection", "from_bytes", "inspect"]


@dataclass(frozen=True)
class Inspection:
    """An image file's facts.

    Attributes
    ----------
    format : str
        ``PNG``, ``JPEG``, ``npz``, ...
    width, height : int
        Pixels, upright.
    colors : int
        Entries of the palette of an indexed image, or of a codebook of blocks, else distinct
        colours.
    file_bytes : int
        Length of the file.
    original_bits : int
        Bits that the picture takes uncompressed.
    image : CompressedImage, BlockImage or None
        The picture, if the file is indexed, or a WebP or a grey PNG of at most 256 colours.
    """

    format: str
    width: int
    height: int
    colors: int
    file_bytes: int
    original_bits: int
    image: CompressedImage | BlockImage | None

    def to_dict(self) -> dict[str, Any]:
        """Return the facts by name, with the report's figures for an indexed image."""
        facts: dict[str, Any] = {
            "format": self.format,
            "width": self.width,
            "height": self.height,
            "colors": self.colors,
            "input_bytes": self.file_bytes,
            "original_bits": self.original_bits,
        }
        if isinstance(self.image, BlockImage):
            facts["block"] = list(self.image.block)
        figures = self.image.report().to_dict() if self.image else {}
        return facts | {name: value for name, value in figures.items() if value is not None}


def inspect(file: ImageSource, *, max_pixels: int | None = None) -> Inspection:
    """Tell what an image file holds.

    Parameters
    ----------
    file : path, URL, bytes or binary file object
    max_pixels : int, optional
        As in `smalti.load`.

    Returns
    -------
    Inspection

    Raises
    ------
    ImageReadError
        If the file cannot be read as an image.
    InvalidParameterError
        If `max_pixels` is below 1.

    Warns
    -----
    ImageReadWarning
        If there is more in the file than the picture.
    """
    data, reading = load.begin(file, max_pixels)
    found = from_bytes(data, reading)
    warn_of(reading.notes)
    return found


def from_bytes(data: bytes, reading: Reading) -> Inspection:
    """Tell what a file's contents hold."""
    form = format_of_bytes(data)
    if form is not None and form.decode is not None:
        return _of_indexed(form.title, data, load.from_bytes(data, reading))
    title = "PNG" if form is PNG else str(opened(data, reading).format)
    collects = form is not None and load.stores_no_palette(data, form)
    found = None if collects else indexed_from_bytes(data, reading)
    if found is not None:
        return _of_indexed(title, data, load.of_indexed(found, reading.name))
    source = decode.from_bytes(data, reading)
    height, width = source.pixels.shape[:2]
    few = load.of_few_colors(source, form) if form is not None and collects else None
    colors = few.k if few else _core.count_colors(source.pixels)
    return Inspection(title, width, height, colors, len(data), source.original_bits, few)


def _of_indexed(title: str, data: bytes, image: CompressedImage | BlockImage) -> Inspection:
    height, width = image.shape
    return Inspection(title, width, height, image.k, len(data), image.original_bits, image)

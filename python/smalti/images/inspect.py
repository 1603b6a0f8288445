"""What an image file holds, without changing anything."""

from dataclasses import dataclass
from typing import Any

from smalti import _core
from smalti.images import load
from smalti.images.blocks.block_image import BlockImage
from smalti.images.compressed_image import CompressedImage
from smalti.sources import decode
from smalti.sources.read import ImageSource, read_bytes

__all__ = ["Inspection", "inspect"]


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
        The picture, if the file is indexed or a WebP of at most 256 colours.
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


def inspect(file: ImageSource) -> Inspection:
    """Tell what an image file holds.

    Parameters
    ----------
    file : path, URL, bytes or binary file object

    Raises
    ------
    ImageReadError
        If the file cannot be read as an image.
    """
    data, name = read_bytes(file)
    opened_image = None if load.is_npz(data) else decode.opened(data, name)
    format_name = "npz" if opened_image is None else str(opened_image.format)
    if opened_image is None or opened_image.mode == "P":
        indexed = load.from_bytes(data, name)
        height, width = indexed.shape
        bits = indexed.original_bits
        return Inspection(format_name, width, height, indexed.k, len(data), bits, indexed)
    source = decode.from_bytes(data, name)
    height, width = source.pixels.shape[:2]
    image = load.of_few_colors(source) if format_name == "WEBP" else None
    colors = image.k if image else _core.count_colors(source.pixels)
    return Inspection(format_name, width, height, colors, len(data), source.original_bits, image)

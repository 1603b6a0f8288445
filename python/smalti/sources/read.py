"""Reading images: any source becomes sRGB pixels and what is known of their origin.

A source is a path, a URL of any scheme that fsspec knows (http, https, s3, memory, ...),
bytes, a binary file object, a Pillow image or an array.
"""

import os
from dataclasses import replace
from typing import IO, TYPE_CHECKING, TypeAlias, cast

from smalti.contents import read_bytes
from smalti.sources.note import RANGE, Note
from smalti.sources.source_image import SourceImage
from smalti.urls import absolute
from smalti.validation import whole_number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from PIL import Image

    from smalti.sources.reading import Reading

__all__ = [
    "ImageSource",
    "decoded",
    "read",
    "with_range",
]

# The largest samples of images of 8 bits and of 12, which cameras write into 16.
_EIGHT_BITS, _TWELVE_BITS = 255, 4095

ImageSource: TypeAlias = (
    "str | os.PathLike[str] | bytes | IO[bytes] | Image.Image | SourceImage | ArrayLike"
)


def read(source: ImageSource, *, max_pixels: int | None = None) -> SourceImage:
    """Read an image from wherever it is.

    Parameters
    ----------
    source : path, URL, bytes, binary file object, Pillow image, array or SourceImage
        Arrays, and lists, have shape (H, W) or (H, W, C), C being 1 to 4 (grey, grey and alpha,
        RGB or RGBA), and dtype uint8, uint16, bool, float (0 to 1) or any other of whole numbers:
        8 bits up to 255, else 16. Masked pixels and NaN become fully transparent. Files
        may be .npy, or .npz of one array. Of animations and stacks the first picture is read, with
        a note.
        A SourceImage is returned as it is.
    max_pixels : int, optional
        Pixels that a file or a Pillow image may have, at least 1: a guard against decompression
        bombs. Default: ``2 * PIL.Image.MAX_IMAGE_PIXELS``, which is 178,956,970 unless changed.

    Returns
    -------
    SourceImage
        ICC profiles are converted to sRGB and EXIF orientation is applied; 16-bit files stay
        16-bit. What there is to tell is in its notes; nothing is warned of here.

    Raises
    ------
    ImageReadError
        If the source cannot be reached, is not an image, is damaged, or exceeds `max_pixels` or
        `smalti.contents.MAX_FILE_BYTES`.
    InvalidParameterError
        If an array has another shape, dtype or range of values, or `max_pixels` is below 1.
    """
    from smalti.sources.reading import Reading

    if max_pixels is not None:
        max_pixels = whole_number("max_pixels", max_pixels, 1)
    if isinstance(source, SourceImage):
        return source
    is_name = isinstance(source, str | os.PathLike)
    if is_name or isinstance(source, bytes | bytearray | memoryview) or hasattr(source, "read"):
        data, name = read_bytes(source)
        image = decoded(data, Reading(name, max_pixels))
        return replace(image, given=absolute(name) if is_name else data)
    from PIL import Image

    from smalti.sources.arrays import from_array
    from smalti.sources.pillow import from_pillow

    if isinstance(source, Image.Image):
        reading = Reading("the Pillow image", max_pixels)
        if max_pixels is not None:
            reading.check_pixels(*source.size)
        return replace(from_pillow(source, reading), given=source)
    return replace(from_array(cast("ArrayLike", source)), given=source)


def decoded(data: bytes, reading: "Reading") -> SourceImage:
    """Return the image of a file's contents, with what there is to tell of it."""
    from smalti.sources import decode

    return with_range(decode.from_bytes(data, reading))


def with_range(image: SourceImage) -> SourceImage:
    """Return the image of a file with a note if its samples of 16 bits use 12 bits only."""
    if image._as_made("pixels").dtype != "uint16":
        return image
    largest = int(image.pixels[..., :3].max())
    if not _EIGHT_BITS < largest <= _TWELVE_BITS:
        return image
    text = (
        f"{image.name}: uses only 0 to {largest} of 65535 levels and looks nearly black; if "
        f"{_TWELVE_BITS} is white, pass its samples divided by {_TWELVE_BITS} as an array"
    )
    return replace(image, notes=(*image.notes, Note(RANGE, text)))

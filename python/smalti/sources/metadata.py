"""What a file of any format says beside its pixels, as the chunks of a PNG that is made of it."""

import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from smalti.formats.pictures.png import FORMAT as PNG
from smalti.formats.png_chunks import Chunk, chunk_of
from smalti.sources.gif_webp import is_gif_or_webp
from smalti.sources.orientation import TURNED, UPRIGHT, exif_upright, orientation_of
from smalti.sources.pixel_limit import header_opened
from smalti.sources.png_metadata import kept_metadata, pixel_size_chunk, xmp_chunk

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["metadata_in"]

_EXIF_PREFIX = b"Exif\0\0"
_RESOLUTION_TAG = 0x011A


def metadata_in(data: bytes, strip: str) -> list[Chunk]:
    """Return what a file says that holds for a PNG made of it, too.

    Parameters
    ----------
    data : bytes
        The file: PNG, or what Pillow reads of others: JPEG, TIFF, WebP and their like.
    strip : {"none", "safe", "all"}
        With ``"none"`` EXIF, XMP and the size of pixels (DPI) are kept, with ``"safe"`` the size of
        pixels, with ``"all"`` nothing. Of PNG more is kept: see `kept_metadata`.

    Returns
    -------
    list of Chunk
        For `smalti.formats.png_chunks.with_chunks`. Orientations are upright.
    """
    if PNG.sniff(data) or strip == "all":
        return kept_metadata(data, strip)
    if strip == "safe" and is_gif_or_webp(data):
        # They tell no size of pixels.
        return []
    info: dict[Any, Any] = {}
    orientation = UPRIGHT
    # What cannot be opened is told when pixels are read.
    with suppress(Exception), header_opened(io.BytesIO(data)) as image:
        info, orientation = image.info, orientation_of(image)
        if _is_dpi_made_up(image):
            info.pop("dpi", None)
    exif = info.get("exif")
    exif = exif.removeprefix(_EXIF_PREFIX) if isinstance(exif, bytes) else b""
    chunks = []
    size = pixel_size_chunk(info.get("dpi"), turned=orientation in TURNED)
    if size is not None:
        chunks.append(size)
    if strip == "none":
        upright = exif_upright(exif) if exif else None
        if upright is not None:
            chunks.append(chunk_of(b"eXIf", upright))
        xmp = info.get("xmp")
        if isinstance(xmp, bytes):
            chunks.append(xmp_chunk(xmp, orientation))
    return chunks


def _is_dpi_made_up(image: "Image.Image") -> bool:
    """Whether Pillow tells dots per inch, 72, that a JPEG file does not tell."""
    is_told = image.info.get("jfif_unit") or _RESOLUTION_TAG in image.getexif()
    return image.format == "JPEG" and not is_told

"""The first picture of GIF and WebP files, decoded by the core where its decoders are exact."""

from smalti import _core
from smalti.exceptions import ImageReadError
from smalti.formats.pictures.webp import FORMAT as WEBP
from smalti.sources.reading import Reading
from smalti.sources.upright import Upright

__all__ = ["header_of", "is_gif", "is_gif_or_webp", "upright_of"]

_GIF = (b"GIF87a", b"GIF89a")
_BYTES_PER_PIXEL = 4


def is_gif(data: bytes) -> bool:
    """Whether a file begins as GIF files do."""
    return data.startswith(_GIF)


def is_gif_or_webp(data: bytes) -> bool:
    """Whether a file begins as GIF or WebP files do."""
    return is_gif(data) or WEBP.sniff(data)


def header_of(data: bytes) -> tuple[int, int, int] | None:
    """Return width, height and number of frames of a sound GIF or WebP file; None of others."""
    if not is_gif_or_webp(data):
        return None
    try:
        return _core.read_header(data)
    except ImageReadError:
        return None


def upright_of(data: bytes, reading: Reading) -> Upright | None:
    """Decode a GIF or WebP file held in memory.

    Returns
    -------
    Upright or None
        None if it is to be left to Pillow: a file of another kind, an animated WebP, or one that is
        damaged or unusual.

    Raises
    ------
    ImageReadError
        If it is too large.
    """
    header = header_of(data)
    if header is None:
        return None
    width, height, _ = header
    reading.check_pixels(width, height)
    with reading.decoding():
        try:
            decoded = _core.decode_first(data, _BYTES_PER_PIXEL * width * height)
        except ImageReadError:
            return None
        return Upright.of(decoded, reading)

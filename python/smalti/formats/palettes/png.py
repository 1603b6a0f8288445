"""PNG: a row of pixels, one for each colour; and the colours of any PNG.

An indexed PNG gives its palette, used or not, in its order. Any other gives its distinct colours in
the order in which they first appear, row by row: colours that stand in a row twice are read once.
Samples of 16 bits are read by their upper 8, and profiles are not looked at.
"""

import io
import struct
import sys
from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from smalti.colors import Color
from smalti.exceptions import ImageReadError
from smalti.formats.palette_format import PaletteFormat, Swatches
from smalti.formats.palette_reading import MAX_COLORS, damage_told
from smalti.formats.png_chunks import END, SIGNATURE, chunks_in

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["FORMAT"]


# Pixels of a picture that is decoded: 1024 x 1024.
_MAX_PIXELS = 1 << 20

# Width, height, bits of a sample and kind of the colours; three more bytes follow.
_HEADER = struct.Struct(">IIBB3x")
_GREY, _RGB, _INDEXED = 0, 2, 3

_MAX = 255


def _encode(swatches: Swatches) -> bytes:
    from PIL import Image

    colors = swatches.colors
    channels = 3 if all(color.alpha == _MAX for color in colors) else 4
    pixels = b"".join(bytes(color[:channels]) for color in colors)
    buffer = io.BytesIO()
    image = Image.frombytes("RGB" if channels == 3 else "RGBA", (len(colors), 1), pixels)
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _decode(data: bytes, name: str) -> Swatches:
    with damage_told(name):
        bodies = _bodies(data)
        width, height, depth, kind = _HEADER.unpack(bodies[b"IHDR"])
        clear = bodies.get(b"tRNS", b"")
        if kind == _INDEXED:
            return Swatches(tuple(_palette(bodies.get(b"PLTE", b""), clear)))
        if width * height > _MAX_PIXELS:
            raise ImageReadError(
                f"{name}: has {width * height:,} pixels, but colours are read from PNG files of at "
                f"most {_MAX_PIXELS:,} pixels, or of any size with a palette"
            )
        if clear and depth == 16:
            raise ImageReadError(
                f"{name}: has samples of 16 bits and a clear colour, which are not read together"
            )
        clear_color = _clear_color(clear, depth, kind)
        colors = _distinct_colors(data)
        return Swatches(
            tuple(color._replace(alpha=0) if color == clear_color else color for color in colors)
        )


def _bodies(data: bytes) -> dict[bytes, bytes]:
    """Return what the chunks that are looked at say, by their kinds."""
    if not data.startswith(SIGNATURE):
        raise ValueError("it does not begin as a PNG file does")
    chunks = list(chunks_in(data))
    if not chunks or chunks[0].kind != b"IHDR" or chunks[-1].kind != END:
        raise ValueError("it has no whole chunks from its header to its end")
    looked_at = [chunk for chunk in chunks if chunk.kind in (b"IHDR", b"PLTE", b"tRNS")]
    unsound = [chunk.kind.decode() for chunk in looked_at if not chunk.is_sound]
    if unsound:
        raise ValueError(f"the checksum of its chunk {unsound[0]} is wrong")
    return {chunk.kind: chunk.body for chunk in looked_at}


def _palette(entries: bytes, alphas: bytes) -> Iterable[Color]:
    """Return the colours of an indexed PNG; those without an alpha are opaque."""
    count = len(entries) // 3
    if len(entries) % 3 or not 1 <= count <= 256 or len(alphas) > count:
        raise ValueError(f"its palette has {len(entries)} bytes, and {len(alphas)} of alpha")
    alphas = alphas.ljust(count, b"\xff")
    return (Color(*entries[3 * i : 3 * i + 3], *alphas[i : i + 1]) for i in range(count))


def _distinct_colors(data: bytes) -> Iterable[Color]:
    """Return colours in the order in which they first appear, one more than allowed at most."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            # Of grey with few bits Pillow takes another shade for the clear one.
            image.info.pop("transparency", None)
            pixels = memoryview(_eight_bits(image).convert("RGBA").tobytes()).cast("I")
    except UnidentifiedImageError:  # its text has an address in memory
        raise ValueError("Pillow cannot identify it") from None
    distinct = islice(dict.fromkeys(pixels), MAX_COLORS + 1)
    return [Color(*pixel.to_bytes(4, sys.byteorder)) for pixel in distinct]


def _eight_bits(image: "Image.Image") -> "Image.Image":
    """Return grey of 16 bits by its upper 8, as Pillow reads colours of 16 bits."""
    from PIL import Image

    if not image.mode.startswith("I"):
        return image
    upper = image.convert("I;16").tobytes()[1::2]
    return Image.frombytes("L", image.size, upper)


def _clear_color(body: bytes, depth: int, kind: int) -> Color | None:
    """Return the colour that is clear wherever it stands; None if there is none."""
    if not body:
        return None
    if kind == _GREY and len(body) == 2:
        (level,) = struct.unpack(">H", body)
        return Color(*[_MAX * level // ((1 << depth) - 1)] * 3)
    if kind == _RGB and len(body) == 6:
        return Color(*struct.unpack(">3H", body))
    raise ValueError(f"its chunk tRNS has {len(body)} bytes for colours of kind {kind}")


FORMAT = PaletteFormat(
    name="png",
    title="PNG",
    suffixes=(".png",),
    rank=8,
    holds_alpha=True,
    holds_clear=True,
    max_colors=None,
    sniff=lambda data: data.startswith(SIGNATURE),
    encode=_encode,
    decode=_decode,
)

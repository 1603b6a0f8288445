"""Loading compressed pictures back: indexed PNG (and any other palette file), WebP, npz."""

import os
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smalti import _core
from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.formats import npz, webp
from smalti.images.blocks.block_image import BlockImage
from smalti.images.compressed_image import CompressedImage
from smalti.sources import decode
from smalti.sources.decode import (
    decoding,
    from_pillow,
    opened,
    orientation_of,
    oriented,
    warn_of_frames,
)
from smalti.sources.read import read_bytes
from smalti.sources.source_image import SourceImage

__all__ = ["from_bytes", "is_npz", "load", "of_few_colors"]

# What a file says of its colours.
_COLOR_INFO = ("icc_profile", "gamma", "srgb")

_ZIP_MAGIC = b"PK\x03\x04"

# Pixels looked up at a time.
_CHUNK = 1 << 20


def load(path: str | os.PathLike[str] | bytes | IO[bytes]) -> CompressedImage | BlockImage:
    """Load a picture that `CompressedImage.save` or `BlockImage.save` wrote, or any indexed image.

    Parameters
    ----------
    path : path, URL, bytes or binary file object
        An .npz gives back equal indices and centroids. An indexed image file gives back the
        same picture; its palette may be ordered otherwise, and its centroids are the palette.
        A WebP of at most 256 distinct colours is indexed by them.

    Returns
    -------
    CompressedImage, or BlockImage for an .npz of one
        Its report has no errors in it: the original is not at hand.

    Raises
    ------
    ImageReadError
        If the file cannot be read, is damaged, or is not an indexed image.
    """
    return from_bytes(*read_bytes(path))


def from_bytes(data: bytes, name: str) -> CompressedImage | BlockImage:
    """Load a picture from a file's contents."""
    if is_npz(data):
        fields = npz.decode(data, name)
        try:
            return BlockImage(**fields) if "codebook" in fields else CompressedImage(**fields)
        except InvalidParameterError as error:
            raise ImageReadError(f"{name}: is damaged: {error}") from None
    image = opened(data, name)
    if image.format == "WEBP":
        source = decode.from_bytes(data, name)
        indexed = of_few_colors(source)
        if indexed is None:
            raise ImageReadError(
                f"{name}: has {_core.count_colors(source.pixels):,} distinct colours, but a WebP "
                f"is loaded up to {webp.MAX_COLORS}; use smalti.compress to reduce them"
            )
        return indexed
    if image.mode != "P":
        raise ImageReadError(
            f"{name}: has no palette (its mode is {image.mode}); use smalti.compress to make one"
        )
    with decoding(name):
        image.load()
    warn_of_frames(image, name)
    palette = _palette(image)
    stored = np.asarray(image, dtype=np.uint8)[..., np.newaxis]
    indices = oriented(stored, orientation_of(image))[..., 0]
    if int(indices.max()) >= len(palette):
        raise ImageReadError(
            f"{name}: is damaged: index {indices.max()} is outside its palette of {len(palette)}"
        )
    return _plain(indices, palette)


def of_few_colors(source: SourceImage) -> CompressedImage | None:
    """Index a picture of 8 bits a sample by its distinct colours; None if they exceed 256.

    WebP stores no palette: this finds it again, in smalti's order, unused colours left out.
    What is fully transparent has one colour, black, as in `smalti.compress`.
    """
    pixels = source.pixels
    if _core.count_colors(pixels) > webp.MAX_COLORS:
        return None
    channels = pixels.shape[2]
    shifts = np.arange(8 * (channels - 1), -1, -8, dtype=np.uint32)
    packed = np.zeros(pixels.shape[:2], dtype=np.uint32)
    for channel, shift in enumerate(shifts):
        packed |= pixels[..., channel].astype(np.uint32) << shift
    if channels == 4:
        packed[pixels[..., 3] == 0] = 0
    distinct = np.unique(packed)
    colors = (distinct[:, np.newaxis] >> shifts & np.uint32(255)).astype(np.uint8)
    palette, entry_of = _core.ordered_palette(colors)
    indices = np.empty(packed.shape, dtype=entry_of.dtype)
    flat = indices.reshape(-1)
    for start in range(0, packed.size, _CHUNK):
        # Positions of 64 bits each: whole pictures of them would take more than the picture.
        chunk = packed.reshape(-1)[start : start + _CHUNK]
        flat[start : start + _CHUNK] = entry_of[np.searchsorted(distinct, chunk)]
    return _plain(indices, palette)


def _plain(
    indices: NDArray[np.unsignedinteger[Any]], palette: NDArray[np.uint8]
) -> CompressedImage:
    """Return the picture of a file that knows neither centroids nor original."""
    bits = 8 * palette.shape[1] * indices.size
    return CompressedImage(indices, palette, palette.astype(np.float64), original_bits=bits)


def is_npz(data: bytes) -> bool:
    """Whether a file's contents begin as those of an .npz do."""
    return data.startswith(_ZIP_MAGIC)


def _palette(image: Image.Image) -> NDArray[np.uint8]:
    """Return the palette in sRGB, its colours converted as those of any picture are."""
    rgb = np.array(image.getpalette("RGB") or [], dtype=np.uint8).reshape(-1, 1, 3)
    if len(rgb) == 0:
        return rgb[:, 0]
    swatches = Image.fromarray(rgb)
    swatches.info = {key: image.info[key] for key in _COLOR_INFO if key in image.info}
    colors = from_pillow(swatches, "the palette").pixels[:, 0].astype(np.uint8)
    transparency = image.info.get("transparency")
    if transparency is None:
        return colors
    alpha = np.full(len(colors), 255, dtype=np.uint8)
    if isinstance(transparency, int):
        # A GIF may name an index that its palette does not have.
        alpha[transparency : transparency + 1] = 0
    else:
        given = np.frombuffer(transparency, dtype=np.uint8)[: len(alpha)]
        alpha[: len(given)] = given
    return np.column_stack([colors, alpha])

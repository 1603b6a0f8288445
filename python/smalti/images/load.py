"""Loading compressed pictures back: PNG, WebP, npz, and palette files of any format."""

import os
from dataclasses import replace
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.contents import read_bytes
from smalti.exceptions import Advice, ImageReadError, InvalidParameterError
from smalti.formats.format import Format
from smalti.formats.registry import format_of_bytes
from smalti.images.blocks.block_image import BlockImage
from smalti.images.compressed_image import CompressedImage
from smalti.inputs import warn_of
from smalti.sources import decode
from smalti.sources.indexed import indexed_from_bytes
from smalti.sources.png import is_grey_png
from smalti.sources.reading import Reading
from smalti.sources.source_image import SourceImage
from smalti.sources.upright import IndexedPixels
from smalti.validation import whole_number

__all__ = [
    "begin",
    "from_bytes",
    "is_encoded",
    "load",
    "of_few_colors",
    "of_indexed",
    "source_from_bytes",
    "stores_no_palette",
]

# Pixels looked up at a time.
_CHUNK = 1 << 20


def load(
    path: str | os.PathLike[str] | bytes | IO[bytes], *, max_pixels: int | None = None
) -> CompressedImage | BlockImage:
    """Load a picture that `CompressedImage.save` or `BlockImage.save` wrote, or any indexed image.

    Parameters
    ----------
    path : path, URL, bytes or binary file object
        An .npz gives back equal indices and centroids. An indexed image file gives back the
        same picture; its palette may be ordered otherwise, and its centroids are the palette.
        A WebP or a grey PNG of at most 256 distinct colours is indexed by them.
    max_pixels : int, optional
        Pixels that the picture may have, at least 1: a guard against decompression bombs. Default:
        ``2 * PIL.Image.MAX_IMAGE_PIXELS``, which is 178,956,970 unless changed.

    Returns
    -------
    CompressedImage, or BlockImage for an .npz of one
        Its report has no errors in it: the original is not at hand.

    Raises
    ------
    ImageReadError
        If the file cannot be read, is damaged, or is not an indexed image.
    InvalidParameterError
        If `max_pixels` is below 1.

    Warns
    -----
    ImageReadWarning
        If there is more in the file than the picture.
    """
    data, reading = begin(path, max_pixels)
    picture = from_bytes(data, reading)
    warn_of(reading.notes)
    return picture


def begin(file: Any, max_pixels: int | None) -> tuple[bytes, Reading]:
    """Return the contents of a file, and how to go on reading them."""
    if max_pixels is not None:
        max_pixels = whole_number("max_pixels", max_pixels, 1)
    data, name = read_bytes(file)
    return data, Reading(name, max_pixels)


def from_bytes(data: bytes, reading: Reading) -> CompressedImage | BlockImage:
    """Load a picture from a file's contents."""
    name = reading.name
    form = format_of_bytes(data)
    if form is not None and form.decode is not None:
        fields = form.decode(data, name, reading.max_pixels)
        try:
            return BlockImage(**fields) if "codebook" in fields else CompressedImage(**fields)
        except InvalidParameterError as error:
            raise ImageReadError(f"{name}: is damaged: {error}") from None
    if form is not None and stores_no_palette(data, form):
        source = decode.from_bytes(data, reading)
        indexed = of_few_colors(source, form)
        if indexed is None and not form.has_palette:
            raise ImageReadError(
                f"{name}: has {_core.count_colors(source.pixels):,} distinct colours, but a "
                f"{form.title} is loaded up to {form.max_colors};",
                advice=_compress_to("reduce them"),
            )
    else:
        found = indexed_from_bytes(data, reading)
        indexed = None if found is None else of_indexed(found, name)
    if indexed is None:
        raise ImageReadError(f"{name}: has no palette;", advice=_compress_to("make one"))
    return indexed


def stores_no_palette(data: bytes, form: Format) -> bool:
    """Whether a file has pictures of few colours, too, but not their palette."""
    return not form.has_palette or is_grey_png(data)


def of_indexed(pixels: IndexedPixels, name: str) -> CompressedImage:
    """Return the picture of an indexed file."""
    indices, palette = pixels
    if int(indices.max()) >= len(palette):
        raise ImageReadError(
            f"{name}: is damaged: index {indices.max()} is outside its palette of {len(palette)}"
        )
    return _plain(indices, palette)


def _compress_to(do: str) -> Advice:
    return Advice(
        python=f"use smalti.compress to {do}", command_line=f"use smalti compress to {do}"
    )


def source_from_bytes(data: bytes, reading: Reading) -> SourceImage:
    """Decode a file's contents to pixels, those of an .npz too."""
    if not is_encoded(data):
        return decode.from_bytes(data, reading)
    picture = from_bytes(data, reading)
    return SourceImage(
        picture.reconstruct(), picture.original_bits, reading.name, len(data), tuple(reading.notes)
    )


def of_few_colors(source: SourceImage, form: Format) -> CompressedImage | None:
    """Index a picture of 8 bits a sample by its distinct colours; None if it has more of either.

    WebP and grey PNG store no palette: this finds it again, in smalti's order, unused colours left
    out.
    What is fully transparent has one colour, black, as in `smalti.compress`.
    """
    pixels = source.pixels
    if pixels.dtype != np.uint8 or not form.holds_colors(_core.count_colors(pixels)):
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
        # `searchsorted` returns 8 bytes a pixel, so it gets a part of the picture at a time.
        chunk = packed.reshape(-1)[start : start + _CHUNK]
        flat[start : start + _CHUNK] = entry_of[np.searchsorted(distinct, chunk)]
    return replace(_plain(indices, palette), original_bits=source.original_bits)


def _plain(
    indices: NDArray[np.unsignedinteger[Any]], palette: NDArray[np.uint8]
) -> CompressedImage:
    """Return the picture of a file that tells neither centroids nor what labels were chosen by."""
    return CompressedImage(
        indices,
        palette,
        palette.astype(np.float64),
        original_bits=8 * palette.shape[1] * indices.size,
        rate_weight=None,
        dither=None,
    )


def is_encoded(data: bytes) -> bool:
    """Whether a file is of a format that only smalti reads: .npz."""
    form = format_of_bytes(data)
    return form is not None and form.decode is not None

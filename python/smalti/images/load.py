"""Loading compressed pictures back: indexed PNG (and any other palette file), npz."""

import os
from typing import IO

import numpy as np

from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.formats import npz
from smalti.images.compressed_image import CompressedImage
from smalti.images.decode import decoding, opened
from smalti.images.read import read_bytes

__all__ = ["from_bytes", "is_npz", "load"]

_ZIP_MAGIC = b"PK\x03\x04"


def load(path: str | os.PathLike[str] | bytes | IO[bytes]) -> CompressedImage:
    """Load a picture that `CompressedImage.save` wrote, or any indexed image file.

    Parameters
    ----------
    path : path, URL, bytes or binary file object
        An .npz gives back equal indices and centroids. An indexed image file gives back the
        same picture; its palette may be ordered otherwise, and its centroids are the palette.

    Returns
    -------
    CompressedImage
        Its report has no errors in it: the original is not at hand.

    Raises
    ------
    ImageReadError
        If the file cannot be read, is damaged, or is not an indexed image.
    """
    return from_bytes(*read_bytes(path))


def from_bytes(data: bytes, name: str) -> CompressedImage:
    """Load a picture from a file's contents."""
    if is_npz(data):
        fields = npz.decode(data, name)
        try:
            return CompressedImage(**fields)
        except InvalidParameterError as error:
            raise ImageReadError(f"{name}: is damaged: {error}") from None
    image = opened(data, name)
    if image.mode != "P":
        raise ImageReadError(
            f"{name}: has no palette (its mode is {image.mode}); use smalti.compress to make one"
        )
    with decoding(name):
        image.load()
    mode = "RGBA" if "transparency" in image.info else "RGB"
    palette = _palette(image.getpalette("RGB"), image.info.get("transparency"), len(mode))
    indices = np.asarray(image, dtype=np.uint8)
    if int(indices.max()) >= len(palette):
        raise ImageReadError(
            f"{name}: is damaged: index {indices.max()} is outside its palette of {len(palette)}"
        )
    bits = 8 * len(mode) * indices.size
    return CompressedImage(indices, palette, palette.astype(np.float64), original_bits=bits)


def is_npz(data: bytes) -> bool:
    """Whether a file's contents begin as those of an .npz do."""
    return data.startswith(_ZIP_MAGIC)


def _palette(
    rgb: list[int] | None, transparency: int | bytes | None, channels: int
) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    colors = np.array(rgb or [], dtype=np.uint8).reshape(-1, 3)
    palette = np.full((len(colors), channels), 255, dtype=np.uint8)
    palette[:, :3] = colors
    if isinstance(transparency, int):
        # A GIF may name an index that its palette does not have.
        palette[transparency : transparency + 1, 3] = 0
    elif transparency is not None:
        alpha = np.frombuffer(transparency, dtype=np.uint8)[: len(palette)]
        palette[: len(alpha), 3] = alpha
    return palette

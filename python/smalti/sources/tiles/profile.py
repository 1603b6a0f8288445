"""ICC profiles of parts of images: the core applies them to 8 bits, and to 16 within PNG files."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.formats.png_chunks import END, SIGNATURE, chunk_of
from smalti.raw_array import RawArray
from smalti.sources.source_image import Pixels

__all__ = ["in_srgb", "refusal"]

_GREY, _RGB = 0, 2


def in_srgb(pixels: Pixels, profile: bytes, *, is_grey: bool) -> tuple[Pixels, str | None]:
    """Convert colours by an ICC profile.

    Parameters
    ----------
    pixels : uint8 or uint16 array, shape (h, w, 3) or (h, w, 4)
    profile : bytes
    is_grey : bool
        Whether the image is grey, so that its profile may be one of grey.

    Returns
    -------
    array of the same dtype, and str or None
        Alpha stays as it is. The string says why the profile cannot be used.
    """
    if pixels.dtype == np.uint8:
        samples: NDArray[np.uint8] = np.ascontiguousarray(pixels, dtype=np.uint8)
        converted, refused = _core.apply_profile(samples, profile, is_grey)
        return RawArray(*converted).array(), refused
    colors = pixels[..., : 1 if is_grey else 3]
    data = _png(colors.astype(">u2"), profile)
    raw, _, _, _, _, refused = _core.decode_png(data, 4 * len(data) + (1 << 20))
    if refused is not None:
        return pixels, refused
    decoded: Pixels = RawArray(*raw).array()[..., :3]
    alpha = pixels[..., 3:]
    return (np.concatenate([decoded, alpha], axis=2) if alpha.size else decoded), None


def refusal(profile: bytes, *, is_grey: bool) -> str | None:
    """Return why a profile cannot be used; None if it can."""
    pixel = np.zeros((1, 1, 3), dtype=np.uint8)
    return in_srgb(pixel, profile, is_grey=is_grey)[1]


def _png(colors: NDArray[np.uint16], profile: bytes) -> bytes:
    """Return a PNG file, not compressed, for samples of 16 bits with a profile."""
    height, width, bands = colors.shape
    # Each row begins with its filter, which is none.
    rows = np.zeros((height, 1 + 2 * bands * width), dtype=np.uint8)
    rows[:, 1:] = np.ascontiguousarray(colors).view(np.uint8).reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 16, _GREY if bands == 1 else _RGB, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"iCCP", b"ICC\0\0" + zlib.compress(profile)),
        (b"IDAT", zlib.compress(rows.tobytes(), 0)),
        (END, b""),
    )
    return SIGNATURE + b"".join(chunk_of(kind, body).to_bytes() for kind, body in chunks)

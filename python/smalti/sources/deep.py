"""Samples of more than 8 bits: TIFF and PNM files, which the core decodes, and Pillow's images."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smalti import _core
from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.sources.alpha import straight
from smalti.sources.arrays import cleared, rgb_or_rgba, unsigned, without_gaps
from smalti.sources.orientation import orientation_of, oriented
from smalti.sources.pixel_size import pixel_size_of
from smalti.sources.reading import Reading
from smalti.sources.source_image import Pixels, SourceImage
from smalti.sources.tiff import has_associated_alpha, nodata_in

__all__ = ["deep_pixels", "from_16_bits"]

# Bytes a pixel that decoding 16-bit samples may need: the decoder's copy and ours, RGBA.
_DECODE16_BYTES_PER_PIXEL = 16


def from_16_bits(image: Image.Image, data: bytes, reading: Reading) -> SourceImage:
    """Decode a TIFF or PNM file whose samples have 16 bits.

    Raises
    ------
    ImageReadError
        If it is damaged, or a variant that the core does not know.
    """
    size = pixel_size_of(image)
    width, height = image.size
    max_bytes = max(width * height * _DECODE16_BYTES_PER_PIXEL, 2**20)
    with reading.decoding():
        decoded, profile_refused = _core.decode16(data, max_bytes)
        samples = straight(decoded) if has_associated_alpha(image) else decoded
        nodata = nodata_in(image)
        if nodata is not None:
            samples = cleared(samples, (decoded[..., :3] == nodata).all(axis=2))
        pixels = oriented(samples, orientation_of(image))
    if profile_refused is not None:
        reading.note_profile(profile_refused)
    bits = 16 * len(image.getbands()) * width * height
    return SourceImage(pixels, bits, reading.name, len(data), tuple(reading.notes), size)


def deep_pixels(image: Image.Image, name: str) -> Pixels:
    """Return the pixels of a grey image whose mode has more than 8 bits."""
    samples, gaps = without_gaps(np.asarray(image), nodata_in(image))
    return cleared(rgb_or_rgba(_single_band(samples, image.mode, name)), gaps)


def _single_band(samples: NDArray[Any], mode: str, name: str) -> Pixels:
    """Return the samples of a grey image of more than 8 bits."""
    if mode != "F":
        low, high = int(samples.min()), int(samples.max())
        if low < 0 or high > 65535:
            raise ImageReadError(
                f"{name}: has integer samples from {low} to {high}, but they must lie in 0 to 65535"
            )
        samples = samples.astype(np.uint16)
    try:
        return unsigned(samples, f"{name}:")
    except InvalidParameterError as error:
        raise ImageReadError(str(error)) from None

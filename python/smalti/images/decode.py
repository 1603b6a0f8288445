"""Decoding image files: Pillow for nearly all, the core for 16 bits a sample.

Everything ends as sRGB pixels: ICC profiles converted, EXIF orientation applied,
transparency as an alpha channel.
"""

import io
import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from smalti import _core
from smalti.exceptions import ImageReadError, ImageReadWarning
from smalti.images.read import SourceImage, rgb_or_rgba, unsigned

__all__ = ["from_bytes", "from_pillow", "opened"]

_ORIENTATION_TAG = 0x0112
_BITS_PER_SAMPLE_TAG = 258
_SAMPLE_FORMAT_TAG = 339
_UNSIGNED_SAMPLES = 1

# Bytes a pixel that decoding 16-bit samples may need: the decoder's copy and ours, RGBA.
_DECODE16_BYTES_PER_PIXEL = 16

# The maximum sample value in a PNM header: after the magic, width and height, with comments.
_PNM_MAX_VALUE = re.compile(rb"P[2356]" + 3 * rb"(?:\s+(?:#[^\n]*\n\s*)*(\d+))")

_BITS_PER_SAMPLE = {"1": 1, "I;16": 16, "I;16B": 16, "I;16L": 16, "I": 32, "F": 32}


def from_bytes(data: bytes, name: str) -> SourceImage:
    """Decode a file held in memory."""
    if not data:
        raise ImageReadError(f"{name}: is empty, not an image")
    image = opened(data, name)
    if getattr(image, "is_animated", False):
        warnings.warn(
            f"{name}: has {getattr(image, 'n_frames', 'several')} frames or pages; "
            "only the first is read",
            ImageReadWarning,
            stacklevel=3,
        )
    if _has_16_bit_samples(image, data):
        try:
            return _from_16_bits(image, data, name)
        except ImageReadError:
            # A variant of TIFF that only Pillow reads, or a damaged file: Pillow will tell.
            pass
    return from_pillow(image, name, len(data))


def opened(data: bytes, name: str) -> Image.Image:
    """Open a file held in memory; its pixels are decoded when first used."""
    try:
        with warnings.catch_warnings():
            # Pillow warns at half the size it refuses, and of oddities it can live with.
            warnings.simplefilter("ignore")
            return Image.open(io.BytesIO(data))
    except Image.DecompressionBombError as error:
        raise ImageReadError(
            f"{name}: {error}; raise PIL.Image.MAX_IMAGE_PIXELS if you trust it"
        ) from None
    except Image.UnidentifiedImageError:
        raise ImageReadError(f"{name}: is not an image that can be read") from None
    except Exception as error:  # decoders of damaged files raise whatever they stumble over
        raise ImageReadError(f"{name}: is damaged: {error}") from error


def from_pillow(image: Image.Image, name: str, file_bytes: int | None = None) -> SourceImage:
    """Convert a Pillow image of any mode."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
    except MemoryError:
        raise ImageReadError(f"{name}: does not fit in memory") from None
    except Exception as error:  # decoders of damaged files raise whatever they stumble over
        raise ImageReadError(f"{name}: is damaged: {error}") from error
    if 0 in image.size:
        width, height = image.size
        raise ImageReadError(f"{name}: is {width} x {height}, but at least one pixel is needed")
    orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    pixels = _oriented(_srgb_pixels(image, name), orientation)
    return SourceImage(pixels, _original_bits(image), name, file_bytes)


def _has_16_bit_samples(image: Image.Image, data: bytes) -> bool:
    """Whether the file holds unsigned 16-bit samples, which Pillow may hand out as 8 bits."""
    match image.format:
        case "PNG":
            return data[24] == 16
        case "PPM":
            header = _PNM_MAX_VALUE.match(data)
            return header is not None and int(header[3]) > 255
        case "TIFF":
            tags: Any = getattr(image, "tag_v2", {})
            bits = set(tags.get(_BITS_PER_SAMPLE_TAG, ()))
            formats = set(tags.get(_SAMPLE_FORMAT_TAG, (_UNSIGNED_SAMPLES,)))
            return bits == {16} and formats == {_UNSIGNED_SAMPLES}
        case _:
            return False


def _from_16_bits(image: Image.Image, data: bytes, name: str) -> SourceImage:
    width, height = image.size
    max_bytes = max(width * height * _DECODE16_BYTES_PER_PIXEL, 2**20)
    orientation = image.getexif().get(_ORIENTATION_TAG, 1)
    pixels = _core.decode16(data, max_bytes)
    bits = 16 * len(image.getbands()) * width * height
    return SourceImage(_oriented(pixels, orientation), bits, name, len(data))


def _original_bits(image: Image.Image) -> int:
    width, height = image.size
    samples = 3 if image.mode in ("P", "PA") else len(image.getbands())
    if "transparency" in image.info or image.mode == "PA":
        samples += 1
    return width * height * samples * _BITS_PER_SAMPLE.get(image.mode, 8)


def _srgb_pixels(image: Image.Image, name: str) -> NDArray[np.uint8] | NDArray[np.uint16]:
    mode = image.mode
    if mode in ("I", "F") or mode.startswith("I;16"):
        samples: NDArray[Any] = np.asarray(image)
        if mode != "F":
            low, high = int(samples.min()), int(samples.max())
            if low < 0 or high > 65535:
                raise ImageReadError(
                    f"{name}: has integer samples from {low} to {high}, "
                    "but they must lie in 0 to 65535"
                )
            samples = samples.astype(np.uint16)
        try:
            return rgb_or_rgba(unsigned(samples, name))
        except ValueError as error:
            raise ImageReadError(str(error)) from None
    if mode in ("RGBa", "La"):
        image = image.convert("RGBA" if mode == "RGBa" else "LA")
    has_alpha = image.has_transparency_data
    alpha = image.convert("RGBA").getchannel("A") if has_alpha else None
    opaque = _converted_to_srgb(image, name)
    if alpha is None:
        return np.ascontiguousarray(np.asarray(opaque))
    return np.dstack([np.asarray(opaque), np.asarray(alpha)])


def _converted_to_srgb(image: Image.Image, name: str) -> Image.Image:
    """Return the colours, without alpha, as sRGB."""
    if image.mode == "LAB":
        return _transformed(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))
    source = image
    if image.mode not in ("L", "CMYK"):
        source = image.convert("L" if image.mode in ("1", "LA") else "RGB")
    icc = image.info.get("icc_profile")
    if icc:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
            space = profile.profile.xcolor_space.strip()
            if space == {"L": "GRAY"}.get(source.mode, source.mode):
                return _transformed(source, profile)
        except (ImageCms.PyCMSError, OSError) as error:
            warnings.warn(
                f"{name}: its colour profile cannot be used ({error}); colours are taken as sRGB",
                ImageReadWarning,
                stacklevel=2,
            )
    return source.convert("RGB")


def _transformed(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    transform = ImageCms.buildTransform(profile, srgb, image.mode, "RGB")
    if image.mode == "RGB" and _changes_nothing(transform):
        return image
    converted = ImageCms.applyTransform(image, transform)
    assert converted is not None, "applyTransform returns an image unless it works in place"
    return converted


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether no colour of a 16 x 16 x 16 grid moves by more than a level: the profile is sRGB."""
    levels = np.arange(0, 256, 17, dtype=np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(64, 64, 3)
    moved = ImageCms.applyTransform(Image.fromarray(grid), transform)
    return int(np.abs(np.asarray(moved, dtype=np.int16) - grid).max()) <= 1


def _oriented(
    pixels: NDArray[np.uint8] | NDArray[np.uint16], orientation: int
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Turn the pixels upright; EXIF's 1 to 8 say where the first row and column belong."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)

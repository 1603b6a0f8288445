"""Decoding image files: Pillow for nearly all, the core for 16 bits a sample.

Everything ends as sRGB pixels: ICC profiles converted, EXIF orientation applied,
transparency as an alpha channel.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from PIL import Image, ImageCms, UnidentifiedImageError

from smalti import _core
from smalti.exceptions import ImageReadError, ImageReadWarning, InvalidParameterError
from smalti.formats.archive import PICTURE, kind_of
from smalti.sources.source_image import Pixels, SourceImage, rgb_or_rgba, unsigned
from smalti.validation import max_pixels

__all__ = [
    "decoding",
    "from_bytes",
    "from_pillow",
    "opened",
    "orientation_of",
    "oriented",
    "warn_of_frames",
]

_ORIENTATION_TAG = 0x0112
_SRGB_GAMMA = 1 / 2.2
_SAME_GAMMA = 0.02
_BITS_PER_SAMPLE_TAG = 258
_SAMPLE_FORMAT_TAG = 339
_UNSIGNED_SAMPLES = 1
_EXTRA_SAMPLES_TAG = 338
_ASSOCIATED_ALPHA = 1

# Bytes a pixel that decoding 16-bit samples may need: the decoder's copy and ours, RGBA.
_DECODE16_BYTES_PER_PIXEL = 16

# The maximum sample value in a PNM header: after the magic, width and height, with comments.
_PNM_MAX_VALUE = re.compile(rb"P[2356]" + 3 * rb"(?:\s+(?:#[^\n]*\n\s*)*(\d+))")

# Samples a pixel by a PNG's colour type, which is the byte after the bit depth.
_PNG_SAMPLES = {0: 1, 2: 3, 4: 2, 6: 4}

_BITS_PER_SAMPLE = {"1": 1, "I;16": 16, "I;16B": 16, "I;16L": 16, "I": 32, "F": 32}


def from_bytes(data: bytes, name: str) -> SourceImage:
    """Decode a file held in memory."""
    image = opened(data, name)
    warn_of_frames(image, name)
    with decoding(name):
        deep = _has_16_bit_samples(image, data)
    if not deep:
        return from_pillow(image, name, len(data))
    try:
        return _from_16_bits(image, data, name)
    except ImageReadError as error:
        # A variant that only Pillow reads, or a damaged file: then Pillow refuses it too.
        source = from_pillow(image, name, len(data))
        if source.pixels.dtype != np.uint16:
            warnings.warn(
                f"{name}: its 16-bit samples are read as 8 bits ({error})",
                ImageReadWarning,
                stacklevel=4,
            )
        return source


def warn_of_frames(image: Image.Image, name: str) -> None:
    """Warn if there is more in the file than the picture that is read."""
    with decoding(name):
        frames = getattr(image, "n_frames", 1) if getattr(image, "is_animated", False) else 1
    # The other pictures of an MPO are a camera's previews and depth maps.
    if frames > 1 and image.format != "MPO":
        warnings.warn(
            f"{name}: has {frames} frames or pages; only the first is read",
            ImageReadWarning,
            stacklevel=4,
        )


def opened(data: bytes, name: str) -> Image.Image:
    """Open a file held in memory; its pixels are decoded when first used."""
    if not data:
        raise ImageReadError(f"{name}: is empty, not an image")
    with decoding(name):
        try:
            return Image.open(io.BytesIO(data))
        except UnidentifiedImageError:
            kind = kind_of(data)
            if kind is None:
                raise
    if kind == PICTURE:
        raise ImageReadError(
            f"{name}: is a compressed picture; to make an image of it, use smalti reconstruct "
            "(in Python: smalti.load(path).reconstruct())"
        )
    raise ImageReadError(f"{name}: is {kind}, not an image")


@contextmanager
def decoding(name: str) -> Iterator[None]:
    """Turn whatever a decoder raises into one sentence.

    Decoders of damaged files raise whatever they stumble over. What they warn of is left to
    the caller's filters: silencing it here would change those of all threads.
    """
    try:
        yield
    except ImageReadError:
        raise
    except Image.DecompressionBombError:
        raise ImageReadError(
            f"{name}: has more than the {max_pixels():,} pixels allowed; if you trust it, use "
            "--max-pixels on the command line or raise PIL.Image.MAX_IMAGE_PIXELS"
        ) from None
    except UnidentifiedImageError:
        raise ImageReadError(f"{name}: is not an image that can be read") from None
    except MemoryError:
        raise ImageReadError(f"{name}: does not fit in memory") from None
    except Exception as error:
        raise ImageReadError(f"{name}: is damaged: {error or type(error).__name__}") from error


def from_pillow(image: Image.Image, name: str, file_bytes: int | None = None) -> SourceImage:
    """Convert a Pillow image of any mode."""
    with decoding(name):
        image.load()
    if 0 in image.size:
        width, height = image.size
        raise ImageReadError(f"{name}: is {width} x {height}, but at least one pixel is needed")
    profile = _usable_profile(image, name)
    with decoding(name):
        pixels = _gamma_applied(_srgb_pixels(image, profile, name), image)
        pixels = oriented(pixels, orientation_of(image))
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
    with decoding(name):
        decoded, profile_refused = _core.decode16(data, max_bytes)
        samples = _unassociated(decoded) if _has_associated_alpha(image) else decoded
        pixels = oriented(_gamma_applied(samples, image), orientation_of(image))
    if profile_refused is not None:
        _warn_of_profile(name, profile_refused)
    bits = 16 * _samples_per_pixel(image, data) * width * height
    return SourceImage(pixels, bits, name, len(data))


def orientation_of(image: Image.Image) -> int:
    """Return EXIF's 1 to 8; damaged metadata do not make a picture unreadable."""
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:
        return 1


def _has_associated_alpha(image: Image.Image) -> bool:
    tags: Any = getattr(image, "tag_v2", {})
    return tuple(tags.get(_EXTRA_SAMPLES_TAG, ())) == (_ASSOCIATED_ALPHA,)


def _unassociated(samples: Any) -> Any:
    """Divide colours by the alpha that they were multiplied with."""
    alpha = np.maximum(samples[..., 3:].astype(np.float64), 1.0)
    colors = np.minimum(np.rint(samples[..., :3] * (65535.0 / alpha)), 65535.0)
    return np.dstack([colors.astype(np.uint16), samples[..., 3].astype(np.uint16)])


def _samples_per_pixel(image: Image.Image, data: bytes) -> int:
    """Return the samples of a 16-bit file; Pillow opens grey with alpha as RGBA."""
    if image.format == "PNG":
        return _PNG_SAMPLES[data[25]]
    return len(image.getbands())


def _original_bits(image: Image.Image) -> int:
    width, height = image.size
    samples = 3 if image.mode in ("P", "PA") else len(image.getbands())
    if "transparency" in image.info or image.mode == "PA":
        samples += 1
    return width * height * samples * _BITS_PER_SAMPLE.get(image.mode, 8)


def _usable_profile(image: Image.Image, name: str) -> ImageCms.ImageCmsProfile | None:
    """Return the ICC profile to convert from, if there is one that fits the colours."""
    if image.mode == "LAB":
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    icc = image.info.get("icc_profile")
    if not icc:
        return None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        _to_srgb(profile, _colors_mode(image, profile))
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError) as error:
        _warn_of_profile(name, str(error))
        return None
    return profile


def _warn_of_profile(name: str, reason: str) -> None:
    warnings.warn(
        f"{name}: its colour profile cannot be used ({reason}); colours are taken as sRGB",
        ImageReadWarning,
        stacklevel=5,
    )


def _to_srgb(profile: ImageCms.ImageCmsProfile, mode: str) -> ImageCms.ImageCmsTransform:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    return ImageCms.buildTransform(profile, srgb, mode, "RGB")


def _colors_mode(image: Image.Image, profile: ImageCms.ImageCmsProfile | None = None) -> str:
    """Return the mode that the colours, without alpha, have before they become sRGB."""
    if image.mode in ("CMYK", "LAB"):
        return image.mode
    if profile is not None and profile.profile.xcolor_space.strip() == "RGB":
        # Grey pictures often carry the RGB profile of the picture they were made from.
        return "RGB"
    return "L" if image.mode in ("1", "L", "LA", "La") else "RGB"


def _srgb_pixels(image: Image.Image, profile: ImageCms.ImageCmsProfile | None, name: str) -> Pixels:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return rgb_or_rgba(_single_band(image, name))
    if image.mode in ("RGBa", "La"):
        image = image.convert("RGBA" if image.mode == "RGBa" else "LA")
    alpha = None
    colors_mode = _colors_mode(image, profile)
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        alpha = rgba.getchannel("A")
        # Pillow warns when it is asked for the colours of a palette with transparency alone.
        image = rgba if image.mode == "P" else image
    colors = image.convert(colors_mode)
    if profile is not None:
        transform = _to_srgb(profile, colors.mode)
        if colors.mode != "RGB" or not _changes_nothing(transform):
            colors = ImageCms.applyTransform(colors, transform) or colors
    opaque = np.asarray(colors.convert("RGB"))
    return opaque if alpha is None else np.dstack([opaque, np.asarray(alpha)])


def _single_band(image: Image.Image, name: str) -> Pixels:
    """Return the samples of a grey image of more than 8 bits."""
    samples = np.asarray(image)
    if image.mode != "F":
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


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether no colour of a 16 x 16 x 16 grid moves by more than a level: the profile is sRGB."""
    levels = np.arange(0, 256, 17, dtype=np.uint8)
    grid = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(64, 64, 3)
    moved = ImageCms.applyTransform(Image.fromarray(grid), transform)
    return int(np.abs(np.asarray(moved, dtype=np.int16) - grid).max()) <= 1


def _gamma_applied(pixels: Pixels, image: Image.Image) -> Pixels:
    """Convert colours whose PNG file says that they are light to the power of its gAMA.

    As browsers do; an ICC profile and the sRGB chunk take precedence, and what is meant to be
    sRGB, with a gAMA of about 1 / 2.2, is left alone.
    """
    gamma = image.info.get("gamma")
    if not gamma or "srgb" in image.info or "icc_profile" in image.info:
        return pixels
    if abs(gamma - _SRGB_GAMMA) < _SAME_GAMMA:
        return pixels
    highest = np.iinfo(pixels.dtype).max
    light = np.linspace(0.0, 1.0, highest + 1) ** (1.0 / gamma)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    table = np.rint(encoded * highest).astype(pixels.dtype)
    converted = pixels.copy()
    converted[..., :3] = table[pixels[..., :3]]
    return converted


def oriented(pixels: Any, orientation: int) -> Any:
    """Turn the pixels upright; EXIF's 1 to 8 say where the first row and column belong."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return np.ascontiguousarray(pixels)

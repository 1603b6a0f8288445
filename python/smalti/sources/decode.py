"""Decoding image files: the core for PNG and for 16 bits a sample, Pillow for all others.

Everything ends as sRGB pixels: ICC profiles converted, EXIF orientation applied,
transparency as an alpha channel.
"""

import io
import re
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError

from smalti import _core
from smalti.exceptions import Advice, ImageReadError, InvalidParameterError
from smalti.formats.archive import PICTURE, kind_of
from smalti.formats.pictures.png import FORMAT as PNG
from smalti.sources.arrays import cleared, from_numpy_file, without_gaps
from smalti.sources.drawings import refuse_drawing
from smalti.sources.frames import frames_of
from smalti.sources.note import DEPTH
from smalti.sources.orientation import orientation_of, oriented
from smalti.sources.pixel_size import pixel_size_of
from smalti.sources.png import from_png
from smalti.sources.reading import Reading
from smalti.sources.source_image import Pixels, SourceImage, rgb_or_rgba, unsigned

__all__ = [
    "GDAL_NODATA_TAG",
    "TIFF_MAGICS",
    "from_bytes",
    "from_pillow",
    "nodata_of",
    "note_frames",
    "opened",
]

_BITS_PER_SAMPLE_TAG = 258
_SAMPLE_FORMAT_TAG = 339
_UNSIGNED_SAMPLES = 1
_EXTRA_SAMPLES_TAG = 338
_PLANAR_TAG = 284
_SEPARATE = 2
GDAL_NODATA_TAG = 42113
# Little and big endian, of files below 4 GiB and beyond.
TIFF_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ASSOCIATED_ALPHA = 1

# Bytes a pixel that decoding 16-bit samples may need: the decoder's copy and ours, RGBA.
_DECODE16_BYTES_PER_PIXEL = 16

# The maximum sample value in a PNM header: after the magic, width and height, with comments.
_PNM_MAX_VALUE = re.compile(rb"P[2356]" + 3 * rb"(?:\s+(?:#[^\n]*\n\s*)*(\d+))")

_BITS_PER_SAMPLE = {"1": 1, "I;16": 16, "I;16B": 16, "I;16L": 16, "I": 32, "F": 32}


def from_bytes(data: bytes, reading: Reading) -> SourceImage:
    """Decode a file held in memory."""
    if PNG.sniff(data):
        return from_png(data, reading)
    if kind_of(data) is None and (array := from_numpy_file(data, reading)) is not None:
        return array
    image = opened(data, reading)
    # Pillow forgets the tags of a file whose pixels it has decoded.
    size = pixel_size_of(image)
    return replace(_from_opened(image, data, reading), pixel_size=size)


def _from_opened(image: Image.Image, data: bytes, reading: Reading) -> SourceImage:
    note_frames(image, reading)
    with reading.decoding():
        deep = _has_16_bit_samples(image, data)
    if not deep:
        return from_pillow(image, reading, len(data))
    try:
        return _from_16_bits(image, data, reading)
    except ImageReadError as error:
        if _is_in_planes(image):
            # Pillow makes another picture of it.
            raise ImageReadError(
                f"{reading.name}: has 16-bit samples in planes, in a layout that cannot be "
                "decoded; save it with the samples of a pixel side by side"
            ) from None
        # A variant that only Pillow reads, or a damaged file: then Pillow refuses it too.
        source = from_pillow(image, reading, len(data))
        if source.pixels.dtype == np.uint16:
            return source
        reading.note(DEPTH, f"its 16-bit samples are read as 8 bits ({error})")
        return replace(source, notes=tuple(reading.notes))


def note_frames(image: Image.Image, reading: Reading) -> None:
    """Note if there is more in the file than the picture that is read."""
    with reading.decoding():
        frames = frames_of(image)
    if frames > 1:
        reading.note_frames(frames)


def opened(data: bytes, reading: Reading) -> Image.Image:
    """Open a file held in memory; its pixels are decoded when first used."""
    name = reading.name
    if not data:
        raise ImageReadError(f"{name}: is empty, not an image")
    with reading.decoding():
        try:
            image = Image.open(io.BytesIO(data))
        except UnidentifiedImageError:
            kind = kind_of(data)
            if kind is None and data.startswith(TIFF_MAGICS):
                raise ImageReadError(
                    f"{name}: is a TIFF file of a kind that cannot be read, or damaged; if another "
                    "program reads it, such as tifffile, pass its array; to segment its bands, use",
                    advice=Advice(python='space="bands"', command_line="--space bands"),
                ) from None
            if kind is None:
                refuse_drawing(data, name)
                raise
        else:
            reading.check_pixels(*image.size)
            return image
    if kind == PICTURE:
        raise ImageReadError(
            f"{name}: is a compressed picture; to make an image of it, use",
            advice=Advice(
                python="smalti.load(path).reconstruct()", command_line="smalti reconstruct"
            ),
        )
    raise ImageReadError(f"{name}: is {kind}, not an image")


def from_pillow(image: Image.Image, reading: Reading, file_bytes: int | None = None) -> SourceImage:
    """Convert a Pillow image of any mode."""
    with reading.decoding():
        image.load()
    if 0 in image.size:
        width, height = image.size
        raise ImageReadError(
            f"{reading.name}: is {width} x {height}, but at least one pixel is needed"
        )
    with reading.decoding():
        pixels = _gamma_applied(_srgb_pixels(image, reading), image)
        pixels = oriented(pixels, orientation_of(image))
    bits = _original_bits(image)
    return SourceImage(pixels, bits, reading.name, file_bytes, tuple(reading.notes))


def _has_16_bit_samples(image: Image.Image, data: bytes) -> bool:
    """Whether the file holds unsigned 16-bit samples, which Pillow may hand out as 8 bits."""
    match image.format:
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


def _from_16_bits(image: Image.Image, data: bytes, reading: Reading) -> SourceImage:
    width, height = image.size
    max_bytes = max(width * height * _DECODE16_BYTES_PER_PIXEL, 2**20)
    with reading.decoding():
        decoded, profile_refused = _core.decode16(data, max_bytes)
        samples = _unassociated(decoded) if _has_associated_alpha(image) else decoded
        nodata = _nodata(image)
        if nodata is not None:
            samples = cleared(samples, (decoded[..., :3] == nodata).all(axis=2))
        pixels = oriented(samples, orientation_of(image))
    if profile_refused is not None:
        reading.note_profile(profile_refused)
    bits = 16 * len(image.getbands()) * width * height
    return SourceImage(pixels, bits, reading.name, len(data), tuple(reading.notes))


def _is_in_planes(image: Image.Image) -> bool:
    """Whether each channel of a TIFF is stored for itself."""
    tags: Any = getattr(image, "tag_v2", {})
    return tags.get(_PLANAR_TAG) == _SEPARATE and len(image.getbands()) > 1


def _nodata(image: Image.Image) -> float | None:
    """Return the value of samples without data that GDAL has written into a TIFF file."""
    tags: Any = getattr(image, "tag_v2", {})
    return nodata_of(tags.get(GDAL_NODATA_TAG))


def nodata_of(tag: Any) -> float | None:
    """Return the number in GDAL's tag, if there is one."""
    try:
        return float(str(tag).strip("\0 "))
    except ValueError:
        return None


def _has_associated_alpha(image: Image.Image) -> bool:
    tags: Any = getattr(image, "tag_v2", {})
    return tuple(tags.get(_EXTRA_SAMPLES_TAG, ())) == (_ASSOCIATED_ALPHA,)


def _unassociated(samples: Any) -> Any:
    """Divide colours by the alpha that they were multiplied with."""
    alpha = np.maximum(samples[..., 3:].astype(np.float64), 1.0)
    colors = np.minimum(np.rint(samples[..., :3] * (65535.0 / alpha)), 65535.0)
    return np.dstack([colors.astype(np.uint16), samples[..., 3].astype(np.uint16)])


def _original_bits(image: Image.Image) -> int:
    width, height = image.size
    samples = 3 if image.mode in ("P", "PA") else len(image.getbands())
    if "transparency" in image.info or image.mode == "PA":
        samples += 1
    return width * height * samples * _BITS_PER_SAMPLE.get(image.mode, 8)


def _srgb_pixels(image: Image.Image, reading: Reading) -> Pixels:
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        samples, gaps = without_gaps(np.asarray(image), _nodata(image))
        return cleared(rgb_or_rgba(_single_band(samples, image.mode, reading.name)), gaps)
    if image.mode in ("RGBa", "La"):
        image = image.convert("RGBA" if image.mode == "RGBa" else "LA")
    icc = image.info.get("icc_profile")
    if not image.has_transparency_data:
        return _srgb_colors(image, icc, reading)
    rgba = image.convert("RGBA")
    # Pillow warns when it is asked for the colours of a palette with transparency alone.
    colors = _srgb_colors(rgba if image.mode == "P" else image, icc, reading)
    return np.dstack([colors, np.asarray(rgba.getchannel("A"))])


def _srgb_colors(image: Image.Image, icc: Any, reading: Reading) -> NDArray[np.uint8]:
    """Return the colours without alpha, converted by the profile if it can be used."""
    if image.mode in ("CMYK", "LAB"):
        return _from_other_colors(image, icc, reading)
    colors = np.asarray(image.convert("RGB"))
    if not icc:
        return colors
    if not isinstance(icc, bytes):
        reading.note_profile(f"it is {type(icc).__name__}, not bytes")
        return colors
    converted, refused = _core.apply_profile(colors, icc, image.mode in ("1", "L", "LA"))
    if refused is not None:
        reading.note_profile(refused)
    return converted


def _from_other_colors(image: Image.Image, icc: Any, reading: Reading) -> NDArray[np.uint8]:
    """Return the colours of an image in CMYK, or in Lab, which says itself what it means."""
    try:
        if image.mode == "LAB":
            profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif icc:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        else:
            return np.asarray(image.convert("RGB"))
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        transform = ImageCms.buildTransform(profile, srgb, image.mode, "RGB")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError) as error:
        reading.note_profile(str(error))
        return np.asarray(image.convert("RGB"))
    return np.asarray(ImageCms.applyTransform(image, transform))


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


def _gamma_applied(pixels: Pixels, image: Image.Image) -> Pixels:
    """Convert colours whose PNG file says that they are light to the power of its gAMA.

    Pillow tells no more of the file. An ICC profile and the sRGB chunk take precedence.
    """
    gamma = image.info.get("gamma")
    if not gamma or "srgb" in image.info or "icc_profile" in image.info:
        return pixels
    return _core.apply_gamma(pixels, gamma)

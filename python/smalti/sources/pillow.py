"""Files that Pillow decodes, and its images of any mode, as sRGB."""

import io
from typing import TYPE_CHECKING, Any

from PIL import Image, UnidentifiedImageError

from smalti import _core
from smalti.exceptions import Advice, ImageReadError
from smalti.formats.archive import PICTURE, kind_of
from smalti.raw_array import RawArray
from smalti.sources.drawings import refuse_drawing
from smalti.sources.frames import frames_of
from smalti.sources.orientation import orientation_of, oriented
from smalti.sources.pixel_size import pixel_size_of
from smalti.sources.reading import Reading
from smalti.sources.source_image import SourceImage
from smalti.sources.tiff import TIFF_MAGICS

if TYPE_CHECKING:
    from smalti.sources.source_image import Pixels

__all__ = ["from_pillow", "note_frames", "opened"]

_BITS_PER_SAMPLE = {"1": 1, "I;16": 16, "I;16B": 16, "I;16L": 16, "I": 32, "F": 32}


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


def note_frames(image: Image.Image, reading: Reading) -> None:
    """Note if there is more in the file than the picture that is read."""
    with reading.decoding():
        frames = frames_of(image)
    if frames > 1:
        reading.note_frames(frames)


def from_pillow(image: Image.Image, reading: Reading, file_bytes: int | None = None) -> SourceImage:
    """Convert a Pillow image of any mode: one of a file if it is told how long that is."""
    # Pillow forgets the tags of a file whose pixels it has decoded.
    pixel_size = None if file_bytes is None else pixel_size_of(image)
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
    notes = tuple(reading.notes)
    return SourceImage(pixels, _original_bits(image), reading.name, file_bytes, notes, pixel_size)


def _original_bits(image: Image.Image) -> int:
    width, height = image.size
    samples = 3 if image.mode in ("P", "PA") else len(image.getbands())
    if "transparency" in image.info or image.mode == "PA":
        samples += 1
    return width * height * samples * _BITS_PER_SAMPLE.get(image.mode, 8)


def _srgb_pixels(image: Image.Image, reading: Reading) -> "RawArray | Pixels":
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        from smalti.sources.deep import deep_pixels

        return deep_pixels(image, reading.name)
    if image.mode in ("RGBa", "La"):
        image = image.convert("RGBA" if image.mode == "RGBa" else "LA")
    icc = image.info.get("icc_profile")
    if image.mode in ("CMYK", "LAB"):
        return _samples(_from_other_colors(image, icc, reading))
    # Pillow warns when it is asked for the colours of a palette with transparency alone.
    samples = _samples(image.convert("RGBA" if image.has_transparency_data else "RGB"))
    if not icc:
        return samples
    if not isinstance(icc, bytes):
        reading.note_profile(f"it is {type(icc).__name__}, not bytes")
        return samples
    converted, refused = _core.apply_profile(samples, icc, image.mode in ("1", "L", "LA"))
    if refused is not None:
        reading.note_profile(refused)
    return RawArray(*converted)


def _samples(image: Image.Image) -> RawArray:
    """Return the samples of an image of mode RGB or RGBA."""
    return RawArray(image.tobytes(), (image.height, image.width, len(image.mode)), "uint8")


def _from_other_colors(image: Image.Image, icc: Any, reading: Reading) -> Image.Image:
    """Return the colours of an image in CMYK, or in Lab, which says itself what it means."""
    from PIL import ImageCms

    try:
        if image.mode == "LAB":
            profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif icc:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        else:
            return image.convert("RGB")
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        transform = ImageCms.buildTransform(profile, srgb, image.mode, "RGB")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError) as error:
        reading.note_profile(str(error))
        return image.convert("RGB")
    return transform.apply(image)


def _gamma_applied(pixels: "RawArray | Pixels", image: Image.Image) -> "RawArray | Pixels":
    """Convert colours whose PNG file says that they are light to the power of its gAMA.

    Pillow tells no more of the file. An ICC profile and the sRGB chunk take precedence.
    """
    gamma = image.info.get("gamma")
    if not gamma or "srgb" in image.info or "icc_profile" in image.info:
        return pixels
    return _core.apply_gamma(pixels, gamma)

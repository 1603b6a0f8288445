"""Pictures and files made for the tests."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.conformance.png_writer import (
    GREY,
    GREY_ALPHA,
    RGB,
    RGBA,
    chunk,
    file_of,
    header,
    image_data,
)

PNG_HEADER_BYTES = 33  # the signature and IHDR, which comes first


def noise(height, width, channels=3, *, seed=0, dtype=np.uint8):
    """Uniform random samples: nearly every pixel has a colour of its own."""
    random = np.random.default_rng(seed)
    return random.integers(
        0, np.iinfo(dtype).max, (height, width, channels), dtype=dtype, endpoint=True
    )


def photographs_reduced(step):
    """Three real pictures, every so-manieth pixel of them."""
    skimage_data = pytest.importorskip("skimage.data", reason="needs the extra smalti[demo]")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = [getattr(skimage_data, name)() for name in ("astronaut", "chelsea", "coffee")]
    return [np.ascontiguousarray(picture[::step, ::step]) for picture in whole]


def encoded(image, format_name="PNG", **options):
    """The bytes of an image file; `image` is an array or a Pillow image."""
    if not isinstance(image, Image.Image):
        image = Image.fromarray(image)
    buffer = io.BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def with_png_chunk(png, kind, payload):
    """The same PNG with one more chunk after its header."""
    return png[:PNG_HEADER_BYTES] + chunk(kind, payload) + png[PNG_HEADER_BYTES:]


def without_png_chunk(png, kind):
    """The same PNG without the first chunk of a kind, if it has one."""
    at = png.find(kind) - 4
    if at < PNG_HEADER_BYTES:
        return png
    (length,) = struct.unpack_from(">I", png, at)
    return png[:at] + png[at + 12 + length :]


def png16(samples, *, icc=None, transparent=None):
    """A PNG of 16 bits a sample, which Pillow itself cannot write for colour.

    `samples` has shape (H, W, 1 to 4); `transparent` is the tRNS sample of grey or colour.
    """
    height, width, channels = samples.shape
    color_type = {1: GREY, 2: GREY_ALPHA, 3: RGB, 4: RGBA}[channels]
    chunks = [header(width, height, 16, color_type)]
    if icc is not None:
        chunks.append((b"iCCP", b"profile\0\0" + zlib.compress(icc)))
    if transparent is not None:
        chunks.append((b"tRNS", struct.pack(f">{len(transparent)}H", *transparent)))
    chunks += [(b"IDAT", zlib.compress(image_data(samples, 16))), (b"IEND", b"")]
    return file_of(chunks)


def png_header(png):
    """Width, height, bits a sample and colour type of a PNG file."""
    return struct.unpack(">IIBB", png[16:26])


def srgb_profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile():
    """An sRGB profile with the red and blue primaries swapped: red pixels look blue."""
    profile = bytearray(srgb_profile())
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = {}
    for i in range(count):
        at = 132 + 12 * i
        entries[bytes(profile[at : at + 4])] = at + 4
    red, blue = entries[b"rXYZ"], entries[b"bXYZ"]
    red_place, blue_place = profile[red : red + 8], profile[blue : blue + 8]
    profile[red : red + 8], profile[blue : blue + 8] = blue_place, red_place
    return bytes(profile)


def distinct_colors(pixels):
    """The distinct colours of an (H, W, C) array, as rows."""
    return np.unique(pixels.reshape(-1, pixels.shape[-1]), axis=0)

"""The pictures that curves of bytes against quality are measured on, in two classes."""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.common import images
from bench.common.images import Images, rgb_or_rgba
from bench.common.measure import Picture

# See-through pixels are scored over this grey, in sRGB values.
_GREY = 128
_OPAQUE = 255


@dataclass(frozen=True)
class RateImage:
    """A picture: RGB, or RGBA where it is see-through, and what results are scored against."""

    name: str
    pixels: Picture
    reference: Picture  # RGB
    digest: str

    @property
    def pixel_count(self) -> int:
        """Width times height."""
        height, width = self.pixels.shape[:2]
        return int(height * width)


@dataclass(frozen=True)
class ImageClass:
    """Pictures of one kind, and the scores within which files of them are compared."""

    name: str
    low: float
    high: float

    @property
    def bounds(self) -> tuple[float, float]:
        """Lowest and highest score that counts."""
        return self.low, self.high


PHOTOS = ImageClass(images.PHOTOS, 40, 85)
UI = ImageClass(images.UI, 60, 95)
CLASSES = (PHOTOS, UI)


def images_of(kind: ImageClass, source: Images) -> list[RateImage]:
    """Return a class's pictures."""
    pictures = source.photographs() if kind == PHOTOS else source.drawings()
    return [rate_image(name, pixels) for name, pixels in pictures.items()]


def rate_image(name: str, pixels: Picture) -> RateImage:
    """Return a picture by its pixels; alpha that is opaque everywhere is left out."""
    if pixels.shape[2] == 4 and (pixels[..., 3] == _OPAQUE).all():
        pixels = pixels[..., :3]
    pixels = np.ascontiguousarray(pixels)
    digest = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()
    return RateImage(name, pixels, _over_grey(pixels), digest)


def decoded_over_grey(encoded: bytes) -> Picture:
    """Return an encoded picture as RGB, what is see-through over mid-grey."""
    return _over_grey(rgb_or_rgba(io.BytesIO(encoded)))


def png(pixels: Picture) -> bytes:
    """Return pixels as a PNG, for tools that read files."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def indexed_png(palette: NDArray[np.uint8], indices: NDArray[np.uint8]) -> bytes:
    """Return a palette, (K, 3) or (K, 4), and indices, (H, W), as a PNG."""
    image = Image.fromarray(indices).convert("P")
    image.putpalette(np.ascontiguousarray(palette[:, :3]).tobytes())
    file = io.BytesIO()
    see_through = palette.shape[1] == 4 and (palette[:, 3] != _OPAQUE).any()
    alphas = {"transparency": palette[:, 3].tobytes()} if see_through else {}
    image.save(file, "PNG", **alphas)
    return file.getvalue()


def _over_grey(pixels: Picture) -> Picture:
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.float64) / _OPAQUE
    mixed = alpha * pixels[..., :3] + (1 - alpha) * _GREY
    return np.rint(mixed).astype(np.uint8)

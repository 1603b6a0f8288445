"""The pictures that curves of bytes against quality are measured on, in two classes."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.common.images import photographs
from bench.common.machine import SHARED_DATA
from bench.common.measure import Picture

# What is behind see-through pixels when they are scored, in sRGB values.
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


PHOTOS = ImageClass("photos", 40, 85)
UI = ImageClass("ui", 60, 95)
CLASSES = (PHOTOS, UI)


def images_of(kind: ImageClass, limit: int | None = None) -> list[RateImage]:
    """Return a class's pictures, at most `limit`: of drawn ones those of the fewest pixels.

    None if the data is not at hand.
    """
    if kind == PHOTOS:
        return [rate_image(name, pixels) for name, pixels in photographs(limit=limit).items()]
    paths = sorted((SHARED_DATA / kind.name).glob("*.png"), key=_pixel_count)[:limit]
    return [read_image(path) for path in paths]


def _pixel_count(path: Path) -> tuple[int, str]:
    with Image.open(path) as image:
        return image.width * image.height, path.name


def read_image(path: Path) -> RateImage:
    """Return a file's picture."""
    return rate_image(path.name, _decoded(path.read_bytes()))


def rate_image(name: str, pixels: Picture) -> RateImage:
    """Return a picture by its pixels; alpha that is opaque everywhere is left out."""
    if pixels.shape[2] == 4 and (pixels[..., 3] == _OPAQUE).all():
        pixels = pixels[..., :3]
    pixels = np.ascontiguousarray(pixels)
    digest = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()
    return RateImage(name, pixels, _over_grey(pixels), digest)


def decoded_over_grey(encoded: bytes) -> Picture:
    """Return an encoded picture as RGB, what is see-through over mid-grey."""
    return _over_grey(_decoded(encoded))


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


def _decoded(encoded: bytes) -> Picture:
    with Image.open(io.BytesIO(encoded)) as image:
        transparent = image.has_transparency_data
        return np.asarray(image.convert("RGBA" if transparent else "RGB"))


def _over_grey(pixels: Picture) -> Picture:
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.float64) / _OPAQUE
    mixed = alpha * pixels[..., :3] + (1 - alpha) * _GREY
    return np.rint(mixed).astype(np.uint8)

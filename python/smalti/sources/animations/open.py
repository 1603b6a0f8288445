"""Opening animations of every kind."""

import os
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from smalti.contents import read_bytes
from smalti.formats.pictures.png import FORMAT as PNG
from smalti.formats.pictures.webp import FORMAT as WEBP
from smalti.sources.animations.animated_file import AnimatedFile, AnimatedPillow
from smalti.sources.animations.animation import Animation
from smalti.sources.animations.images_in_row import ImagesInRow
from smalti.sources.frames import frames_of
from smalti.sources.gif_webp import header_of, is_gif
from smalti.sources.read import decoded
from smalti.sources.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smalti.sources.read import ImageSource

__all__ = ["AnimationSource", "open_animation"]

AnimationSource: TypeAlias = "ImageSource | Iterable[ImageSource]"

# Milliseconds of images in a row that nobody has told any time of: 20 a second.
_USUAL = 50.0

_ANIMATION_CONTROL = b"acTL"

# Dimensions of an array of frames, with and without channels.
_OF_FRAMES = 4


def open_animation(
    source: AnimationSource, *, max_pixels: int | None = None, is_strict: bool = False
) -> Animation:
    """Open an animation.

    Parameters
    ----------
    source : image, or iterable of images
        A file of one picture has one frame. Arrays of shape (T, H, W, C) are T frames.
    max_pixels : int, optional
    is_strict : bool, default: False
        Whether a damaged file is refused though its first frames can be read.

    Returns
    -------
    Animation

    Raises
    ------
    ImageReadError
        If it cannot be read.
    InvalidParameterError
        If there is no frame.
    """
    from PIL import Image

    if isinstance(source, Image.Image):
        if frames_of(source) > 1:
            return AnimatedPillow(source, Reading("the Pillow image", max_pixels))
        return ImagesInRow([source], _USUAL, max_pixels)
    is_file = isinstance(source, str | os.PathLike | bytes | bytearray | memoryview)
    if is_file or hasattr(source, "read"):
        return _of_file(*read_bytes(source), max_pixels, is_strict=is_strict)
    if isinstance(source, np.ndarray) and source.ndim != _OF_FRAMES:
        return ImagesInRow([source], _USUAL, max_pixels)
    return ImagesInRow(cast("Iterable[ImageSource]", source), _USUAL, max_pixels)


def _of_file(data: bytes, name: str, max_pixels: int | None, *, is_strict: bool) -> Animation:
    reading = Reading(name, max_pixels)
    if is_gif(data):
        header = header_of(data)
        if header is not None:
            reading.check_pixels(*header[:2])
        return AnimatedFile(data, reading, is_strict=is_strict)
    if PNG.sniff(data) and _ANIMATION_CONTROL in data[: data.find(b"IDAT")]:
        return AnimatedFile(data, reading, is_strict=is_strict)
    if WEBP.sniff(data) and (header_of(data) or (0, 0, 2))[2] > 1:
        return AnimatedPillow(data, reading)
    return ImagesInRow([decoded(data, reading)], _USUAL)

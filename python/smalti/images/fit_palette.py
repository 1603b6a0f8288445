"""One palette for many images."""

import numbers
import os
from typing import TYPE_CHECKING, Any

from smalti.colors import Colors
from smalti.exceptions import InvalidParameterError
from smalti.images.color_sum import ColorSum
from smalti.images.palette import Palette
from smalti.inputs import read_input, warn_of
from smalti.options import CompressOptions
from smalti.progress import Progress
from smalti.sources.source_image import SourceImage
from smalti.sources.tiles.open import opened_by_parts
from smalti.validation import real_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from smalti.sources.read import ImageSource

__all__ = ["fit_palette", "several", "weighed"]

_MAX_WEIGHT = 1_000

# What an iterator ends with.
_NOTHING = object()

# Arrays of more dimensions than an image has are many.
_DIMENSIONS_OF_MANY = 4


def fit_palette(
    images: "Iterable[ImageSource] | ImageSource",
    k: int = 256,
    *,
    space: str = "oklab",
    keep_colors: Colors = (),
    weights: "Iterable[float] | None" = None,
    effort: int = 5,
    seed: int = 0,
    max_pixels: int | None = None,
    progress: Progress | None = None,
) -> Palette:
    """Fit one palette to many images.

    Parameters
    ----------
    images : iterable of anything that `smalti.compress` takes
        Paths, URLs, bytes, file objects, Pillow images or arrays: read one after the other, once,
        and not kept. A single one is an image, too; an array of four dimensions is many. Zarr,
        arrays with chunks (dask's), and TIFF files of more than `max_pixels` are read by parts.
    k : int, default: 256
        Number of colours, 1 to 65,536. Images of fewer colours together keep them all.
    space : {"oklab", "srgb", "linear"}, default: "oklab"
        Where distances are measured.
    keep_colors : sequence of str, or array-like of shape (n, 3) or (n, 4), default: ()
        Colours that the palette holds exactly, at most `k`; the others are fitted beside them.
    weights : iterable of float, optional
        What a pixel of each image counts, 0 to 1,000, in steps of 1 / 65,536. Default: 1 each,
        so that large images count more than small ones.
    effort : int, default: 5
        1 (fast) to 9.
    seed : int, default: 0
        0 to 2**64 - 1; the same images and seed give the same palette.
    max_pixels : int, optional
        Pixels that an image may have: see `smalti.read`.
    progress : callable, optional
        Called with a `smalti.progress.Stage` and its done fraction, 0 to 1; raise to stop.

    Returns
    -------
    Palette
        See-through colours first, then from dark to light, whatever the order of the images.

    Raises
    ------
    ImageReadError
        If an image cannot be read.
    InvalidParameterError
        If an option is outside its range, there is no image, or not as many weights as images.

    Warns
    -----
    ImageReadWarning
        If something about an image is not as it seems, as in `smalti.compress`.

    Notes
    -----
    K-Means runs on the distinct colours of all images and their counts, which are exact: the
    palette is the one that `smalti.compress` gives a single picture of all their pixels, with a
    `rate_weight` and `dither` of 0. Memory is bounded by
    16,777,216 distinct colours and the largest image: docs/palettes.md has figures. Beyond, which 8
    bits without alpha never reach, colours become the middles of the smallest boxes that are few
    enough. Alpha of 253 and 254 becomes opaque, as in `smalti.compress`.

    Examples
    --------
    >>> import numpy as np
    >>> import smalti
    >>> red, blue = np.zeros((2, 8, 8, 3), dtype=np.uint8)
    >>> red[..., 0], blue[..., 2] = 200, 90
    >>> palette = smalti.fit_palette([red, blue, blue], k=2)
    >>> palette.hex, palette.weights.tolist()
    (['#00005a', '#c80000'], [128.0, 64.0])
    >>> compressed = smalti.compress(red, palette=palette)
    >>> compressed.palette.tolist()
    [[0, 0, 90], [200, 0, 0]]
    """
    options = CompressOptions(k=k, space=space, keep_colors=keep_colors, effort=effort, seed=seed)
    colors = ColorSum(has_weights=weights is not None)
    for image, weight in weighed(several(images), weights):
        parts = opened_by_parts(image, max_pixels=max_pixels)
        if parts is None:
            colors.add(read_input(image, max_pixels=max_pixels), weight, progress=progress)
        else:
            colors.add_parts(parts, weight, progress=progress)
            warn_of(parts.all_notes())
    return colors.palette(options, progress=progress)


def several(images: Any) -> "Iterable[ImageSource]":
    """Return the images of an iterable, or of one."""
    is_one = (
        isinstance(images, str | os.PathLike | bytes | bytearray | memoryview | SourceImage)
        or hasattr(images, "read")
        or not hasattr(images, "__iter__")
        or (hasattr(images, "ndim") and images.ndim < _DIMENSIONS_OF_MANY)
        or 0 < _depth(images) < _DIMENSIONS_OF_MANY
    )
    several: Iterable[ImageSource] = [images] if is_one else images
    return several


def _depth(images: Any) -> int:
    """Return how deep nested lists of numbers are, as an image may be given; 0 for others."""
    depth = 0
    while isinstance(images, list | tuple) and images:
        images, depth = images[0], depth + 1
    return depth if isinstance(images, numbers.Number) else 0


def weighed(
    images: "Iterable[ImageSource]", weights: "Iterable[float] | None"
) -> "Iterator[tuple[ImageSource, float]]":
    """Yield images with their weights, 1 if there are none."""
    if weights is None:
        yield from ((image, 1.0) for image in images)
        return
    try:
        left = iter(weights)
    except TypeError:
        raise InvalidParameterError(
            f"weights must be a number for each image, got {weights!r}"
        ) from None
    for i, image in enumerate(images):
        try:
            weight = next(left)
        except StopIteration:
            raise InvalidParameterError(f"weights: there are {i}, but more images") from None
        yield image, real_number(f"weights[{i}]", weight, 0, _MAX_WEIGHT)
    if next(left, _NOTHING) is not _NOTHING:
        raise InvalidParameterError("weights: there are more than images")

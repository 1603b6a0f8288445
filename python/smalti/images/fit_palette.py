"""One palette for many images."""

import numbers
import os
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from smalti import _core
from smalti.colors import Color, Colors
from smalti.exceptions import InvalidParameterError
from smalti.images.palette import Palette
from smalti.inputs import read_input, warn_of
from smalti.options import CompressOptions
from smalti.parallel import each, usable_cpus
from smalti.progress import Progress, tell
from smalti.raw_array import as_array_later
from smalti.sources.source_image import SourceImage
from smalti.sources.tiles.open import opened_by_parts
from smalti.validation import real_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from smalti.sources.read import ImageSource
    from smalti.sources.tiles.tiled_image import TiledImage
    from smalti.sources.tiles.window import Window

__all__ = ["ColorSum", "fit_palette", "several", "weighed"]

# What a pixel of weight 1 counts where images have weights: whole numbers add up to the same sum in
# any order.
_UNIT = 1 << 16

_MAX_WEIGHT = 1_000

# The largest sample of 8 bits.
_EIGHT_BITS = 255

# What an iterator ends with.
_NOTHING = object()

# Arrays of more dimensions than an image has are many.
_DIMENSIONS_OF_MANY = 4


class ColorSum:
    """The colours of many images, to which several threads may add.

    The sum is the same in whatever order they do. Up to 16,777,216 distinct colours it is exact,
    and colours of 8 bits without alpha are never more.

    Parameters
    ----------
    has_weights : bool, default: False
        Whether images have weights.

    Attributes
    ----------
    is_empty : bool
        Whether there has been no image.
    """

    def __init__(self, *, has_weights: bool = False) -> None:
        self._sum = _core.ColorSum()
        self._unit = _UNIT if has_weights else 1
        self.is_empty = True

    def add(
        self, source: SourceImage, weight: float = 1.0, *, progress: Progress | None = None
    ) -> None:
        """Add an image's pixels, each counted `weight` times, to 1 / 65,536."""
        times = round(weight * self._unit)
        if times:
            self._sum.add(source._as_made("pixels"), times, progress=progress)
            self.is_empty = False

    def add_parts(
        self,
        image: "TiledImage",
        weight: float = 1.0,
        *,
        jobs: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Add the pixels of an image that is read by parts.

        So many `jobs` threads read, by default as many as there are processors. What cannot be
        read is in the image's failures, and clear.

        Raises
        ------
        ImageReadError
            If nothing of it can be read; then it does not count.
        """
        times = round(weight * self._unit)
        if not times:
            return
        # An image that cannot be read after all does not count.
        own = _core.ColorSum()

        def count(window: "Window") -> None:
            own.add(image.region(window), times)

        each(image.parts(), count, jobs or usable_cpus(), partial(tell, progress, "histogram"))
        image.check_readable()
        self._sum.merge(own)
        self.is_empty = False

    def to_bytes(self) -> bytes:
        """Return the sum as bytes, some three for each colour; none if there has been no image."""
        return b"" if self.is_empty else self._sum.to_bytes()

    def add_bytes(self, data: bytes) -> None:
        """Add what `to_bytes` of another sum has returned, which has weights if this one has."""
        if data:
            self._sum.add_bytes(data)
            self.is_empty = False

    def distinct(self) -> "tuple[NDArray[np.uint16], NDArray[np.float64], bool]":
        """Return all colours, shape (n, 4), how often each occurs, and whether they have 16 bits.

        Clear colours are one, of which all samples are 0.
        """
        colors, counts, largest = self._sum.colors()
        return colors, counts / self._unit, largest > _EIGHT_BITS

    def palette(self, options: CompressOptions, *, progress: Progress | None = None) -> Palette:
        """Return a palette fitted to all images.

        Raises
        ------
        InvalidParameterError
            If there was no image.
        """
        if self.is_empty:
            raise InvalidParameterError("images: there is none that counts")
        colors, centroids, weights = self._sum.fit(
            options.k,
            unit=self._unit,
            keep=cast("Sequence[Color]", options.keep_colors),
            space=options.space,
            effort=options.effort,
            progress=progress,
        )
        return Palette(as_array_later(colors), as_array_later(weights), as_array_later(centroids))


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

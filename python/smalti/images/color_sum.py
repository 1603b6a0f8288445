"""The colours of many images, added up by threads and, as bytes, by others."""

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.images.palette import Palette
from smalti.options import CompressOptions
from smalti.parallel import Threads, Workers, each
from smalti.progress import Progress, tell
from smalti.raw_array import as_array_later
from smalti.sources.source_image import SourceImage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from smalti.colors import Color
    from smalti.sources.tiles.tiled_image import TiledImage, Unread
    from smalti.sources.tiles.window import Window

__all__ = ["ColorSum", "PartsCounted", "count_parts", "in_groups", "merged_parts"]

# What a pixel of weight 1 counts where images have weights: whole numbers add up to the same sum in
# any order.
_UNIT = 1 << 16

# The largest sample of 8 bits.
_EIGHT_BITS = 255

# Pixels that are counted into one sum as bytes, about: they take a second or two.
_GROUP = 1 << 26


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

    def times(self, weight: float) -> int:
        """Return how often each pixel of an image counts that has a weight."""
        return round(weight * self._unit)

    def add(
        self, source: SourceImage, weight: float = 1.0, *, progress: Progress | None = None
    ) -> None:
        """Add an image's pixels, each counted `weight` times, to 1 / 65,536."""
        times = self.times(weight)
        if times:
            self._sum.add(source._as_made("pixels"), times, progress=progress)
            self.is_empty = False

    def add_parts(
        self,
        image: "TiledImage",
        weight: float = 1.0,
        *,
        workers: Workers | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Add the pixels of an image that is read by parts.

        The workers read, by default as many threads as there are processors. What cannot be read is
        in the image's failures, and clear.

        Raises
        ------
        ImageReadError
            If nothing of it can be read; then it does not count.
        """
        times = self.times(weight)
        if not times:
            return
        # An image that cannot be read after all does not count.
        own = _core.ColorSum()
        workers = workers or Threads()
        shared = workers.reduced(partial(count_parts, image, times), in_groups(image), merged_parts)
        if shared is not None:
            own.add_bytes(shared.colors)
            image.add_unread(shared.unread)
        else:
            count = partial(_count, own, image, times)
            for _ in each(image.parts(), count, workers, partial(tell, progress, "histogram")):
                pass
        image.check_readable()
        self._sum.merge(own)
        self.is_empty = False

    def to_bytes(self) -> bytes:
        """Return the sum as bytes, some two for each colour of 8 bits; none without an image."""
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


class PartsCounted(NamedTuple):
    """What was counted in some parts of an image.

    Attributes
    ----------
    colors : bytes
        A sum of the core's, as bytes.
    unread : list of Unread
        What could not be read.
    """

    colors: bytes
    unread: "list[Unread]"


def in_groups(image: "TiledImage") -> "Iterator[list[Window]]":
    """Yield the parts of an image, some at a time that are counted together."""
    group: list[Window] = []
    for window in image.parts():
        group.append(window)
        if sum(each.pixels for each in group) >= _GROUP:
            yield group
            group = []
    if group:
        yield group


def count_parts(image: "TiledImage", times: int, windows: "list[Window]") -> PartsCounted:
    """Count the pixels of some parts of an image, each so many times."""
    colors = _core.ColorSum()
    unread: list[Unread] = []
    for window in windows:
        _count(colors, image, times, window)
        unread += image.unread_in(window)
    return PartsCounted(colors.to_bytes(), unread)


def merged_parts(parts: "list[PartsCounted]") -> PartsCounted:
    """Return what was counted in all of some parts."""
    colors = _core.ColorSum()
    for part in parts:
        colors.add_bytes(part.colors)
    return PartsCounted(colors.to_bytes(), [each for part in parts for each in part.unread])


def _count(colors: _core.ColorSum, image: "TiledImage", times: int, window: "Window") -> None:
    colors.add(image.region(window), times)

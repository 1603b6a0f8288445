"""The first look at an animation: the colours of what changes, and whether anything is cleared."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from smalti.images.color_sum import ColorSum
from smalti.options import CompressOptions
from smalti.progress import Progress, tell
from smalti.sources.animations.animation import Frame
from smalti.sources.source_image import SourceImage

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_COLORS", "Survey", "surveyed"]

MAX_COLORS = 255
"""GIF holds 256, one of which keeps what is on the screen."""

# Alpha from which on pixels are drawn; GIF knows no other.
_OPAQUE_FROM = 128


class Survey(NamedTuple):
    """What was seen.

    Attributes
    ----------
    colors : ColorSum
        Of the pixels that each frame changes.
    frames : int
    clears : bool
        Whether a frame makes pixels clear that the one before had drawn.
    """

    colors: ColorSum
    frames: int
    clears: bool

    def palette(self, k: int, effort: int, progress: Progress | None) -> list[tuple[int, int, int]]:
        """Return a palette of at most `k` colours."""
        if self.colors.is_empty:
            return [(0, 0, 0)]
        asked = CompressOptions(k=min(k, MAX_COLORS), effort=effort)
        colors = self.colors.palette(asked, progress=progress).colors
        return [(int(red), int(green), int(blue)) for red, green, blue in colors]


def surveyed(frames: Iterable[Frame], progress: Progress | None) -> Survey:
    """Look at all frames once."""
    colors, clears, count = ColorSum(), False, 0
    before: NDArray[np.uint8] | None = None
    for pixels, _ in frames:
        count += 1
        tell(progress, "histogram")
        is_drawn = pixels[..., 3] >= _OPAQUE_FROM
        is_new = is_drawn
        if before is not None:
            clears = clears or bool((~is_drawn & (before[..., 3] >= _OPAQUE_FROM)).any())
            is_new = is_drawn & (pixels != before).any(axis=2)
        before = pixels
        if is_new.any():
            new = np.ascontiguousarray(pixels[is_new][:, np.newaxis, :3])
            colors.add(SourceImage(new, 24 * len(new), "the frames"))
    return Survey(colors, count, clears)

"""Indices of a palette for pixels of windows."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import OptionsError
from smalti.images.compress import compress_with
from smalti.images.palette import Palette
from smalti.options import CompressOptions
from smalti.scale.by_color import ByColor
from smalti.sources.source_image import Pixels, SourceImage
from smalti.sources.tiles.window import Window

__all__ = ["PaletteLabeler", "check_compress_by_parts"]


class PaletteLabeler:
    """Maps pixels to the nearest colours, or mixes these by a mask of thresholds.

    Parameters
    ----------
    palette : Palette
    options : CompressOptions
        Those that `check_compress_by_parts` has seen.
    first : int
        The number of the first colour.
    """

    def __init__(self, palette: Palette, options: CompressOptions, *, first: int) -> None:
        self._made_of = (palette, options, first)
        self._first = first
        self._options = replace(
            options,
            k=len(palette),
            palette=tuple(palette),
            keep_colors=(),
            rate_weight=0.0,
            dither=options.dither or 0.0,
        )
        clear: Any = np.zeros((1, 1, 4), dtype=np.uint8)
        # A mask begins at the corner of a window, whose sides are multiples of the mask's.
        self._nearest = None
        if not self._options.dither:
            self._nearest = ByColor(self._mapped, len(palette), int(self._mapped(clear)[0, 0]))

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what another process makes it of."""
        palette, options, first = self._made_of
        return partial(PaletteLabeler, first=first), (palette, options)

    @property
    def reach(self) -> int:
        """How many rows and columns around a window it looks at: none."""
        return 0

    def __call__(self, pixels: Pixels, _window: Window) -> NDArray[Any]:
        """Return the numbers of colours of pixels, shape (h, w)."""
        indices = self._mapped(pixels) if self._nearest is None else self._nearest(pixels)
        if not self._first:
            return indices
        # The last number may need more bits than the last index.
        last = self._options.colors - 1 + self._first
        return indices.astype(np.min_scalar_type(last)) + self._first

    def _mapped(self, pixels: Pixels) -> NDArray[Any]:
        samples: Any = np.ascontiguousarray(pixels)
        source = SourceImage(samples, 8 * samples.nbytes, "the part")
        indices: NDArray[Any] = compress_with(source, self._options).indices
        return indices


def check_compress_by_parts(options: CompressOptions) -> None:
    """Refuse options that decide on a picture as a whole.

    Raises
    ------
    OptionsError
        If they do.
    """
    for name in ("quality", "max_bytes", "rate_weight"):
        if getattr(options, name):
            raise OptionsError("{} is for images that are read as a whole", name)
    if options.is_in_blocks:
        raise OptionsError("{} is for images that are read as a whole", "block")
    if options.dither and options.dither_method == "diffusion":
        raise OptionsError(
            "{} hands errors on through the whole image; by parts, mix colours with {}",
            "dither",
            ("dither_method", "blue-noise"),
        )

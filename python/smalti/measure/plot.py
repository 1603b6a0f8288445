"""Figures, drawn with matplotlib (the extra ``plot``)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Panel", "comparison_figure", "figure_bytes", "require_matplotlib"]

# Pictures are shown at most this large: more would not be seen on a page.
_MAX_SHOWN = 640

_PANEL_INCHES = 3.2
_DPI = 150


@dataclass(frozen=True)
class Panel:
    """A picture with a title, two lines at most, and the palette it is made of."""

    title: str
    pixels: NDArray[Any]
    palette: NDArray[np.uint8] | None = None


def comparison_figure(rows: Sequence[Sequence[Panel]]) -> "Figure":
    """Return a figure of pictures in rows, each above a strip of its palette.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib.figure import Figure

    columns = max(len(row) for row in rows)
    shapes = [_shown(row[0].pixels).shape for row in rows]
    heights = [_PANEL_INCHES * shape[0] / shape[1] for shape in shapes]
    heights = [min(height, 2 * _PANEL_INCHES) + 0.75 for height in heights]
    figure = Figure(figsize=(_PANEL_INCHES * columns, sum(heights)), dpi=_DPI, layout="constrained")
    bands = figure.subfigures(len(rows), 1, height_ratios=heights, squeeze=False)[:, 0]
    for band, row in zip(bands, rows, strict=True):
        axes = band.subplots(2, columns, height_ratios=[14, 1], squeeze=False)
        for axis in axes.ravel():
            axis.set_axis_off()
        for (picture, strip), panel in zip(axes.T, row, strict=False):
            picture.imshow(_shown(panel.pixels), interpolation="antialiased")
            picture.set_title(panel.title, fontsize=9)
            if panel.palette is not None:
                strip.imshow(panel.palette[np.newaxis], aspect="auto", interpolation="nearest")
    return figure


def figure_bytes(figure: "Figure") -> bytes:
    """Return the figure as the bytes of a PNG file."""
    import io

    buffer = io.BytesIO()
    # Without the Software tag the same pictures give the same bytes.
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def require_matplotlib() -> None:
    """Raise `MissingExtraError` unless matplotlib is installed."""
    import importlib.util

    if importlib.util.find_spec("matplotlib") is None:
        raise MissingExtraError(
            "figures need matplotlib, which is not installed: pip install 'smalti[plot]'"
        )


def _shown(pixels: NDArray[Any]) -> NDArray[Any]:
    """Reduce a large picture to what a figure shows, and 16 bits to 8."""
    from PIL import Image

    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if max(pixels.shape[:2]) <= _MAX_SHOWN:
        return pixels
    image = Image.fromarray(pixels)
    image.thumbnail((_MAX_SHOWN, _MAX_SHOWN))
    return np.asarray(image)

"""Figures, drawn with matplotlib (the extra ``plot``)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase

__all__ = [
    "Panel",
    "RateCurve",
    "RatePoint",
    "comparison_figure",
    "figure_bytes",
    "picture_row",
    "require_matplotlib",
]

# Pictures are shown at most this large: more would not be seen on a page.
_MAX_SHOWN = 640

_PANEL_INCHES = 3.2
_DPI = 150

_CURVES_INCHES = 5.0
# Height over width of the axes: wider ones make every slope look alike.
_CURVES_ASPECT = 0.55

# Colours of Okabe and Ito, which colour-blind people tell apart. The marks differ in shape, too.
_CURVE_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_CURVE_MARKS = "osD^vPX"


@dataclass(frozen=True)
class Panel:
    """A picture with a title, two lines at most, and what it is made of.

    The palette has shape (K, C), or (height, width, C) where it is a picture itself.
    """

    title: str
    pixels: NDArray[Any]
    palette: NDArray[np.uint8] | None = None


class RatePoint(NamedTuple):
    """What a codebook of `label` entries takes, in bits a pixel, and gives, in decibels."""

    label: str
    fixed: float
    entropy: float
    psnr: float


@dataclass(frozen=True)
class RateCurve:
    """Rate against distortion of one way to quantise."""

    label: str
    points: tuple[RatePoint, ...]


def comparison_figure(
    rows: Sequence[Sequence[Panel]], curves: Sequence[RateCurve] = ()
) -> "Figure":
    """Return a figure of pictures in rows, each above a strip of its palette, and of curves.

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
    heights += [_CURVES_INCHES] if curves else []
    figure = Figure(figsize=(_PANEL_INCHES * columns, sum(heights)), dpi=_DPI, layout="constrained")
    bands = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    if curves:
        _draw_curves(bands[-1], curves)
    for band, row in zip(bands, rows, strict=False):
        axes = band.subplots(2, columns, height_ratios=[14, 1], squeeze=False)
        for axis in axes.ravel():
            axis.set_axis_off()
        for (picture, strip), panel in zip(axes.T, row, strict=False):
            picture.imshow(_shown(panel.pixels), interpolation="antialiased")
            picture.set_title(panel.title, fontsize=9)
            if panel.palette is not None:
                palette = panel.palette if panel.palette.ndim == 3 else panel.palette[np.newaxis]
                strip.imshow(palette, aspect="auto", interpolation="nearest")
    return figure


def picture_row(panels: Sequence[Panel]) -> "Figure":
    """Return a figure of pictures side by side, with room for a legend below."""
    from matplotlib.figure import Figure

    shape = _shown(panels[0].pixels).shape
    height = min(_PANEL_INCHES * shape[0] / shape[1], 2 * _PANEL_INCHES) + 0.6
    size = (_PANEL_INCHES * len(panels), height)
    figure = Figure(figsize=size, dpi=_DPI, layout="constrained")
    for axis, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        axis.set_axis_off()
        axis.imshow(_shown(panel.pixels), interpolation="antialiased")
        axis.set_title(panel.title, fontsize=9)
    return figure


def _draw_curves(band: "FigureBase", curves: Sequence[RateCurve]) -> None:
    """Draw distortion over rate: solid with fixed-length indices, dashed with their entropy."""
    axes = band.subplots()
    axes.set_box_aspect(_CURVES_ASPECT)
    axes.set_xscale("log", base=2)
    for number, curve in enumerate(curves):
        # The PSNR of a picture without error is infinite: no axis reaches it.
        points = [point for point in curve.points if math.isfinite(point.psnr)]
        color = _CURVE_COLORS[number % len(_CURVE_COLORS)]
        mark = _CURVE_MARKS[number % len(_CURVE_MARKS)]
        heights = [point.psnr for point in points]
        fixed = [point.fixed for point in points]
        axes.plot(fixed, heights, f"-{mark}", color=color, markersize=5, label=curve.label)
        entropy = [point.entropy for point in points]
        axes.plot(entropy, heights, f"--{mark}", color=color, markersize=3, linewidth=1)
        for point in points:
            place = (point.fixed, point.psnr)
            axes.annotate(
                point.label, place, (5, -9), textcoords="offset points", fontsize=7, color=color
            )
    _label_curves(axes)


def _label_curves(axes: "Axes") -> None:
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FuncFormatter

    axes.set_title("Rate and distortion; beside each point its K", fontsize=10)
    axes.set_xlabel("bits a pixel, codebook included")
    axes.set_ylabel("PSNR in dB")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda bits, _: f"{bits:g}"))
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    lines, _ = axes.get_legend_handles_labels()
    styles = [
        Line2D([], [], color="#666666", label="fixed-length indices"),
        Line2D([], [], color="#666666", linestyle="--", label="their entropy"),
    ]
    axes.legend(handles=[*lines, *styles], fontsize=8, frameon=False, loc="lower right")


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

"""Charts as matplotlib draws them, for a clone without drawings of its own.

Each function returns one as RGB, or as RGBA where its background is see-through.
"""

import io

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from bench.common.measure import Picture

_DPI = 100


def lines() -> Picture:
    """Draw four noisy series with a legend, on white."""
    figure, axes = _chart(640, 400)
    random = np.random.default_rng(1)
    days = np.arange(250)
    for name in ("north", "east", "south", "west"):
        axes.plot(days, random.normal(0.05, 1, days.size).cumsum(), label=name)
    axes.set_xlabel("day")
    axes.set_ylabel("change since the first day")
    axes.grid(alpha=0.4)
    axes.legend()
    return _drawn(figure)[..., :3]


def heat_map() -> Picture:
    """Draw a smooth field as an image, with a bar of its colours."""
    figure, axes = _chart(560, 420)
    image = axes.imshow(_field(), cmap="viridis", extent=(0, 60, 0, 40), origin="lower")
    figure.colorbar(image, ax=axes, label="height")
    axes.set_title("Smooth colours without contours")
    return _drawn(figure)[..., :3]


def scatter() -> Picture:
    """Draw translucent points of many sizes on a see-through background."""
    figure, axes = _chart(480, 480)
    figure.patch.set_alpha(0)
    axes.patch.set_alpha(0)
    random = np.random.default_rng(2)
    x, y = random.normal(size=(2, 300))
    sizes = random.uniform(10, 300, 300)
    axes.scatter(x, y, sizes, c=x + y, cmap="plasma", alpha=0.5)
    return _drawn(figure)


def bars() -> Picture:
    """Draw flat bars with values written on them, on a dark ground."""
    figure, axes = _chart(640, 360)
    figure.patch.set_facecolor("#1e1e2e")
    axes.set_facecolor("#1e1e2e")
    values = (31, 47, 28, 64, 52, 39)
    drawn = axes.bar(("red", "ochre", "green", "teal", "blue", "plum"), values)
    for bar, color in zip(
        drawn, ("#f38ba8", "#f9e2af", "#a6e3a1", "#94e2d5", "#89b4fa", "#cba6f7"), strict=True
    ):
        bar.set_color(color)
    axes.bar_label(drawn, color="#cdd6f4", fontsize=12)
    axes.tick_params(colors="#cdd6f4")
    axes.spines[:].set_visible(False)
    return _drawn(figure)[..., :3]


def contours() -> Picture:
    """Draw a field as a map of ten flat colours with lines between them."""
    figure, axes = _chart(520, 400)
    field = _field()
    axes.contourf(field, levels=10, cmap="terrain")
    drawn = axes.contour(field, levels=10, colors="black", linewidths=0.6)
    axes.clabel(drawn, fontsize=7)
    axes.set_axis_off()
    return _drawn(figure)[..., :3]


def _field() -> NDArray[np.float64]:
    """Return a sum of a few waves in both directions, (120, 180)."""
    y, x = np.mgrid[:120, :180] / 30.0
    return np.asarray(np.sin(x) * np.cos(y) + 0.5 * np.sin(2 * x + y) + 0.2 * np.cos(3 * y - x))


def _chart(width: int, height: int) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, layout="constrained")
    return figure, figure.subplots()


def _drawn(figure: Figure) -> Picture:
    """Return a figure's pixels as RGBA."""
    file = io.BytesIO()
    figure.savefig(file, format="png")
    with Image.open(file) as image:
        return np.asarray(image.convert("RGBA"))

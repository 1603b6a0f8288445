"""The figure of time against distortion: smalti's efforts as a line, its peers as points."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import Bbox

from bench.engine.scores import Mean

# Okabe and Ito's blue and vermilion, which everyone tells apart. The marks differ in shape too.
_SMALTI = "#0072B2"
_PEERS = "#D55E00"
# Below this the vertical axis is linear, so that it reaches the best known distortion itself.
_LINEAR_PERCENT = 1.0
_PERCENTS = (-0.5, 0, 0.5, 1, 2, 5, 10, 20, 50, 100)
# Where a label may stand, in points from its point: at the first place that is free.
_PLACES = (
    *((8, 0), (-8, 0), (5, 5), (-5, -5), (-5, 5), (5, -5), (0, 7), (0, -7)),
    *((5, 16), (-5, -16), (-5, 16), (5, -16), (0, 18), (0, -18)),
)
# Half the width of a mark in pixels of the screen, and pieces of a line between two marks.
_POINT_RADIUS = 5.0
_PIECES = 40


def draw_curve(efforts: Sequence[Mean], peers: Mapping[str, Mean], path: Path) -> None:
    """Draw efforts 1, 2, ... and the peers, and write the figure as SVG."""
    # With a fixed salt the same figure is the same file at each run.
    with rc_context({"svg.hashsalt": "smalti", "font.size": 9}):
        figure = Figure(figsize=(8, 5), facecolor="white", layout="constrained")
        axes = figure.subplots()
        points = [*efforts, *peers.values()]
        _set_axes(axes, points)
        axes.plot(*_coordinates(efforts), "o-", color=_SMALTI, markersize=5, zorder=3)
        axes.plot(*_coordinates(list(peers.values())), "D", color=_PEERS, markersize=5, zorder=4)
        # Labels find their places among what is drawn.
        figure.draw_without_rendering()
        taken = _covered(axes, efforts) + _covered(axes, list(peers.values()), between=False)
        names = ["smalti, effort 1", *map(str, range(2, 1 + len(efforts)))]
        for name, point in zip(names, efforts, strict=True):
            _label(axes, name, point, taken, _SMALTI)
        for name, point in peers.items():
            _label(axes, name, point, taken, _PEERS)
        figure.savefig(path, metadata={"Date": None})


def _set_axes(axes: Axes, points: Sequence[Mean]) -> None:
    times, percents = _coordinates(points)
    axes.set_xscale("log")
    axes.set_yscale("symlog", linthresh=_LINEAR_PERCENT)
    axes.set_xlim(min(times) / 2, max(times) * 3)
    axes.set_ylim(min(0.0, *percents) - 0.2, max(percents) * 2)
    axes.set_yticks(_PERCENTS, [f"{percent} %" for percent in _PERCENTS], minor=False)
    axes.set_yticks([], minor=True)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time, _: f"{time:,.0f} ms"))
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("time to fit 256 colours and map every pixel, mean over the photographs")
    axes.set_ylabel("squared error above the best known")


def _coordinates(points: Sequence[Mean]) -> tuple[list[float], list[float]]:
    return [point.milliseconds for point in points], [point.percent_above_best for point in points]


def _covered(axes: Axes, points: Sequence[Mean], *, between: bool = True) -> list[Bbox]:
    """Return boxes round points, and round pieces of the line between them, on the screen."""
    places = axes.transData.transform(np.transpose(_coordinates(points)))
    boxes = [_box(x, y, _POINT_RADIUS) for x, y in places]
    if between:
        for start, end in itertools.pairwise(places):
            boxes += [_box(x, y, 1.0) for x, y in np.linspace(start, end, _PIECES)]
    return boxes


def _box(x: float, y: float, radius: float) -> Bbox:
    return Bbox.from_extents(x - radius, y - radius, x + radius, y + radius)


def _label(axes: Axes, name: str, point: Mean, taken: list[Bbox], color: str) -> None:
    """Write a name beside its point, where it covers nothing, and note the place as taken."""
    label = axes.annotate(
        name,
        (point.milliseconds, point.percent_above_best),
        xytext=(0, 0),
        textcoords="offset points",
        color=color,
        in_layout=False,
    )
    for x, y in _PLACES:
        label.set_position((x, y))
        label.set_horizontalalignment("left" if x > 0 else "right" if x < 0 else "center")
        label.set_verticalalignment("bottom" if y > 0 else "top" if y < 0 else "center")
        box = label.get_window_extent()
        inside = axes.bbox.containsx(box.x0) and axes.bbox.containsx(box.x1)
        if inside and not any(box.overlaps(other) for other in taken):
            break
    taken.append(box)

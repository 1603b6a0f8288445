"""The figures of bytes at equal quality: one line a tool, relative to one of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from bench.rate.images import ImageClass

# Okabe and Ito's blue, vermilion, bluish green and reddish purple; the dashes differ too.
_STYLES = (("#0072B2", "-"), ("#D55E00", "--"), ("#009E73", "-."), ("#CC79A7", ":"))
# Room for the names at the ends of the lines, as a part of the width.
_NAMES = 0.16
# Scores from tick to tick.
_TICKS = 5
# Names closer than this part of the height are pushed apart.
_CLOSE = 0.05


def draw_rates(
    lines: Mapping[str, Sequence[tuple[float, float]]], kind: ImageClass, path: Path
) -> None:
    """Draw (score, relative bytes) by tool, and write the figure as SVG."""
    # With a fixed salt the same figure is the same file at each run.
    with rc_context({"svg.hashsalt": "smalti", "font.size": 9}):
        figure = Figure(figsize=(8, 4.5), facecolor="white", layout="constrained")
        axes = figure.subplots()
        drawn = {name: line for name, line in lines.items() if line}
        for (name, line), (color, dashes) in zip(drawn.items(), _STYLES, strict=False):
            axes.plot(*zip(*line, strict=True), dashes, color=color, linewidth=2, label=name)
        axes.set_xlim(kind.low, kind.high + _NAMES * (kind.high - kind.low))
        axes.set_xticks(range(int(kind.low), int(kind.high) + 1, _TICKS))
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda ratio, _: f"{100 * ratio:.0f} %"))
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel("SSIMULACRA2")
        axes.set_ylabel("bytes, relative to pngquant's at the same score")
        heights = _apart([line[-1][1] for line in drawn.values()], _CLOSE * axes.get_ylim()[1])
        ends = zip(drawn.items(), heights, _STYLES, strict=False)
        for (name, line), height, (color, _) in ends:
            axes.annotate(
                name,
                (line[-1][0], height),
                xytext=(6, 0),
                textcoords="offset points",
                color=color,
                verticalalignment="center",
            )
        figure.savefig(path, metadata={"Date": None})


def _apart(heights: Sequence[float], distance: float) -> list[float]:
    """Return heights moved up where they are closer than `distance` to the one below."""
    moved = list(heights)
    below = None
    for index in sorted(range(len(heights)), key=lambda index: heights[index]):
        if below is not None:
            moved[index] = max(heights[index], moved[below] + distance)
        below = index
    return moved

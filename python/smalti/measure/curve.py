"""The table and the figure of distortion against the number of centroids."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from smalti.measure.plot import require_matplotlib
from smalti.measure.table import number

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.table import Table

__all__ = ["CurveRow", "curve_figure", "curve_table"]

_INCHES = (6.4, 4.0)
_DPI = 150

# Beyond the sizes asked for the curve may go on to fall and show its bend.
_NO_KNEE = "no knee: try larger K"


@dataclass(frozen=True)
class CurveRow:
    """What a codebook of k code vectors is worth.

    Attributes
    ----------
    k : int
        The size asked for.
    bits : int
        Bits of a fixed-length index.
    distortion : float
        J, the mean squared distance.
    silhouette : float
        -1 to 1, or NaN.
    """

    k: int
    bits: int
    distortion: float
    silhouette: float


def curve_table(rows: Sequence[CurveRow], knee: int | None) -> "Table":
    """Return a table with a line for each size, the knee marked or said to be missing."""
    from rich.table import Table

    table = Table(header_style="bold", caption=_NO_KNEE if knee is None else None)
    for heading in ("K", "bits", "distortion J", "dB", "silhouette", ""):
        table.add_column(heading, justify="left" if not heading else "right", no_wrap=True)
    for row in rows:
        lowered = _decibel(rows[0].distortion, row.distortion)
        table.add_row(
            f"{row.k:,}",
            f"{row.bits}",
            f"{row.distortion:.6g}",
            number(lowered, 2),
            number(None if math.isnan(row.silhouette) else row.silhouette, 3),
            "knee" if row.k == knee else "",
        )
    return table


def curve_figure(rows: Sequence[CurveRow], knee: int | None) -> "Figure":
    """Return a figure of both curves, the knee marked or said to be missing.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    axis = figure.subplots()
    sizes = [row.k for row in rows]
    distortion = [row.distortion for row in rows]
    (falling,) = axis.plot(sizes, distortion, "o-", color="tab:blue", label="distortion J")
    if min(distortion) > 0.0:
        # The knee is found on a logarithmic scale, too.
        axis.set_yscale("log")
    axis.set_xlabel("number of centroids K")
    axis.set_ylabel("distortion J")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    if knee is None:
        (marked,) = axis.plot([], [], linestyle="none", label=_NO_KNEE)
    else:
        marked = axis.axvline(knee, linestyle="--", color="tab:grey", label=f"knee: K = {knee}")
    other = axis.twinx()
    scores = [row.silhouette for row in rows]
    (scored,) = other.plot(sizes, scores, "s:", color="tab:orange", label="silhouette")
    other.set_ylabel("silhouette")
    axis.legend(handles=[falling, scored, marked])
    return figure


def _decibel(first: float, now: float) -> float:
    """How far the distortion has fallen since the first, in decibel."""
    if first == now:
        return 0.0
    return 10.0 * math.log10(first / now) if now > 0.0 else math.inf

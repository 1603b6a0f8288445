"""How much smaller one tool's files are than another's at the same quality, and the reverse.

A curve is what a tool makes of one picture with several settings: pairs of bytes and quality.
Of a curve only its front counts, the points that no other point of it beats in both: somebody
who wants a quality picks the setting that reaches it with the fewest bytes. Between the front's
points the logarithm of the bytes is a straight line of the quality. Two fronts are compared
where they overlap: the mean difference of the logarithms, in closed form, is a ratio.

G. Bjontegaard, "Calculation of average PSNR differences between RD-curves", VCEG-M33, 2001;
straight lines take the place of his cubic, which overshoots on fronts as uneven as these.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Curve = Sequence[tuple[float, float]]
_Floats = NDArray[np.float64]


def bd_rate(ours: Curve, theirs: Curve, low: float, high: float) -> float | None:
    """Return by which fraction our files are larger, mean over the scores that both reach.

    Parameters
    ----------
    ours, theirs : sequence of (bytes, score)
        In any order; a higher score is better.
    low, high : float
        Scores below and above do not count.

    Returns
    -------
    float or None
        -0.1 when ours need a tenth fewer bytes; None when the fronts have no scores in common
        between `low` and `high`.

    Examples
    --------
    Half the bytes everywhere:

    >>> theirs = [(100, 40), (200, 60), (400, 80)]
    >>> ours = [(50, 40), (100, 60), (200, 80)]
    >>> round(bd_rate(ours, theirs, 40, 80), 6)
    -0.5

    A setting that another beats does not count, on either side:

    >>> round(bd_rate([*ours, (190, 50)], theirs, 40, 80), 6)
    -0.5

    Equal at 40, half at 60; the mean of the logarithms is the geometric mean:

    >>> rate = bd_rate([(100, 40), (100, 60)], [(100, 40), (200, 60)], 40, 60)
    >>> rate is None  # of our points only the better one is on the front
    True
    >>> rate = bd_rate([(100, 40), (101, 60)], [(100, 40), (202, 60)], 40, 60)
    >>> round(rate, 6) == round(0.5**0.5 - 1, 6)
    True
    >>> bd_rate([(50, 10), (60, 20)], theirs, 0, 100) is None
    True
    """
    difference = _mean_difference(_front(ours), _front(theirs), low, high)
    return None if difference is None else math.expm1(difference)


def common_scores(
    ours: Curve, theirs: Curve, low: float, high: float
) -> tuple[float, float] | None:
    """Return the lowest and highest score that `bd_rate` compares, if there are any.

    Examples
    --------
    >>> common_scores([(50, 35), (90, 70)], [(100, 40), (200, 80)], 0, 75)
    (40.0, 70.0)
    """
    return _common(_front(ours)[0], _front(theirs)[0], low, high)


def bd_distortion(
    ours: Curve, theirs: Curve, low: float = 0, high: float = math.inf
) -> float | None:
    """Return by which fraction our distortion is larger, mean over the bytes in common.

    Parameters
    ----------
    ours, theirs : sequence of (bytes, distortion)
        In any order; a lower distortion is better, and it is above 0.
    low, high : float
        Files smaller and larger do not count.

    Examples
    --------
    >>> bd_distortion([(100, 2), (400, 1)], [(100, 4), (400, 2)])
    -0.5
    """
    fronts = [
        _front([(bytes_, -math.log(distortion)) for bytes_, distortion in curve])
        for curve in (ours, theirs)
    ]
    by_bytes = [(rates, qualities) for qualities, rates in fronts]
    bounds = (math.log(low) if low > 0 else -math.inf, math.log(high))
    difference = _mean_difference(by_bytes[0], by_bytes[1], *bounds)
    return None if difference is None else math.expm1(-difference)


def bytes_at(curve: Curve, scores: Iterable[float]) -> list[float]:
    """Return the bytes that a curve's front needs for each score, NaN outside of it.

    Examples
    --------
    >>> [round(bytes_) for bytes_ in bytes_at([(100, 40), (400, 60)], (40, 50, 60))]
    [100, 200, 400]
    >>> bytes_at([(100, 40), (400, 60)], [70])
    [nan]
    """
    qualities, rates = _front(curve)
    found = np.interp(list(scores), qualities, rates, left=math.nan, right=math.nan)
    return [float(bytes_) for bytes_ in np.exp(found)]


def _front(curve: Curve) -> tuple[_Floats, _Floats]:
    """Return the qualities of the points that no other beats, rising, and their log bytes."""
    best_first = sorted((-quality, math.log(bytes_)) for bytes_, quality in curve)
    kept: list[tuple[float, float]] = []
    for negative, rate in best_first:
        if not kept or rate < kept[-1][1]:
            kept.append((-negative, rate))
    points = np.array(kept[::-1], dtype=np.float64).reshape(-1, 2)
    return points[:, 0], points[:, 1]


def _mean_difference(
    ours: tuple[_Floats, _Floats], theirs: tuple[_Floats, _Floats], low: float, high: float
) -> float | None:
    """Return the mean of ours less theirs, both straight between their points."""
    common = _common(ours[0], theirs[0], low, high)
    if common is None:
        return None
    low, high = common
    inner = np.union1d(ours[0], theirs[0])
    knots = np.array([low, *inner[(inner > low) & (inner < high)], high])
    differences = np.interp(knots, *ours) - np.interp(knots, *theirs)
    areas = np.diff(knots) * (differences[1:] + differences[:-1]) / 2
    return float(areas.sum() / (high - low))


def _common(ours: _Floats, theirs: _Floats, low: float, high: float) -> tuple[float, float] | None:
    if not (len(ours) and len(theirs)):
        return None
    low = max(low, float(ours[0]), float(theirs[0]))
    high = min(high, float(ours[-1]), float(theirs[-1]))
    return (low, high) if low < high else None

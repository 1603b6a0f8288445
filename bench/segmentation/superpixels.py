"""Superpixels of pictures whose segmentation is known: smalti.superpixels beside scikit-image.

Both get an array of 8-bit RGB and give labels. They take turns on each picture. scikit-image's
`slic` runs as it comes and as it suits these very pictures best: of compactnesses of 15 to 35,
and smoothing by 0 to 2 pixels, these have the least undersegmentation error.
"""

import importlib.metadata
import statistics
import sys
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from skimage.segmentation import slic

import smalti
from bench.common.measure import REPEATS, Picture, once
from bench.common.settings import Settings
from bench.segmentation.composites import composites, origin
from bench.segmentation.superpixel_measures import Labels, Measures, measures

COUNTS = (200, 600, 1500)

Tool = Callable[[Picture, int], Labels]


def _slic(compactness: float, sigma: float, picture: Picture, n: int) -> Labels:
    labels = slic(picture, n_segments=n, compactness=compactness, sigma=sigma)
    return np.asarray(labels).astype(np.uint32)


TOOLS: dict[str, Tool] = {
    "`smalti.superpixels`": smalti.superpixels,
    "scikit-image `slic`": partial(_slic, 10.0, 0.0),
    "`slic`, compactness 25, sigma 1": partial(_slic, 25.0, 1.0),
}


class Figures(NamedTuple):
    """What a tool made of a picture, and the time that it took."""

    measures: Measures
    seconds: float


def run(settings: Settings) -> str:
    """Return the table."""
    pictures = composites(settings.images)
    cases = [(name, n) for n in COUNTS for name in TOOLS]
    measured: dict[tuple[str, int], list[Figures]] = {case: [] for case in cases}
    for number, picture in enumerate(pictures, 1):
        title = f"composites {number} of {len(pictures)}: {picture.name}"
        print(title, file=sys.stderr, flush=True)
        for name, n in cases:
            seconds, labels = _timed(partial(TOOLS[name], picture.image, n))
            measured[name, n].append(Figures(measures(labels, picture.truth), seconds))
    return "\n".join(
        [
            f"Means over {len(pictures)} composites of patches from {origin(settings.images)}; "
            f"milliseconds are the median of {REPEATS} runs after one that is not counted, and "
            "ratios the median of those on each picture. "
            f"scikit-image {importlib.metadata.version('scikit-image')}.",
            "",
            "| superpixels wanted | tool | found | boundary recall | undersegmentation error "
            "| achievable accuracy | ms | time / smalti |",
            "|---" * 8 + "|",
            *(_line(measured, name, n) for name, n in cases),
        ]
    )


def _timed(work: Callable[[], Labels]) -> tuple[float, Labels]:
    labels = work()
    return statistics.median(once(work)[0] for _ in range(REPEATS)), labels


def _line(measured: dict[tuple[str, int], list[Figures]], name: str, n: int) -> str:
    figures, ours = measured[name, n], measured[next(iter(TOOLS)), n]
    recall, error, accuracy, count = (
        statistics.mean(values)
        for values in zip(*(figure.measures for figure in figures), strict=True)
    )
    milliseconds = 1000 * statistics.mean(figure.seconds for figure in figures)
    ratio = statistics.median(
        figure.seconds / own.seconds for figure, own in zip(figures, ours, strict=True)
    )
    return (
        f"| {n} | {name} | {count:.0f} | {recall:.4f} | {error:.4f} | {accuracy:.4f} "
        f"| {milliseconds:.1f} | {ratio:.1f} |"
    )

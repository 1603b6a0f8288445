"""Time and distortion of one tool on one photograph, in memory."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Result = TypeVar("Result")

REPEATS = 3
# A tool that needs longer runs once for each photograph: its times vary little from run to run,
# and repeating them would make up most of the time that the benchmarks take.
SLOW_SECONDS = 1.0
# Distances are summed over this many pixels at a time: a large photograph as floats would take a
# gigabyte.
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Quantised:
    """A palette, (K, 3) from 0 to 255 and not rounded if the tool gives it so, and its indices."""

    palette: NDArray[Any]
    indices: NDArray[Any]


@dataclass(frozen=True)
class Run:
    """What a tool made of a photograph, and its median time."""

    milliseconds: float
    quantised: Quantised


@dataclass(frozen=True)
class Tool:
    """A way to quantise: its name, how it is set up, and what runs it on a photograph for K."""

    name: str
    setting: str
    run: Callable[[Picture, int], Run]


def timed(quantise: Callable[[], Quantised]) -> Run:
    """Return the result and the median time of several runs, after one that is not counted."""
    seconds, quantised = once(quantise)
    if seconds < SLOW_SECONDS:
        seconds = statistics.median(once(quantise)[0] for _ in range(REPEATS))
    return Run(1000 * seconds, quantised)


def once(work: Callable[[], Result]) -> tuple[float, Result]:
    """Return the time that one run takes, and its result."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def squared_error(photo: Picture, quantised: Quantised) -> float:
    """Return the squared error summed over red, green and blue, mean over the pixels."""
    pixels, labels = photo.reshape(-1, 3), quantised.indices.reshape(-1)
    palette = quantised.palette.astype(np.float64)
    total = 0.0
    for start in range(0, len(pixels), _CHUNK):
        chunk = slice(start, start + _CHUNK)
        total += float(((palette[labels[chunk]] - pixels[chunk]) ** 2).sum())
    return total / len(pixels)


def picture_error(photo: Picture, quantised: Quantised) -> float:
    """Return the squared error of the picture that comes out, its palette rounded to 8 bits."""
    return squared_error(photo, Quantised(np.rint(quantised.palette), quantised.indices))

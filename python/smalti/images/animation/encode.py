"""Frames in, a GIF file out."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from smalti import _core
from smalti.images.animation.wishes import Delays
from smalti.progress import Progress, tell
from smalti.raw_array import RawArray
from smalti.sources.animations.animation import Frame

__all__ = ["Encoded", "FrameFacts", "Mapping", "encoded"]

# Frames that are looked ahead, to know how long colours last.
_WINDOW = 24


@dataclass(frozen=True)
class Mapping:
    """How frames are mapped.

    Attributes
    ----------
    palette : list of (int, int, int)
        Colours that all frames share, at most 255.
    weight : float
        What a bit is worth in squared error.
    dither : float
    effort : int
    has_own_palettes : bool
        Whether frames may have palettes of their own.
    """

    palette: list[tuple[int, int, int]]
    weight: float
    dither: float
    effort: int
    has_own_palettes: bool


class FrameFacts(NamedTuple):
    """What became of a frame.

    Attributes
    ----------
    milliseconds : float
        For which it is shown.
    bytes : int
        That it takes in the file.
    held : int
        Pixels that show another colour than they could, for the sake of bytes.
    colors : int
        Of its palette.
    """

    milliseconds: float
    bytes: int
    held: int
    colors: int


class Encoded(NamedTuple):
    """A GIF file, and what became of its frames."""

    file: bytes
    frames: list[FrameFacts]


class Shape(NamedTuple):
    """What a file says first.

    Attributes
    ----------
    sides : (int, int)
        Height and width.
    plays : int
        How often it is played; 0 for ever.
    frames : int
        How many, for the progress.
    """

    sides: tuple[int, int]
    plays: int
    frames: int


def encoded(
    frames: Iterable[Frame],
    shape: Shape,
    mapping: Mapping,
    delays: Delays,
    progress: Progress | None,
) -> Encoded:
    """Map frames and write them, with some of those that follow at hand."""
    mapper = _core.FrameMapper(
        shape.sides,
        mapping.palette,
        "oklab",
        mapping.effort,
        mapping.weight,
        mapping.dither,
        mapping.has_own_palettes,
    )
    writer = _core.GifWriter(shape.sides, mapping.palette, shape.plays)
    facts: list[FrameFacts] = []
    before = 0
    for (pixels, milliseconds), following in _with_following(frames):
        tell(progress, "labels", len(facts) / shape.frames)
        top, left, labels, palette, clears, held = mapper.map(pixels, following)
        delay = delays.of(milliseconds)
        length = writer.write((top, left), RawArray(*labels), palette, clears, delay)
        colors = len(mapping.palette if palette is None else palette)
        facts.append(FrameFacts(10.0 * delay, length - before, held, colors))
        before = length
    return Encoded(writer.finish(), facts)


def _with_following(
    frames: Iterable[Frame],
) -> Iterator[tuple[tuple[RawArray, float], list[RawArray]]]:
    """Yield each frame as the core takes it, and those that follow."""
    window: deque[tuple[RawArray, float]] = deque()
    for pixels, milliseconds in frames:
        raw = RawArray(pixels.tobytes(), pixels.shape, "uint8")
        window.append((raw, milliseconds))
        if len(window) > _WINDOW:
            yield window.popleft(), [raw for raw, _ in window]
    while window:
        yield window.popleft(), [raw for raw, _ in window]

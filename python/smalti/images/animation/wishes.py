"""What is asked of a compressed animation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from smalti.exceptions import InvalidParameterError
from smalti.images.animation.survey import MAX_COLORS
from smalti.options import MAX_INDEXED_COLORS, CompressOptions
from smalti.sources.animations.animation import Animation, Frame
from smalti.validation import real_number, whole_number

if TYPE_CHECKING:
    from smalti.colors import Color, PaletteLike

__all__ = ["AnimationWishes", "Delays", "Timing", "checked_plays"]

# GIF counts what follows the first time, up to 65,535.
_MAX_PLAYS = 65_536

_OPAQUE = 255

# Hundredths of a second that GIF holds, and their milliseconds.
_MOST_HUNDREDTHS, _UNIT = 65_535, 10.0

# Browsers show frames of one hundredth, and of none, for ten.
_LEAST_HUNDREDTHS = 2


@dataclass(frozen=True)
class Timing:
    """How long frames are shown, where that is not what the source tells.

    Attributes
    ----------
    durations : float, sequence of float, or None
        Milliseconds of all frames, or of each.
    fps : float or None
        Frames a second.
    """

    durations: Any = None
    fps: float | None = None

    def __post_init__(self) -> None:
        """Refuse what is no time."""
        if self.fps is not None and self.durations is not None:
            raise InvalidParameterError("fps and durations both tell how long frames are shown")
        if self.fps is not None:
            real_number("fps", self.fps, 0.01, 1000.0)
        each = self.durations if isinstance(self.durations, Sequence) else [self.durations]
        for value in each if self.durations is not None else ():
            real_number("durations", value, 0.0, _UNIT * _MOST_HUNDREDTHS)

    def timed(self, animation: Animation) -> Iterator[Frame]:
        """Yield the frames of an animation with their times.

        Raises
        ------
        InvalidParameterError
            If there are more or fewer frames than durations.
        """
        listed = self.durations if isinstance(self.durations, Sequence) else None
        count = 0
        for count, frame in enumerate(animation.frames(), 1):
            if listed is not None and count > len(listed):
                continue
            yield frame._replace(milliseconds=self._of(count - 1, frame.milliseconds))
        if listed is not None and count != len(listed):
            raise InvalidParameterError(
                f"durations has {len(listed)} values, but {animation.name} has {count} frames"
            )

    def _of(self, number: int, told: float) -> float:
        if self.fps is not None:
            return 1000.0 / self.fps
        if self.durations is None:
            return told
        listed = isinstance(self.durations, Sequence)
        return float(self.durations[number] if listed else self.durations)

    def keeps_gif_delays(self, animation: Animation) -> bool:
        """Whether times are those of a GIF file."""
        return animation.has_gif_delays and self.fps is None and self.durations is None


class Delays:
    """Turns milliseconds into GIF's hundredths of a second, so that their sum stays right.

    Parameters
    ----------
    as_they_are : bool
        Whether a GIF file told them. Others become two hundredths at least.
    """

    def __init__(self, *, as_they_are: bool) -> None:
        self._least = 0 if as_they_are else _LEAST_HUNDREDTHS
        self._missing = 0.0

    def of(self, milliseconds: float) -> int:
        """Return the hundredths of the next frame."""
        wanted = milliseconds / _UNIT + self._missing
        delay = min(max(round(wanted), self._least), _MOST_HUNDREDTHS)
        self._missing = min(max(wanted - delay, -1.0), 1.0)
        return delay


def _check_one_goal(**goals: float | None) -> None:
    """Refuse more than one goal."""
    given = [name for name, value in goals.items() if value is not None]
    if len(given) > 1:
        raise InvalidParameterError(f"only one of {' and '.join(given)} can be given")


def checked_plays(loop: int | None, animation: Animation) -> int:
    """Return how often an animation is to be played."""
    if loop is None:
        return min(animation.plays, _MAX_PLAYS)
    return whole_number("loop", loop, 0, _MAX_PLAYS)


@dataclass(frozen=True)
class AnimationWishes:
    """What is asked for; see `compress_animation`."""

    k: int = 256
    timing: Timing = Timing()
    loop: int | None = None
    quality: float | None = None
    max_bytes: int | None = None
    rate_weight: float | None = None
    dither: float | None = None
    palette: "PaletteLike | None" = None
    effort: int = 5

    def __post_init__(self) -> None:
        """Refuse what is outside its range."""
        whole_number("k", self.k, 1, MAX_INDEXED_COLORS)
        whole_number("effort", self.effort, 1, 9)
        _check_one_goal(
            quality=self.quality, max_bytes=self.max_bytes, rate_weight=self.rate_weight
        )
        if self.quality is not None:
            real_number("quality", self.quality, 0.0, 100.0)
        if self.max_bytes is not None:
            whole_number("max_bytes", self.max_bytes, 1)
        if self.rate_weight is not None:
            real_number("rate_weight", self.rate_weight, 0.0)
        if self.dither is not None:
            real_number("dither", self.dither, 0.0, 1.0)

    def given_colors(self) -> list[tuple[int, int, int]] | None:
        """Return the colours of the given palette, if there is one.

        Raises
        ------
        InvalidParameterError
            If there are too many, or one is not opaque.
        """
        if self.palette is None:
            return None
        colors = cast("Sequence[Color]", CompressOptions(palette=self.palette).palette)
        if len(colors) > MAX_COLORS:
            raise InvalidParameterError(
                f"palette must have at most {MAX_COLORS} colours for animations, one less than GIF "
                f"holds, got {len(colors)}"
            )
        if any(color.alpha < _OPAQUE for color in colors):
            raise InvalidParameterError("palette must have opaque colours alone for animations")
        return [(color.red, color.green, color.blue) for color in colors]

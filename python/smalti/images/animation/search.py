"""The weight of bits that reaches a quality or a size."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil, exp, log
from statistics import fmean

from smalti.exceptions import TargetNotReachedError
from smalti.images.animation.compressed_animation import CompressedAnimation
from smalti.images.animation.encode import Encoded, Mapping, Shape, encoded
from smalti.images.animation.scores import scores
from smalti.images.animation.survey import Survey
from smalti.images.animation.wishes import AnimationWishes, Delays, checked_plays
from smalti.progress import Progress
from smalti.sources.animations.animation import Animation

__all__ = ["Search"]

# Weights that goals are looked for among, and how often.
_LEAST_WEIGHT, _MOST_WEIGHT, _TRIALS = 0.005, 4.0, 6

# Frames of which scores are taken while a quality is looked for.
_SCORED = 24

# Points of SSIMULACRA2 by which the worst frame may be below the quality.
_WORST = 5.0

# Colours that sizes are tried with.
_FEWER_COLORS = (128, 64, 32, 16, 8, 4, 2)


@dataclass(frozen=True)
class Search:
    """Looks for the weight that reaches a goal.

    Attributes
    ----------
    animation : Animation
    wishes : AnimationWishes
    survey : Survey
    progress : callable or None
    """

    animation: Animation
    wishes: AnimationWishes
    survey: Survey
    progress: Progress | None

    def encoded(self, mapping: Mapping) -> Encoded:
        """Return the file of a mapping."""
        animation, timing = self.animation, self.wishes.timing
        plays = checked_plays(self.wishes.loop, animation)
        shape = Shape(animation.shape, plays, self.survey.frames)
        delays = Delays(as_they_are=timing.keeps_gif_delays(animation))
        return encoded(timing.timed(animation), shape, mapping, delays, self.progress)

    def of_quality(self, mapping: Mapping, quality: float) -> tuple[Mapping, Encoded]:
        """Return the heaviest mapping that has a quality, and its file."""

        def is_good(made: Encoded) -> bool:
            found = self._scores(made)
            return fmean(found) >= quality and min(found) >= quality - _WORST

        found = self._heaviest(mapping, is_good)
        if found is not None:
            return found
        plain = replace(mapping, weight=0.0)
        made = self.encoded(plain)
        if not is_good(made):
            scored = self._scores(made)
            raise TargetNotReachedError(
                f"{self.animation.name}: quality {quality:g} cannot be reached; "
                f"{len(plain.palette)} colours come to {fmean(scored):.1f} on average and "
                f"{min(scored):.1f} at worst"
            )
        return plain, made

    def of_size(self, mapping: Mapping, max_bytes: int) -> tuple[Mapping, Encoded]:
        """Return the lightest mapping that fits, and its file; with fewer colours if it must be."""
        smallest = 0
        for k in (len(mapping.palette), *_FEWER_COLORS):
            if k > len(mapping.palette) or (self.wishes.palette is not None and smallest):
                continue
            if k < len(mapping.palette):
                palette = self.survey.palette(k, self.wishes.effort, self.progress)
                mapping = replace(mapping, palette=palette)
            found = self._lightest(mapping, lambda made: len(made.file) <= max_bytes)
            if isinstance(found, tuple):
                return found
            smallest = min(smallest or found, found)
        raise TargetNotReachedError(
            f"{self.animation.name}: {max_bytes:,} bytes cannot be reached; the smallest file has "
            f"{smallest:,}"
        )

    def _scores(self, made: Encoded) -> list[float]:
        shown = CompressedAnimation(made, self.animation, rate_weight=0.0, dither=0.0).frames()
        originals = (frame.pixels for frame in self.animation.frames())
        return scores(originals, shown, ceil(self.survey.frames / _SCORED))

    def _heaviest(
        self, mapping: Mapping, suits: Callable[[Encoded], bool]
    ) -> tuple[Mapping, Encoded] | None:
        """Return the mapping of the largest weight that suits, as far as trials tell."""
        low, high, best = log(_LEAST_WEIGHT), log(_MOST_WEIGHT), None
        for _ in range(_TRIALS):
            tried = replace(mapping, weight=exp((low + high) / 2))
            made = self.encoded(tried)
            if suits(made):
                low, best = log(tried.weight), (tried, made)
            else:
                high = log(tried.weight)
        return best

    def _lightest(
        self, mapping: Mapping, suits: Callable[[Encoded], bool]
    ) -> tuple[Mapping, Encoded] | int:
        """Return the mapping of the smallest weight that suits; if none does, the fewest bytes."""
        heaviest = replace(mapping, weight=_MOST_WEIGHT)
        made = self.encoded(heaviest)
        if not suits(made):
            return len(made.file)
        low, high, best = log(_LEAST_WEIGHT), log(_MOST_WEIGHT), (heaviest, made)
        for _ in range(_TRIALS):
            tried = replace(mapping, weight=exp((low + high) / 2))
            made = self.encoded(tried)
            if suits(made):
                high, best = log(tried.weight), (tried, made)
            else:
                low = log(tried.weight)
        return best

"""Every tool on every photograph, and means of what was measured."""

import statistics
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench.common.measure import Picture, Tool, picture_error, squared_error


@dataclass(frozen=True)
class Score:
    """One tool on one photograph."""

    milliseconds: float
    mse: float  # of the picture that comes out
    distortion: float  # the same before the palette is rounded, if the tool tells


@dataclass(frozen=True)
class Mean:
    """One tool's means over the photographs."""

    milliseconds: float
    mse: float
    percent_above_best: float


class Scores:
    """Scores by tool, photograph and K; `known` are the lowest distortions known before."""

    def __init__(self, known: Mapping[tuple[str, int], float]) -> None:
        self._scores: dict[tuple[str, int], dict[str, Score]] = {}
        self._known = known

    def add(self, name: str, k: int, photo: str, score: Score) -> None:
        """Take a score down."""
        self._scores.setdefault((name, k), {})[photo] = score

    def mean(self, name: str, k: int) -> Mean:
        """Return means over the photographs."""
        scores = self._scores[name, k]
        above = [
            100 * (score.distortion / self._best(photo, k) - 1) for photo, score in scores.items()
        ]
        return Mean(
            statistics.mean(score.milliseconds for score in scores.values()),
            statistics.mean(score.mse for score in scores.values()),
            statistics.mean(above),
        )

    def ratios(self, name: str, other: str, k: int) -> tuple[float, float]:
        """Return geometric means over the photographs: time and MSE by those of another tool."""
        scores, others = self._scores[name, k], self._scores[other, k]
        pairs = [(score, others[photo]) for photo, score in scores.items()]
        return (
            statistics.geometric_mean(one.milliseconds / two.milliseconds for one, two in pairs),
            statistics.geometric_mean(one.mse / two.mse for one, two in pairs),
        )

    def what_best_means(self) -> str:
        """Return the sentence that tables need beside their percentages."""
        if self._known:
            return (
                "The best known distortions come from a search of hours, with unrounded centroids."
            )
        return "The best known distortions are the lowest of this run."

    def _best(self, photo: str, k: int) -> float:
        in_this_run = (
            scores[photo].distortion for (_, colors), scores in self._scores.items() if colors == k
        )
        return self._known.get((photo, k)) or min(in_this_run)


def measured(
    tools: Sequence[Tool],
    photos: Mapping[str, Picture],
    colors: Iterable[int],
    known: Mapping[tuple[str, int], float],
) -> Scores:
    """Run the tools in turn on each photograph, so that a slow spell of the machine hits all."""
    scores = Scores(known)
    colors = tuple(colors)
    for number, (title, photo) in enumerate(photos.items(), start=1):
        print(f"{number} of {len(photos)}: {title}", file=sys.stderr, flush=True)
        for k in colors:
            for tool in tools:
                run = tool.run(photo, k)
                mse = picture_error(photo, run.quantised)
                distortion = squared_error(photo, run.quantised)
                scores.add(tool.name, k, title, Score(run.milliseconds, mse, distortion))
    return scores

"""Bytes and score of every frame."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from smalti.images.animation.encode import FrameFacts
from smalti.measure.table import as_text

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["AnimationReport"]


@dataclass(frozen=True)
class AnimationReport:
    """What a compressed animation takes, and how it looks.

    Attributes
    ----------
    file_bytes : int
    frames : sequence of FrameFacts
        Of each frame: ``milliseconds``, ``bytes``, ``held`` (pixels that show another colour than
        they could, for the sake of bytes) and ``colors``.
    scores : sequence of float
        SSIMULACRA2 of each frame.
    """

    file_bytes: int
    frames: Sequence[FrameFacts]
    scores: Sequence[float]

    @property
    def mean_score(self) -> float:
        """SSIMULACRA2, on average over the frames."""
        return fmean(self.scores)

    @property
    def worst_score(self) -> float:
        """SSIMULACRA2 of the worst frame."""
        return min(self.scores)

    def table(self) -> "Table":
        """Return a line for each frame, for a rich console."""
        from rich.table import Table

        table = Table(header_style="bold")
        for name in ("frame", "ms", "bytes", "held", "colours", "SSIMULACRA2"):
            table.add_column(name, justify="right")
        for number, (facts, score) in enumerate(zip(self.frames, self.scores, strict=True), 1):
            numbers = (facts.bytes, facts.held, facts.colors)
            cells = (f"{facts.milliseconds:.0f}", *map("{:,}".format, numbers), f"{score:.1f}")
            table.add_row(str(number), *cells)
        return table

    def __str__(self) -> str:
        return (
            f"{as_text(self.table())}\n{self.file_bytes:,} bytes, SSIMULACRA2 "
            f"{self.mean_score:.1f} on average, {self.worst_score:.1f} at worst"
        )

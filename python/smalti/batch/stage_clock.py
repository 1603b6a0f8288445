"""How long each stage of one file's work takes."""

import time

__all__ = ["READ", "StageClock"]

READ = "read"
"""What comes before the first stage: reading and decoding."""


class StageClock:
    """Adds up the seconds of each stage. The clock runs from when it is made.

    Work may come back to a stage. What is done between two stages counts for the first of them.
    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._stage = READ
        self._since = time.perf_counter()

    def enter(self, stage: str) -> None:
        """Note that work is at a stage now."""
        if stage != self._stage:
            self._add()
            self._stage = stage

    def stopped(self) -> dict[str, float]:
        """Return the seconds of each stage up to now, in the order in which they began."""
        self._add()
        return self._seconds

    def _add(self) -> None:
        now = time.perf_counter()
        self._seconds[self._stage] = self._seconds.get(self._stage, 0.0) + now - self._since
        self._since = now

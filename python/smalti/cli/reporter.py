"""What is seen on stderr while the program works: a progress bar, and sentences above it."""

import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import click

from smalti.cli.terminal import columns
from smalti.progress import is_measured, words

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["Reporter", "say"]

# Shorter work shows no progress bar: it would only flicker.
_BAR_AFTER_SECONDS = 0.5

# Characters of a line: the bar, the clock with the gaps around it, the longest words for a stage.
_BAR_WIDTH = 16
_CLOCK_WIDTH = 10
_WORDS_WIDTH = 19 + len(", 59 min left")

# The clock of a task that is done stands still, and the next stage goes on with the same task.
_ALMOST = 0.999

_KILO = 1000

# Seconds of a stage after which its speed tells how long the rest takes.
_ESTIMATED_AFTER = 5.0

# Seconds.
_MINUTE, _HOUR = 60, 3600

# Characters of an input's name that are shown however narrow the terminal is.
_LEAST_NAME = 8


def say(sentence: str) -> None:
    """Print a sentence on stderr, above the progress bar if there is one."""
    bar = Reporter.shown
    if bar is None:
        click.echo(sentence, err=True)
    else:
        bar.console.print(sentence, markup=False, highlight=False, soft_wrap=True, emoji=False)


class Reporter:
    """A progress bar with a clock on stderr for work that takes longer than half a second.

    Use it as a context manager and call `start`. For one input, hand `update` to the API; for
    several, call `count` when one is done.

    Parameters
    ----------
    enabled : bool
        Whether to show anything. Where stderr is no terminal nothing is shown.
    inputs : int, default: 1
        How many there are.
    """

    shown: "Progress | None" = None
    """The bar that is on the terminal now."""

    def __init__(self, *, enabled: bool, inputs: int = 1) -> None:
        self._enabled = enabled and sys.stderr.isatty()
        self._inputs = inputs
        self._done = 0
        self._saved: int | None = 0
        self._label = ""
        self._stage: tuple[str, float] | None = None
        self._began: tuple[str, float, float] | None = None
        self._task: Any = None
        self._timer: threading.Timer | None = None
        self._lock = threading.RLock()

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def start(self, name: str) -> None:
        """Begin the work: on one input of this name, or on all of several."""
        used = _WORDS_WIDTH + _BAR_WIDTH + _CLOCK_WIDTH
        # The end of a long path says more than its beginning.
        if self._enabled:
            self._label = name[-max(columns() - used, _LEAST_NAME) :]
        with self._lock:
            self._stage = self._began = None
            if self._enabled and self._timer is None:
                # The clock runs though a stage may not tell how far it is.
                self._timer = threading.Timer(_BAR_AFTER_SECONDS, self._show)
                self._timer.daemon = True
                self._timer.start()
            self._draw()

    def count(self, done: int, saved: int | None = None) -> None:
        """Show how many of several inputs are done, and how many bytes they have saved.

        Without `saved` only their colours have been counted.
        """
        with self._lock:
            self._done, self._saved = done, saved
            self._draw()

    def update(self, stage: str, fraction: float) -> None:
        """Show the done fraction of a stage; called by the API."""
        if not self._enabled:
            return
        with self._lock:
            self._stage = stage, fraction
            if self._began is None or self._began[0] != stage:
                # A run that goes on does not begin at 0.
                self._began = stage, fraction, time.monotonic()
            self._draw()

    def _left(self) -> str:
        """Return how long the rest of the stage takes, once its speed is known."""
        if self._began is None or self._stage is None:
            return ""
        (_, first, began), (stage, fraction) = self._began, self._stage
        elapsed = time.monotonic() - began
        if not is_measured(stage) or elapsed < _ESTIMATED_AFTER or fraction <= first:
            return ""
        return f", {_duration((1.0 - fraction) * elapsed / (fraction - first))} left"

    def finish(self) -> None:
        """Remove the bar, so that results can be printed."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if Reporter.shown is not None:
                Reporter.shown.stop()
                Reporter.shown = None

    def _show(self) -> None:
        bar = _progress_bar()
        with self._lock:
            if self._timer is None:  # finished meanwhile
                return
            self._task = bar.add_task("", total=None)
            Reporter.shown = bar
            self._draw()
            bar.start()

    def _draw(self) -> None:
        if Reporter.shown is None:
            return
        if self._inputs > 1:
            text = f"{self._done:,} of {self._inputs:,} files"
            text += " counted" if self._saved is None else f", {_size(self._saved)} saved"
            done = min(self._done, self._inputs - 1 + _ALMOST)
            Reporter.shown.update(self._task, description=text, completed=done, total=self._inputs)
            return
        stage, fraction = self._stage or ("", 0.0)
        # The bar pulses where a stage cannot tell how far it is.
        total = 1.0 if stage and is_measured(stage) else None
        text = f"{self._label}: {words(stage)}{self._left()}" if stage else self._label
        done = min(fraction, _ALMOST)
        Reporter.shown.update(self._task, description=text, completed=done, total=total)


def _duration(seconds: float) -> str:
    """Return a time as people say it."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"


def _size(number: int) -> str:
    """Return bytes as people read them; outputs may be larger than inputs on the whole."""
    size = max(float(number), 0.0)
    for unit in ("B", "kB"):
        if size < _KILO:
            return f"{size:.0f} {unit}"
        size /= _KILO
    return f"{size:.1f} MB"


def _progress_bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(_BAR_WIDTH),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)

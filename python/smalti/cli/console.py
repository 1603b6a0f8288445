"""What the commands print, and where: results on stdout, everything else on stderr."""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from smalti.cli.exit_codes import FAILED, INTERRUPTED, LARGER, NOT_REACHED
from smalti.exceptions import ImageWriteError, SmaltiError, TargetNotReachedError
from smalti.progress import is_measured, words

if TYPE_CHECKING:
    from rich.progress import Progress
    from rich.table import Table

    from smalti.sources.note import Note

__all__ = [
    "Failures",
    "LargerError",
    "Reporter",
    "print_json",
    "print_note",
    "print_notes",
    "print_table",
    "print_warning",
]

# Shorter work shows no progress bar: it would only flicker.
_BAR_AFTER_SECONDS = 0.5

# Characters of an input's name that leave room for the bar.
_MAX_NAME = 30


class LargerError(ImageWriteError):
    """The output would be larger than its input, and `--skip-if-larger` was given."""


class Failures:
    """Collects the inputs that failed, so that one does not stop the others."""

    def __init__(self) -> None:
        self._codes: set[int] = set()

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Turn an error into a sentence on stderr and go on; an interrupt ends everything."""
        try:
            yield
        except SmaltiError as error:
            self._add(_code_of(error), error.command_line)
        except MemoryError:
            self._add(FAILED, "there is not enough memory for this")
        except OSError as error:  # stdout: a full disk, or nobody who reads it
            # Python writes the rest of the buffer when it ends, which would fail once more.
            sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
            broken = isinstance(error, BrokenPipeError)
            self._add(FAILED, None if broken else f"stdout cannot be written: {error.strerror}")
        except KeyboardInterrupt:
            click.echo("smalti: interrupted", err=True)
            raise SystemExit(INTERRUPTED) from None

    def _add(self, code: int, sentence: str | None) -> None:
        self._codes.add(code)
        if sentence:
            click.echo(f"smalti: {sentence}", err=True)

    def exit_if_any(self) -> None:
        """End with the exit code of the gravest failure, if something failed."""
        for code in (FAILED, NOT_REACHED, LARGER):
            if code in self._codes:
                raise SystemExit(code)


def _code_of(error: SmaltiError) -> int:
    if isinstance(error, TargetNotReachedError):
        return NOT_REACHED
    return LARGER if isinstance(error, LargerError) else FAILED


def print_notes(notes: "Iterable[Note]") -> None:
    """Print what there is to tell of a file that was read, on stderr."""
    for note in notes:
        print_warning(note.text)


def print_note(sentence: str) -> None:
    """Print a sentence that tells of no trouble, on stderr."""
    click.echo(f"smalti: {sentence}", err=True)


def print_warning(sentence: str) -> None:
    """Print a sentence that is no failure, on stderr."""
    click.echo(f"smalti: warning: {sentence}", err=True)


class Reporter:
    """A progress bar on stderr for work that takes longer than half a second.

    Use it as a context manager; call `start` for each input and hand `update` to the API.
    """

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled and sys.stderr.isatty()
        self._began = time.monotonic()
        self._name = ""
        self._bar: Progress | None = None
        self._task: Any = None

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(self, *_: object) -> None:
        self.finish()

    def finish(self) -> None:
        """Remove the bar, so that results can be printed."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def start(self, name: str) -> None:
        """Begin the next input."""
        # The end of a long path says more than its beginning.
        self._name = name[-_MAX_NAME:]

    def update(self, stage: str, fraction: float) -> None:
        """Show the done fraction of a stage; called by the API."""
        if not self._enabled or time.monotonic() - self._began < _BAR_AFTER_SECONDS:
            return
        if self._bar is None:
            self._bar = _progress_bar()
            self._bar.start()
            self._task = self._bar.add_task("", total=1.0)
        # The bar pulses where a stage cannot tell how far it is.
        total = 1.0 if is_measured(stage) else None
        self._bar.update(
            self._task, description=f"{self._name}: {words(stage)}", completed=fraction, total=total
        )


def _progress_bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn()
    return Progress(*columns, console=Console(stderr=True), transient=True)


def print_table(table: "Table") -> None:
    """Print a table as wide as the terminal, or as it needs to be: figures are never cut."""
    from rich import box
    from rich.console import Console

    from smalti.measure.table import WIDE_ENOUGH, as_text

    if not (sys.stdout.encoding or "").lower().startswith("utf"):
        table.box = box.ASCII
    if not sys.stdout.isatty():
        click.echo(as_text(table))
        return
    needed = Console(width=WIDE_ENOUGH).measure(table).minimum
    console = Console()
    console.width = max(console.width, needed)
    console.print(table)


def print_json(fields: dict[str, Any]) -> None:
    """Print one JSON object on a line; infinities, which JSON lacks, become null."""
    import json
    import math

    finite = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in fields.items()
    }
    click.echo(json.dumps(finite))

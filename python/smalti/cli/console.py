"""What the commands print, and where: results on stdout, everything else on stderr."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from smalti.cli.exit_codes import FAILED, IMPROVABLE, INTERRUPTED, LARGER, NOT_REACHED
from smalti.cli.reporter import say
from smalti.cli.silence import stdout_given_up
from smalti.exceptions import LargerError, SmaltiError, TargetNotReachedError

if TYPE_CHECKING:
    from rich.table import Table

    from smalti.sources.note import Note

__all__ = [
    "Failures",
    "print_json",
    "print_note",
    "print_notes",
    "print_table",
    "print_warning",
]


class Failures:
    """Collects the inputs that failed, so that one does not stop the others."""

    def __init__(self) -> None:
        self._codes: set[int] = set()

    @contextmanager
    def collected(self, about: dict[str, Any] | None = None) -> Iterator[None]:
        """Turn an error into a sentence on stderr and go on; an interrupt ends everything.

        With `about`, which names the input, the error becomes a line of JSON on stdout, too.
        """
        try:
            yield
        except SmaltiError as error:
            self.add(error, about)
        except MemoryError:
            self._add(FAILED, "there is not enough memory for this", about)
        except OSError as error:
            self._add(FAILED, stdout_given_up(error))
        except KeyboardInterrupt:
            say("smalti: interrupted")
            raise SystemExit(INTERRUPTED) from None

    def _add(self, code: int, sentence: str | None, about: dict[str, Any] | None = None) -> None:
        self._codes.add(code)
        if sentence:
            say(f"smalti: {sentence}")
        if about is not None:
            with self.collected():
                print_json({**about, "error": sentence})

    def add(self, error: SmaltiError, about: dict[str, Any] | None = None) -> None:
        """Tell of an error and remember it, as `collected` does."""
        self._add(_code_of(error), error.command_line, about)

    def add_code(self, code: int) -> None:
        """Remember an exit code without a sentence."""
        self._codes.add(code)

    def exit_if_any(self) -> None:
        """End with the exit code of the gravest failure, if something failed."""
        for code in (FAILED, NOT_REACHED, LARGER, IMPROVABLE):
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
    say(f"smalti: {sentence}")


def print_warning(sentence: str) -> None:
    """Print a sentence that is no failure, on stderr."""
    say(f"smalti: warning: {sentence}")


def print_table(table: "Table") -> None:
    """Print a table as wide as the terminal, or as it needs to be: figures are never cut."""
    from rich import box
    from rich.console import Console

    from smalti.cli.terminal import prints_unicode
    from smalti.measure.table import WIDE_ENOUGH, as_text

    if not prints_unicode():
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

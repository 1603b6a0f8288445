"""What ``smalti segment`` prints of its inputs, and their table."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import click

from smalti.cli.console import Failures, print_json, print_note, print_notes, print_table
from smalti.cli.exit_codes import FAILED
from smalti.cli.segment_done import Done
from smalti.sources.note import UNREAD

if TYPE_CHECKING:
    from smalti.cli.segment_summary import Summary

__all__ = ["Told"]


class Told:
    """Prints what became of inputs, and sums them up.

    Parameters
    ----------
    summary : Summary or None
    failures : Failures
    json, quiet : bool
        What is printed.
    """

    def __init__(
        self, summary: "Summary | None", failures: Failures, *, json: bool, quiet: bool
    ) -> None:
        self._summary = summary
        self._failures = failures
        self._json, self._quiet = json, quiet

    def trying(self, name: str) -> AbstractContextManager[None]:
        """Tell what goes wrong with an input, and go on."""
        return self._failures.collected({"input": name} if self._json else None)

    def add(self, done: Done) -> None:
        """Tell of an input that is done."""
        print_notes(done.notes)
        for remark in done.remarks:
            print_note(remark)
        if self._summary is not None:
            self._summary.add(done)
        if any(note.kind == UNREAD for note in done.notes):
            self._failures.add_code(FAILED)
        if self._json:
            print_json(done.row())
        elif not self._quiet:
            _print(done)

    def end(self) -> None:
        """Write the table."""
        if self._summary is not None:
            with self._failures.collected():
                self._summary.write()


def _print(done: Done) -> None:
    click.echo(done.name)
    print_table(done.areas.table())
    coherence = f"coherence {done.coherence:.3f}"
    regions = "1 region" if done.regions == 1 else f"{done.regions:,} regions"
    click.echo(f"{regions}, {coherence}: {done.folder}")

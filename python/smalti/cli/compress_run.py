"""What ``smalti compress`` prints while it runs, and when it has ended."""

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import click

from smalti.batch.job import Measure
from smalti.batch.plan import Plan
from smalti.batch.result import FileResult
from smalti.batch.stage_clock import READ
from smalti.cli.compress_table import results_tables
from smalti.cli.console import Failures, print_json, print_note, print_table, print_warning
from smalti.cli.exit_codes import IMPROVABLE
from smalti.cli.reporter import Reporter
from smalti.cli.silence import silent_libraries
from smalti.cli.terminal import table_width
from smalti.progress import words
from smalti.sources.note import DONE, GROWN, KEPT, SKIPPED, Note

__all__ = ["Printing", "run"]

# Files of which each has a line of its own. Of more there are totals, and the exceptions.
_FEW = 60

_STATUSES = {
    "written": "written",
    "kept": "as small as it gets",
    "skipped": "left out",
    "failed": "failed",
}


@dataclass(frozen=True)
class Printing:
    """What is to be printed."""

    json: bool
    verbose: bool
    quiet: bool
    check: bool


def run(plan: Plan, printing: Printing) -> None:
    """Compress all files, print what became of them, and end with an exit code if that is not 0."""
    shows_all = printing.verbose or len(plan.items) <= _FEW
    shows_table = not (printing.json or printing.quiet or printing.check)
    if not printing.json:
        plan = plan.measuring(_shown_figures(printing, shows_table and shows_all))
    shown = _Shown(printing, shows_all=shows_all, keeps_rows=shows_table and shows_all)
    failures = shown.failures
    is_live = not (printing.json or printing.quiet)
    is_alone = len(plan.items) == 1
    try:
        with (
            Reporter(enabled=is_live, inputs=len(plan.items)) as reporter,
            failures.collected(),
            silent_libraries(),
            closing(plan.results(reporter.update if is_alone else None, reporter.count)) as results,
        ):
            reporter.start(plan.items[0].name)
            for done, result in enumerate(results, 1):
                with failures.collected():
                    shown.add(result)
                reporter.count(done, shown.saved)
    finally:  # an interrupt does not undo what has been written
        with failures.collected():
            if shows_table and not plan.job.destination.is_stdout:
                shown.print_tables()
            if (plan.is_tree or not shows_all) and not printing.quiet:
                shown.print_summary(dry=plan.job.wishes.dry_run)
            if plan.job.wishes.dry_run and shows_table:
                print_note("nothing was written, for this was a dry run")
    failures.exit_if_any()


def _shown_figures(printing: Printing, shows_rows: bool) -> Measure:
    if not shows_rows:
        return "nothing"
    return "all" if printing.verbose else "quality"


def _words(stage: str) -> str:
    return "reading" if stage == READ else words(stage)


class _Shown:
    """Prints results one after the other, and sums them up."""

    def __init__(self, printing: Printing, *, shows_all: bool, keeps_rows: bool) -> None:
        self.failures = Failures()
        self._printing = printing
        self._shows_all = shows_all
        self._keeps_rows = keeps_rows
        self._rows: list[dict[str, Any]] = []
        self._statuses: Counter[str] = Counter()
        self._sizes: Counter[str] = Counter()
        self._stages: dict[str, float] = {}

    @property
    def saved(self) -> int:
        """Bytes by which outputs are smaller than their inputs."""
        return self._sizes["input_bytes"] - self._sizes["output_bytes"]

    def add(self, result: FileResult) -> None:
        """Print what there is to tell of a file, and remember it."""
        self._statuses[result.status] += 1
        for note in result.notes:
            self._tell(note)
        if result.error is not None:
            about = {"input": result.input} if self._printing.json else None
            self.failures.add(result.error, about)
            return
        if self._printing.json:
            print_json(result.to_dict())
        if result.input_bytes is None or result.output_bytes is None:
            return
        self._sizes.update(input_bytes=result.input_bytes, output_bytes=result.output_bytes)
        for stage, seconds in result.stages.items():
            self._stages[stage] = self._stages.get(stage, 0.0) + seconds
        if self._keeps_rows:
            self._rows.append(result.to_dict())
        if self._printing.check and result.output_bytes < result.input_bytes:
            self._tell_of_improvable(result.input, result.input_bytes, result.output_bytes)

    def _tell(self, note: Note) -> None:
        if note.kind not in (DONE, GROWN, KEPT, SKIPPED):
            print_warning(note.text)
        elif self._printing.quiet or (self._printing.check and note.kind != SKIPPED):
            return
        elif note.kind == GROWN:
            print_warning(note.text)
        elif self._shows_all or note.kind == SKIPPED:
            print_note(note.text)

    def _tell_of_improvable(self, name: str, before: int, after: int) -> None:
        self.failures.add_code(IMPROVABLE)
        if not (self._printing.json or self._printing.quiet):
            click.echo(f"{name}: could have {after:,} bytes instead of {before:,}")

    def print_tables(self) -> None:
        """Print a table of all files, or of their totals."""
        number = self._statuses["written"] + self._statuses["kept"]
        if not number:
            return
        total = {**self._sizes, "files": number} if number > 1 else None
        verbose, width = self._printing.verbose, table_width()
        for table in results_tables(self._rows, total, verbose=verbose, width=width):
            print_table(table)
        if verbose:
            parts = [f"{_words(stage)} {spent:.2f} s" for stage, spent in self._stages.items()]
            click.echo(f"time: {', '.join(parts)}")

    def print_summary(self, *, dry: bool) -> None:
        """Print how many files there were, and what became of them or would have."""
        files = self._statuses.total()
        if not files:
            return
        parts = [
            f"{self._statuses[status]:,} {'to be ' * (dry and status == 'written')}{words}"
            for status, words in _STATUSES.items()
            if self._statuses[status]
        ]
        print_note(f"{files:,} file{'s' if files != 1 else ''}: {', '.join(parts)}")

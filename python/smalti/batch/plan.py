"""A run over many files: what it does is decided here, before the first is read."""

import itertools
import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from smalti.batch.destination import Destination, Tree, literal
from smalti.batch.done import DoneBefore
from smalti.batch.expand import Item, expanded, without_outputs
from smalti.batch.job import Job, Measure, Wishes
from smalti.batch.paths import STANDARD, absolute_pattern
from smalti.batch.result import FileResult
from smalti.exceptions import InvalidParameterError, OptionsError, SmaltiError
from smalti.formats.registry import format_named
from smalti.options import CompressOptions
from smalti.parallel import PixelBudget, Workers, in_order, usable_cpus
from smalti.progress import Progress
from smalti.urls import absolute, is_url, local_path

__all__ = ["Places", "Plan"]


@dataclass(frozen=True)
class Places:
    """Where inputs are, and where outputs go.

    Attributes
    ----------
    inputs : sequence of str
        Paths, patterns, URLs, folders and ``-``.
    out : str or None
        A folder; a file or ``-`` for a single input; None for beside the inputs.
    suffix : str or None
        The ending of outputs. Default: as the format is, ``-smalti.png``, or ``.png`` for files of
        folders that go into another.
    recursive : bool
        Whether the images in folders are meant.
    """

    inputs: Sequence[str]
    out: str | None = None
    suffix: str | None = None
    recursive: bool = False


@dataclass(frozen=True)
class Plan:
    """Which files are compressed, and how.

    Attributes
    ----------
    items : list of Item
        All inputs.
    job : Job
        What is done with each.
    jobs : int
        How many of them at the same time.
    workers : Workers or None
        Who does it instead of threads: those of a cluster.
    """

    items: list[Item]
    job: Job
    jobs: int
    workers: Workers | None = None

    @classmethod
    def made(
        cls,
        places: Places,
        options: CompressOptions,
        wishes: Wishes,
        jobs: int | None = None,
        workers: Workers | None = None,
    ) -> "Plan":
        """Find the inputs and decide on the names of outputs.

        On a cluster all names are absolute: its workers are at work in folders of their own.

        Raises
        ------
        OptionsError
            If outputs cannot go where they are to go, or options do not go together.
        """
        if workers is not None:
            places = _absolute(places)
        if wishes.shared_palette:
            _check_sharing(places, options)
        if wishes.preserve:
            _check_preserving(places)
        form = format_named(options.format)
        suffix = places.suffix or f"-smalti{form.suffixes[0]}"
        items = expanded(places.inputs, places.out, suffix, recursive=places.recursive)
        is_alone = len(items) == 1 and not items[0].is_found
        if not is_alone:
            items = without_outputs(items, suffix)
        # Without a folder of images there is no tree.
        below = {item.name: item.below for item in items if item.below is not None}
        tree = Tree(below, places.suffix or form.suffixes[0]) if below else None
        names = [item.name for item in items if item.is_open]
        destination = Destination(places.out, suffix, names, tree=tree)
        done = DoneBefore(
            options, wishes.strip, destination, wishes.overwrite, wishes.shared_palette
        )
        resume = wishes.resume or not is_alone
        job = Job(destination, replace(wishes, resume=resume), options, done)
        return cls(items, job, min(jobs or usable_cpus(), max(len(names), 1)), workers)

    def measuring(self, measure: Measure) -> "Plan":
        """Return the same with other figures."""
        wishes = replace(self.job.wishes, measure=measure)
        return replace(self, job=replace(self.job, wishes=wishes))

    @property
    def is_tree(self) -> bool:
        """Whether inputs were found in folders."""
        return any(item.is_found for item in self.items)

    def results(
        self, progress: Progress | None = None, counted: Callable[[int], None] | None = None
    ) -> Generator[FileResult, None, None]:
        """Compress all inputs, and yield what became of each in their order.

        To close the iterator ends all work soon. Where they share a palette, `counted` is called
        with the number of inputs whose colours have been counted.
        """
        job = self._sharing(progress, counted) if self.job.wishes.shared_palette else self.job
        if self.workers is not None:
            tasks = ((job.only(item.name), item) for item in self.items)
            yield from self.workers.map(_run_elsewhere, tasks, _lost)
            return

        def work(turn: int, item: Item, budget: PixelBudget) -> FileResult:
            return job.run(turn, item, budget, progress)

        yield from in_order(self.items, work, self.jobs)

    def _sharing(self, progress: Progress | None, counted: Callable[[int], None] | None) -> Job:
        """Return the job with a palette that fits all inputs."""
        from smalti.batch.shared_palette import Counting

        job, limit = self.job, self.job.wishes.max_pixels
        sharing = partial(Counting, self.items, self.jobs, limit, progress, workers=self.workers)
        counting = sharing(done=job.done)
        counting.run(counted)
        in_place = any(job.destination.replaces(item.name) for item in self.items if item.is_open)
        if job.wishes.overwrite and counting.is_partly_done and not in_place:
            job = replace(job, done=replace(job.done, makes_anew=True))
            counting = sharing()
            counting.run(counted)
        return replace(job, options=counting.shared(job.options))


# What a worker does at the same time, on all its threads.
_budget, _turns = PixelBudget(), itertools.count()


def _run_elsewhere(task: tuple[Job, Item]) -> FileResult:
    """Compress one input, on a worker."""
    job, item = task
    turn = next(_turns)
    try:
        return job.run(turn, item, _budget, None)
    finally:
        _budget.pass_by(turn)


def _lost(task: tuple[Job, Item], error: SmaltiError) -> FileResult:
    """Return the result of an input with which worker after worker was lost."""
    _, item = task
    return FileResult(item.name, error=error.of(item.name))


def _absolute(places: Places) -> Places:
    """Return places by names that other machines know, too.

    Raises
    ------
    InvalidParameterError
        If one is stdin or stdout.
    """
    if STANDARD in (*places.inputs, places.out):
        raise InvalidParameterError("a cluster has no stdin and no stdout: name files")
    out = places.out
    if out is not None:
        # A slash at the end says that it is a folder.
        is_folder = out.endswith(("/", os.sep))
        out = absolute(out)
        out = f"{out}/" if is_folder and not out.endswith("/") else out
    return replace(places, inputs=[absolute_pattern(name) for name in places.inputs], out=out)


def _check_preserving(places: Places) -> None:
    """Refuse times and modes of files where there are none."""
    for name in (*places.inputs, places.out or ""):
        if is_url(name) and local_path(name) is None:
            sentence = f"{{}} is for files of this machine, and {literal(name)} is at a URL"
            raise OptionsError(sentence, "preserve")


def _check_sharing(places: Places, options: CompressOptions) -> None:
    """Refuse what does not go with a palette that is fitted to all inputs."""
    others = {"palette": options.palette is not None, "block": options.is_in_blocks}
    for name, is_given in others.items():
        if is_given:
            raise OptionsError("{} and {} cannot be given together", "shared_palette", name)
    if STANDARD in places.inputs:
        raise OptionsError("{}: stdin cannot be read twice, name a file", "shared_palette")

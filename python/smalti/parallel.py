"""Work on many things at once: results in order, and no more pixels at a time than fit.

Threads do the work, for the core runs without Python's lock and shares one pool of its own. How
much memory that takes depends on the pixels that are worked on at the same time, so that these are
what is counted. Files are let in one after the other, in their order: a large one waits until there
is room and is not overtaken for ever by small ones.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from smalti.exceptions import InvalidParameterError, SmaltiError
from smalti.validation import whole_number

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = [
    "MAX_PIXELS",
    "PixelBudget",
    "StoppedError",
    "Threads",
    "Workers",
    "chosen_workers",
    "each",
    "in_order",
    "usable_cpus",
]

MAX_PIXELS = 64 << 20
"""Pixels worked on at a time: twice those of a large photograph. A larger file is alone."""

# Files that are begun before the result of the first of them is asked for.
_LOOK_AHEAD = 128

# Seconds between two looks for Ctrl-C, which does not end waiting on every system.
_INTERVAL = 0.1

Task = TypeVar("Task")
Result = TypeVar("Result")


class StoppedError(BaseException):
    """The run has ended, so that its threads have nothing to go on for."""


class PixelBudget:
    """Lets files in, one after the other, while there is room for their pixels.

    Parameters
    ----------
    limit : int
        Pixels of all files that are in at the same time. One file may have more, and is then alone.
    """

    def __init__(self, limit: int = MAX_PIXELS) -> None:
        self._limit = limit
        self._used = 0
        self._turn = 0
        self._passed: set[int] = set()
        self._stopped = False
        self._changed = threading.Condition()

    @property
    def is_stopped(self) -> bool:
        """Whether the run has ended."""
        return self._stopped

    def enter(self, turn: int, pixels: int) -> None:
        """Wait until all files before this one have been let in or need no room, and there is room.

        Raises
        ------
        StoppedError
            If the run ends meanwhile.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._fits(turn, pixels))
            if self._stopped:
                raise StoppedError
            self._used += pixels
            self._pass(turn)

    def leave(self, pixels: int) -> None:
        """Make room for others."""
        with self._changed:
            self._used -= pixels
            self._changed.notify_all()

    @contextmanager
    def admitted(self, turn: int, pixels: int) -> Iterator[None]:
        """Wait for room as `enter` does, and give it back."""
        self.enter(turn, pixels)
        try:
            yield
        finally:
            self.leave(pixels)

    def pass_by(self, turn: int) -> None:
        """Let those behind a file go on, which needs no room, or has been in."""
        with self._changed:
            self._pass(turn)

    def stop(self) -> None:
        """End all waiting."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _fits(self, turn: int, pixels: int) -> bool:
        return turn == self._turn and (not self._used or self._used + pixels <= self._limit)

    def _pass(self, turn: int) -> None:
        if turn >= self._turn:
            self._passed.add(turn)
        while self._turn in self._passed:
            self._passed.remove(self._turn)
            self._turn += 1
        self._changed.notify_all()


def in_order(
    tasks: Iterable[Task],
    work: Callable[[int, Task, PixelBudget], Result],
    jobs: int,
) -> Generator[Result, None, None]:
    """Yield the result of each task, in the order of the tasks.

    Parameters
    ----------
    tasks : iterable
    work : callable
        Called with the number of the task, the task, and the budget, on one of `jobs` threads; on
        the caller's if there is one job. It should look at `PixelBudget.is_stopped` now and then.
    jobs : int
        Threads.

    Raises
    ------
    Exception
        What `work` raises, in its turn.
    """
    budget = PixelBudget()

    def guarded(turn: int, task: Task) -> Result:
        try:
            if budget.is_stopped:
                raise StoppedError
            return work(turn, task, budget)
        finally:
            budget.pass_by(turn)

    if jobs == 1:
        for turn, task in enumerate(tasks):
            yield guarded(turn, task)
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(jobs, thread_name_prefix="smalti")
    begun: deque[Future[Result]] = deque()
    try:
        for turn, task in enumerate(tasks):
            begun.append(pool.submit(guarded, turn, task))
            if len(begun) == _LOOK_AHEAD:
                yield _result_of(begun.popleft())
        while begun:
            yield _result_of(begun.popleft())
    finally:
        budget.stop()
        pool.shutdown(cancel_futures=True)


class Workers(Protocol):
    """Who does the work."""

    @property
    def jobs(self) -> int:
        """Threads of this process, for what is not shared out."""

    @property
    def slots(self) -> int:
        """How many tasks are worked on at a time."""

    def map(
        self,
        work: Callable[[Task], Result],
        tasks: Iterable[Task],
        lost: Callable[[Task, SmaltiError], Result] | None = None,
    ) -> Generator[Result, None, None]:
        """Yield the result of each task, in the order of the tasks; to close it ends all work.

        `lost` gives the result of a task with which one worker was lost after another. Default:
        that is raised.
        """

    def reduced(
        self, work: Callable[[Task], Result], tasks: Iterable[Task], merge: Callable[..., Result]
    ) -> Result | None:
        """Return what merging makes of lists of results, in a tree.

        None, and nothing is done, where workers share memory: they can all add to one result.
        """


class Threads:
    """Threads of this process.

    Parameters
    ----------
    jobs : int, optional
        How many; one is the caller's own. Default: as many as there are processors.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self.jobs = jobs or usable_cpus()

    @property
    def slots(self) -> int:
        """How many tasks are worked on at a time."""
        return self.jobs

    def map(
        self,
        work: Callable[[Task], Result],
        tasks: Iterable[Task],
        _lost: Callable[[Task, SmaltiError], Result] | None = None,
    ) -> Generator[Result, None, None]:
        """Yield the result of each task, in the order of the tasks."""
        return in_order(tasks, lambda _turn, task, _budget: work(task), self.jobs)

    def reduced(
        self, work: Callable[[Task], Result], tasks: Iterable[Task], merge: Callable[..., Result]
    ) -> None:
        """Do nothing: threads share memory."""


def chosen_workers(jobs: int | None, workers: Workers | None) -> Workers:
    """Return the workers that are given, or threads.

    Raises
    ------
    InvalidParameterError
        If `jobs` is below 1, both are given, or `workers` are none.
    """
    if jobs is not None:
        jobs = whole_number("jobs", jobs, 1)
        if workers is not None:
            raise InvalidParameterError("jobs and workers cannot be given together")
    if workers is not None and not hasattr(workers, "reduced"):
        raise InvalidParameterError(
            f"workers must be a smalti.dask.Cluster, got {type(workers).__name__}"
        )
    return Threads(jobs) if workers is None else workers


def each(
    tasks: Iterable[Task],
    work: Callable[[Task], Result],
    workers: Workers,
    tell: Callable[[float], None] | None = None,
) -> Iterator[Result]:
    """Yield the result of each task, in the order of the tasks.

    Parameters
    ----------
    tasks : iterable
    work : callable
        Called with a task.
    workers : Workers
    tell : callable, optional
        Hears the done share; what it raises ends all work.

    Raises
    ------
    Exception
        What `work` or `tell` raises.
    """
    tasks = list(tasks)
    with closing(workers.map(work, tasks)) as found:
        for done, result in enumerate(found, 1):
            yield result
            if tell is not None:
                tell(done / len(tasks))


def _result_of(future: "Future[Result]") -> Result:
    from concurrent.futures import TimeoutError as NotYet

    while True:
        try:
            return future.result(_INTERVAL)
        except NotYet:
            if future.done():
                raise


def usable_cpus() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1

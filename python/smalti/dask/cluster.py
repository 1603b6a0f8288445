"""The workers of a cluster of dask, as `smalti.parallel.Workers`."""

import asyncio
import itertools
import pickle
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from distributed import Client, Future, KilledWorker, get_client, get_worker

from smalti import _core
from smalti.exceptions import ClusterError, SmaltiError
from smalti.parallel import usable_cpus

__all__ = ["Cluster"]

Task = TypeVar("Task")
Result = TypeVar("Result")

# Tasks begun ahead of the result that is asked for: at least, and for each thread.
_LOOK_AHEAD, _PER_THREAD = 64, 4

# Results that are merged at a time.
_FAN_IN = 8

# Times that a task is done again that has failed on one worker.
_RETRIES = 2

# Seconds after which a scheduler, or its first worker, is not there.
_TIMEOUT = 10

# Seconds between two looks at how many workers there are.
_INTERVAL = 1.0


class Cluster:
    """The workers of a cluster of dask, for `smalti.compress_large` and `segment_large`.

    Parameters
    ----------
    scheduler : str or distributed.Client, optional
        The address of a scheduler, such as ``"tcp://host:8786"``, or a client of one. Default: the
        client that there is.

    Raises
    ------
    ClusterError
        If there is no scheduler or no worker, or workers have another version of smalti.

    Attributes
    ----------
    jobs : int
        Threads of this process, for what is not shared out.

    Notes
    -----
    Workers read inputs and write outputs themselves: both are to be named as all machines reach
    them. What fails on one worker, or is lost with it, is done by another one. Where that does not
    help the run ends with a sentence; what was done stays, and the same call goes on from there.

    Examples
    --------
    >>> from distributed import LocalCluster
    >>> import smalti, smalti.dask
    >>> from smalti.segmentation.histology.sample_slide import sample_slide
    >>> smalti.compress(sample_slide(300, 400).image).save("slide.png") > 0
    True
    >>> with LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as local:
    ...     with smalti.dask.Cluster(local.scheduler_address) as workers:
    ...         found = smalti.compress_large("slide.png", "slide.tif", k=8, workers=workers)
    >>> found.shape, len(found.palette)
    ((300, 400), 8)
    """

    def __init__(self, scheduler: "str | Client | None" = None) -> None:
        self.jobs = usable_cpus()
        self._is_own = isinstance(scheduler, str)
        self._client = _client_of(scheduler)
        self._address = self._client.scheduler.address
        # Workers on which something failed that others may do.
        self._bad: set[str] = set()
        try:
            self._check_workers()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection, if an address was given."""
        if self._is_own:
            self._client.close()

    def map(
        self,
        work: Callable[[Task], Result],
        tasks: Iterable[Task],
        lost: Callable[[Task, SmaltiError], Result] | None = None,
    ) -> Generator[Result, None, None]:
        """Yield the result of each task, in the order of the tasks; to close it ends all work.

        Parameters
        ----------
        work : callable
            Called with a task, by a worker. It can be pickled, and is sent once.
        tasks : iterable
            Each can be pickled. Only some are taken ahead of the results that are asked for.
        lost : callable, optional
            Gives the result of a task with which worker after worker was lost, called with the task
            and the error. Default: the error is raised.

        Returns
        -------
        iterator

        Raises
        ------
        ClusterError
            If the scheduler is lost, or worker after worker with the same task.

        What `work` raises on one worker after another is raised, too.
        """
        packed, waiting = pickle.dumps(work), iter(tasks)
        begun: deque[tuple[Task, Future]] = deque()
        room, looked = 0, -_INTERVAL
        try:
            while True:
                if time.monotonic() >= looked + _INTERVAL:
                    room, looked = self._room(), time.monotonic()
                for task in itertools.islice(waiting, room - len(begun)):
                    begun.append((task, self._begun(_done, packed, task)))
                if not begun:
                    return
                task, future = begun.popleft()
                try:
                    result = self._result_of(future, packed, task)
                except _WorkersLostError as error:
                    if lost is None:
                        raise
                    result = lost(task, error)
                yield result
        finally:
            with suppress(Exception):  # there may be no cluster any more
                self._client.cancel([future for _, future in begun])

    def reduced(
        self, work: Callable[[Task], Result], tasks: Iterable[Task], merge: Callable[..., Result]
    ) -> Result:
        """Return what merging makes of lists of results, in a tree.

        Parameters
        ----------
        work, tasks
            As of `map`.
        merge : callable
            Called with lists of results, of `work` or its own.

        Returns
        -------
        object
            The result of all tasks.

        Raises
        ------
        ClusterError
            As of `map`.
        """
        packed = pickle.dumps(work)
        futures = [self._begun(_raised, packed, task) for task in tasks]
        while len(futures) != 1:
            firsts = range(0, len(futures), _FAN_IN)
            groups = [futures[first : first + _FAN_IN] for first in firsts] or [[]]
            futures = [self._begun(merge, group) for group in groups]
        result: Result = self._value_of(futures[0])
        return result

    def _room(self) -> int:
        with self._connected():
            threads: int = sum(self._client.nthreads().values())
        return max(_LOOK_AHEAD, _PER_THREAD * threads)

    def _begun(self, function: Callable[..., Any], *arguments: Any) -> Future:
        with self._connected():
            return self._client.submit(
                function, *arguments, pure=False, retries=_RETRIES, workers=self._good()
            )

    def _good(self) -> list[str] | None:
        """Return the workers on which nothing has failed; None if it has on none, or on all."""
        if not self._bad:
            return None
        return [each for each in self._client.nthreads() if each not in self._bad] or None

    def _result_of(self, future: Future, packed: bytes, task: Any) -> Any:
        for attempt in range(_RETRIES + 1):
            result = self._value_of(future)
            if not isinstance(result, _Failed):
                return result
            if isinstance(result.error, SmaltiError) or attempt == _RETRIES:
                raise result.error
            self._bad.add(result.worker)
            future = self._begun(_done, packed, task)
        raise AssertionError

    def _value_of(self, future: Future) -> Any:
        """Wait for a task, and return its result, or raise what went wrong."""
        with self._connected():
            error = future.exception()
            if error is None:
                return future.result()
        if isinstance(error, KilledWorker):
            raise _WorkersLostError(
                f"{self._address}: {error.allowed_failures + 1} workers were lost one after the "
                "other while they did one task; they may have too little memory"
            )
        if isinstance(error, asyncio.CancelledError | CancelledError):
            raise _lost(self._address, error)
        raise error

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Say in a sentence that the scheduler is lost."""
        try:
            yield
        except SmaltiError:
            raise
        except (asyncio.CancelledError, CancelledError, OSError, RuntimeError) as error:
            raise _lost(self._address, error) from None

    def _check_workers(self) -> None:
        with self._connected():
            try:
                self._client.wait_for_workers(1, timeout=_TIMEOUT)
            except TimeoutError:
                raise ClusterError(f"{self._address}: the scheduler has no workers") from None
            found = self._client.run(_version, on_error="return")
        for worker, version in found.items():
            if version == _core.__version__:
                continue
            reason = f"has {version}" if isinstance(version, str) else f"none: {version}"
            raise ClusterError(
                f"{worker}: every worker needs smalti {_core.__version__}, this one {reason}"
            )


class _WorkersLostError(ClusterError):
    """Worker after worker was lost with one task."""


class _Failed(NamedTuple):
    """What went wrong with a task, and where."""

    worker: str
    error: Exception


def _client_of(scheduler: "str | Client | None") -> Client:
    if isinstance(scheduler, Client):
        return scheduler
    try:
        if scheduler is None:
            return get_client()
        return Client(scheduler, timeout=_TIMEOUT, set_as_default=False)
    except Exception as error:  # addresses may be of any kind
        name = "there is no client of dask" if scheduler is None else f"{scheduler}: no scheduler"
        raise ClusterError(f"{name}: {str(error) or type(error).__name__}") from None


def _lost(address: str, error: BaseException) -> ClusterError:
    reason = (str(error) or type(error).__name__).splitlines()[0]
    return ClusterError(f"{address}: the scheduler is lost, or has dropped the work: {reason}")


def _version() -> str:
    return _core.__version__


@lru_cache(maxsize=4)
def _loaded(packed: bytes) -> Callable[[Any], Any]:
    """Return work that was sent: what it has opened and learnt serves all tasks of a process."""
    work: Callable[[Any], Any] = pickle.loads(packed)
    return work


def _raised(packed: bytes, task: Any) -> Any:
    """Do a task; what goes wrong is raised."""
    return _loaded(packed)(task)


def _done(packed: bytes, task: Any) -> Any:
    """Do a task, or return what went wrong."""
    try:
        return _loaded(packed)(task)
    except Exception as error:  # others may be able to
        return _Failed(get_worker().address, error)

"""The workers of a cluster of dask, as `smalti.parallel.Workers`."""

import asyncio
import itertools
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent import futures
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, NamedTuple, TypeVar

from distributed import Client, Future, KilledWorker, get_client

from smalti import _core
from smalti.dask.graph import Layer
from smalti.dask.parcels import Failed, done, is_elsewhere_better, packed, raised
from smalti.exceptions import ClusterError, SmaltiError
from smalti.parallel import usable_cpus

__all__ = ["Cluster"]

Task = TypeVar("Task")
Result = TypeVar("Result")

# Tasks begun ahead of the result that is asked for: at least, and for each thread.
_LOOK_AHEAD, _PER_THREAD = 64, 4

# Times that a task is done again that has failed on one worker.
_RETRIES = 2

# Seconds after which a scheduler, or its first worker, is not there.
_TIMEOUT = 10

# Stands for the value of a task that is to be asked for.
_UNKNOWN = object()

# Seconds that a run waits for workers when there is none any more.
_PATIENCE = 60.0

# What dask calls a client that is connected.
_RUNNING = "running"

# What dask calls a task that has a result.
_FINISHED = "finished"

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
        self._is_own = scheduler is not None and not isinstance(scheduler, Client)
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

    @property
    def slots(self) -> int:
        """Threads of all workers."""
        with self._connected():
            threads: int = sum(self._client.nthreads().values())
        return threads

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
            Called with a task, by a worker. It can be pickled, and is sent with every task; each
            process opens it once.
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
        parcel, waiting = packed(work), iter(tasks)
        begun: deque[_Begun] = deque()
        room, looked = 0, -_INTERVAL
        try:
            while True:
                if time.monotonic() >= looked + _INTERVAL:
                    room, looked = self._room(), time.monotonic()
                # Many at a time, for each message to the scheduler takes milliseconds.
                if len(begun) <= room // 2:
                    more = list(itertools.islice(waiting, room - len(begun)))
                    begun += map(_Begun, more, self._all_begun(done, parcel, more))
                if not begun:
                    return
                ended = self._ended(begun)
                for each, value in zip(ended, self._values_of(ended), strict=True):
                    try:
                        known = self._value_of(each.future) if value is _UNKNOWN else value
                        result = self._mended(each.task, known, parcel)
                    except _WorkersLostError:
                        # Whatever was begun on a worker when it was lost is blamed.
                        result = self._tried_again(each.task, parcel, lost)
                    yield result
        finally:
            with suppress(Exception):  # there may be no cluster any more
                self._client.cancel([each.future for each in begun])

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
        parcel = packed(work)
        # No two are one to dask, for files may change.
        layer = Layer("parts", os.urandom(8))
        layer.tasks = {
            (layer.name, i): (partial(raised, parcel, task),) for i, task in enumerate(tasks)
        }
        with self._connected():
            future = self._client.compute(layer.merged([*layer.tasks], merge), retries=_RETRIES)
        try:
            result: Result = self._value_of(future)
        finally:
            with suppress(Exception):  # there may be no cluster any more
                self._client.cancel([future])
        return result

    def _room(self) -> int:
        return max(_LOOK_AHEAD, _PER_THREAD * self.slots)

    def _good(self) -> list[str] | None:
        """Return the workers on which nothing has failed; None if it has on none, or on all."""
        if not self._bad:
            return None
        return [each for each in self._client.nthreads() if each not in self._bad] or None

    def _all_begun(
        self, function: Callable[..., Any], parcel: bytes, tasks: list[Any]
    ) -> list[Future]:
        """Begin tasks, all with one message."""
        if not tasks:
            return []
        with self._connected():
            futures: list[Future] = self._client.map(
                function,
                [parcel] * len(tasks),
                tasks,
                pure=False,
                retries=_RETRIES,
                workers=self._good(),
                # Others are better than none.
                allow_other_workers=bool(self._bad),
            )
        return futures

    def _ended(self, begun: "deque[_Begun]") -> "list[_Begun]":
        """Wait for the first task, and take it and those behind it that have a result, too."""
        self._error_of(begun[0].future)
        ended = [begun.popleft()]
        while begun and {ended[-1].future.status, begun[0].future.status} == {_FINISHED}:
            ended.append(begun.popleft())
        return ended

    def _values_of(self, ended: "list[_Begun]") -> list[Any]:
        """Return the values of tasks that have ended; `_UNKNOWN` where they are to be asked for."""
        unknown = [_UNKNOWN] * len(ended)
        if len(ended) == 1:
            return unknown
        try:
            # One that is lost with its worker is computed again.
            return self._gathered([each.future for each in ended])
        except KilledWorker:
            return unknown

    def _tried_again(
        self,
        task: Task,
        parcel: bytes,
        lost: Callable[[Task, SmaltiError], Result] | None,
    ) -> Any:
        """Do a task again with which workers were lost; of one that costs more return `lost`."""
        (future,) = self._all_begun(done, parcel, [task])
        try:
            return self._mended(task, self._value_of(future), parcel)
        except _WorkersLostError as error:
            if lost is None:
                raise
            return lost(task, error)

    def _mended(self, task: Any, value: Any, parcel: bytes) -> Any:
        """Return what a task has given, or gives on another worker."""
        for _ in range(_RETRIES):
            if not isinstance(value, Failed) or not is_elsewhere_better(value.error):
                break
            self._bad.add(value.worker)
            (future,) = self._all_begun(done, parcel, [task])
            value = self._value_of(future)
        if isinstance(value, Failed):
            raise value.error
        return value

    def _value_of(self, future: Future) -> Any:
        """Wait for a task, and return its result, or raise what went wrong."""
        error = self._error_of(future)
        if error is None:
            try:
                return self._gathered([future])[0]
            except KilledWorker as killed:
                error = killed
        if isinstance(error, KilledWorker):
            raise _WorkersLostError(
                f"{self._address}: {error.allowed_failures + 1} workers were lost one after the "
                "other while they did one task; they may have too little memory"
            )
        if isinstance(error, asyncio.CancelledError | CancelledError):
            raise _lost(self._address, error)
        raise error

    def _error_of(self, future: Future) -> BaseException | None:
        """Wait until a task has ended, and return what went wrong."""
        error: BaseException | None = self._patiently(lambda: future.exception(timeout=_INTERVAL))
        return error

    def _gathered(self, futures: list[Future]) -> list[Any]:
        """Return the results of tasks that have ended; those that are lost are computed again."""
        with self._connected():
            coming = asyncio.run_coroutine_threadsafe(
                self._client.gather(futures, asynchronous=True), self._client.loop.asyncio_loop
            )
        results: list[Any] = self._patiently(lambda: coming.result(_INTERVAL))
        return results

    def _patiently(self, ask: Callable[[], Any]) -> Any:
        """Ask again as long as there is no answer yet, and there are workers or some may come."""
        alone = 0.0
        while alone < _PATIENCE:
            with self._connected():
                try:
                    return ask()
                except (TimeoutError, asyncio.TimeoutError, futures.TimeoutError):
                    alone = 0.0 if self._client.nthreads() else alone + _INTERVAL
        raise ClusterError(f"{self._address}: all workers are lost")

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Say in a sentence that the scheduler is lost."""
        if self._client.status != _RUNNING:
            raise _lost(self._address, OSError("the connection is closed"))
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
            except (TimeoutError, asyncio.TimeoutError):
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


class _Begun(NamedTuple):
    """A task that has been begun."""

    task: Any
    future: Future


def _client_of(scheduler: "str | Client | None") -> Client:
    if isinstance(scheduler, Client):
        if scheduler.asynchronous or scheduler.status != _RUNNING:
            kind = "is asynchronous" if scheduler.asynchronous else "is closed"
            raise ClusterError(f"the client of dask {kind}; pass one that is neither")
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

"""Work that is sent to workers: bytes, which are opened once in each process."""

import pickle
from functools import lru_cache
from typing import Any, NamedTuple

from distributed import get_worker

from smalti import _core
from smalti.exceptions import ClusterError, SmaltiError

__all__ = ["Failed", "done", "is_elsewhere_better", "opened", "packed", "raised"]


class Failed(NamedTuple):
    """What went wrong with a task, and where."""

    worker: str
    error: Exception


def packed(work: Any) -> bytes:
    """Return something as bytes, which neither the client's graph nor a scheduler opens."""
    return pickle.dumps((_core.__version__, pickle.dumps(work)))


@lru_cache(maxsize=4)
def opened(data: bytes) -> Any:
    """Return what was packed: what it has read and learnt serves all tasks of a process.

    Raises
    ------
    ClusterError
        If another version of smalti has packed it.
    """
    version, work = pickle.loads(data)
    if version != _core.__version__:
        raise ClusterError(f"this worker has smalti {_core.__version__}, not {version}")
    return pickle.loads(work)


def is_elsewhere_better(error: Exception) -> bool:
    """Whether another worker may do what one could not."""
    return isinstance(error, ClusterError) or not isinstance(error, SmaltiError)


def raised(parcel: bytes, task: Any) -> Any:
    """Do a task; what goes wrong is raised."""
    return opened(parcel)(task)


def done(parcel: bytes, task: Any) -> Any:
    """Do a task, or return what went wrong."""
    try:
        return opened(parcel)(task)
    except Exception as error:  # others may be able to
        return Failed(get_worker().address, _sendable(error))


def _sendable(error: Exception) -> Exception:
    """Return an error, or what it says, if it cannot be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # errors of other libraries need not be made for it
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error

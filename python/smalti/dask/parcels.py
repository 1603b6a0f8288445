"""Work that is sent to workers: bytes, which are opened once in each process."""

import pickle
from functools import lru_cache
from typing import Any

from smalti import _core
from smalti.exceptions import ClusterError

__all__ = ["opened", "packed"]


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

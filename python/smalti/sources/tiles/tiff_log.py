"""What tifffile logs of a file while we read it: one sentence of ours says what is wrong."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["silent_tifffile"]

_is_silent: ContextVar[bool] = ContextVar("smalti_silent_tifffile", default=False)

_installing = threading.Lock()


class _OfOthers(logging.Filter):
    """Lets through what tifffile logs for others than us."""

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - whatever it is
        return not _is_silent.get()


@contextmanager
def silent_tifffile() -> Iterator[None]:
    """Drop what tifffile logs meanwhile in this thread; other code's logging stays as it is."""
    logger = logging.getLogger("tifffile")
    with _installing:
        if not any(isinstance(each, _OfOthers) for each in logger.filters):
            logger.addFilter(_OfOthers())
    before = _is_silent.set(True)
    try:
        yield
    finally:
        _is_silent.reset(before)

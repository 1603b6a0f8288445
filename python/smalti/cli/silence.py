"""What libraries print by themselves while they read a file.

libtiff and the decoders of the core write to file descriptor 2 what their callers are told anyway.
On the command line one sentence of ours says what is wrong.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["keep_stderr_for_python", "silent_libraries", "stdout_given_up"]

_STDERR = 2


def keep_stderr_for_python() -> None:
    """Give `sys.stderr` a descriptor of its own, so that `silent_libraries` does not silence it."""
    if sys.stderr is None or sys.stderr.fileno() != _STDERR:
        return
    own = os.dup(_STDERR)
    sys.stderr = open(  # noqa: PTH123, SIM115 - it is open until the end
        own, "w", buffering=1, encoding=sys.stderr.encoding, errors="replace"
    )


def stdout_given_up(error: OSError) -> str | None:
    """Print nothing on stdout any more, which has refused to be written to.

    Returns a sentence for a full disk and the like; None if there is only nobody who reads on.
    """
    # Python writes the rest of the buffer when it ends, which would fail once more.
    sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
    is_gone = isinstance(error, BrokenPipeError)
    return None if is_gone else f"stdout cannot be written: {error.strerror}"


@contextmanager
def silent_libraries() -> Iterator[None]:
    """Send to nowhere what is written to descriptor 2 meanwhile."""
    try:
        kept = os.dup(_STDERR)
    except OSError:  # a daemon's stderr is closed
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, _STDERR)
        yield
    finally:
        os.dup2(kept, _STDERR)
        os.close(kept)
        os.close(nowhere)

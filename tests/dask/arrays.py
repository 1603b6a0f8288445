"""Arrays of dask: cut at random, and ones that go wrong."""

import os
import signal
from pathlib import Path

import numpy as np
from hypothesis import strategies as st


def cuts(length):
    """Sizes of chunks that add up to a length."""
    places = st.sets(st.integers(1, length - 1), max_size=5) if length > 1 else st.just(set())
    return places.map(lambda found: tuple(np.diff([0, *sorted(found), length]).tolist()))


def chunkings(shape):
    """Sizes of chunks for each axis."""
    return st.tuples(*(cuts(length) for length in shape))


def kill_once(marker):
    """Kill the process that is the first to come here."""
    try:
        Path(marker).touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def killing(block, marker):
    """Return a block; whoever has it first is killed."""
    kill_once(marker)
    return block


def failing(block, number, block_info=None):
    """Return a block, unless it is the one of a number."""
    if block_info[0]["chunk-location"][:2] == number:
        raise OSError("the disk is gone")
    return block

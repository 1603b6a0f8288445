"""Print the bytes that `smalti.compress` needs at its peak above its input and its indices.

    python -m bench.peak_memory FILE HEIGHT WIDTH K EFFORT

FILE is raw RGB, which is read without a decoder's memory. A process of its own each time.
"""

import resource
import sys
from pathlib import Path

import numpy as np

import smalti


def main() -> None:
    """Measure and print."""
    height, width, k, effort = (int(argument) for argument in sys.argv[2:])
    photo = np.fromfile(sys.argv[1], np.uint8).reshape(height, width, 3)
    before = peak_bytes()
    result = smalti.compress(photo, k, space="srgb", rate_weight=0, dither=0, effort=effort)
    print(peak_bytes() - before - result.indices.nbytes)


def peak_bytes() -> int:
    """Return the most memory that this process has had so far."""
    # Linux counts the parent's peak into what getrusage tells of a child.
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="utf-8").splitlines()
        peaks = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
        return 1024 * int(peaks[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()

"""Print the bytes that `smalti.compress` needs at its peak above its input and its indices.

    python -m bench.engine.memory FILE HEIGHT WIDTH K EFFORT

FILE is raw RGB, which is read without a decoder's memory. A process of its own each time.
"""

import sys

import numpy as np

import smalti
from bench.common.memory import peak_bytes


def main() -> None:
    """Measure and print."""
    height, width, k, effort = (int(argument) for argument in sys.argv[2:])
    photo = np.fromfile(sys.argv[1], np.uint8).reshape(height, width, 3)
    before = peak_bytes()
    result = smalti.compress(photo, k, space="srgb", rate_weight=0, dither=0, effort=effort)
    print(peak_bytes() - before - result.indices.nbytes)


if __name__ == "__main__":
    main()

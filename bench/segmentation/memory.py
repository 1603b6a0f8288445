"""Print the seconds that `smalti.segment` takes, and its peak memory above input and labels.

    python -m bench.segmentation.memory FILE HEIGHT WIDTH K SPATIAL_WEIGHT

FILE is raw RGB, which is read without a decoder's memory. A process of its own each time.
"""

import sys

import numpy as np

import smalti
from bench.common.measure import once
from bench.common.memory import peak_bytes


def main() -> None:
    """Measure and print."""
    height, width, k = (int(argument) for argument in sys.argv[2:5])
    weight = float(sys.argv[5])
    photo = np.fromfile(sys.argv[1], np.uint8).reshape(height, width, 3)
    before = peak_bytes()
    seconds, result = once(lambda: smalti.segment(photo, k, spatial_weight=weight))
    print(seconds, peak_bytes() - before - result.labels.nbytes)


if __name__ == "__main__":
    main()

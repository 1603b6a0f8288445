"""Compress the files of a folder on a cluster, and print time and memory.

    python -m bench.dask.small_files_run FOLDER

Seconds, the peak memory of this process and of the largest worker in MiB, and the seconds that a
task takes that does nothing.
"""

import resource
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

import smalti.dask
from bench.common.measure import Picture
from bench.dask.local_cluster import local_cluster

SIDE = 64

# Tasks that do nothing.
TASKS = 3_000


def put(photographs: Mapping[str, Picture], folder: Path, number: int) -> None:
    """Write so many files: parts of photographs, the same each time."""
    folder.mkdir()
    pictures = [photograph[..., :3] for photograph in photographs.values()]
    random = np.random.default_rng(0)
    for i in range(number):
        picture = pictures[i % len(pictures)]
        top, left = (int(random.integers(0, side - SIDE)) for side in picture.shape[:2])
        part = picture[top : top + SIDE, left : left + SIDE]
        Image.fromarray(part).save(folder / f"{i:06}.png", compress_level=1)


def main() -> None:
    """Measure and print."""
    folder = Path(sys.argv[1])
    with local_cluster(2) as client:
        began = time.perf_counter()
        results = smalti.dask.compress_many(
            folder / "in",
            folder / "out",
            scheduler=client,
            recursive=True,
            shared_palette=True,
            measure=False,
        )
        if any(result.status != "written" for result in results):
            raise SystemExit("some files were not written")
        seconds = time.perf_counter() - began
        largest = max(client.run(_peak).values())
        began = time.perf_counter()
        tasks = sum(1 for _ in smalti.dask.Cluster(client).map(abs, range(TASKS)))
        nothing = (time.perf_counter() - began) / tasks
    print(seconds, _peak(), largest, nothing)


def _peak() -> float:
    """Return the peak memory of this process in MiB."""
    unit = 2**20 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main()

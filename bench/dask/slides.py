"""Many slides, segmented into the same classes: one worker of a cluster against two."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import smalti
from bench.common.gigapixel_image import filled
from bench.common.measure import once
from bench.common.settings import Settings
from bench.dask.local_cluster import local_cluster

SLIDES, TRIAL = 96, 8
CLASSES, WEIGHT = 4, 0.4
_TILE = 512


def run(settings: Settings) -> str:
    """Return the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        number = TRIAL if settings.is_trial else SLIDES
        pixels = _put(settings, folder, number)
        lines = [
            f"{number} slides of {pixels / 1e6:.1f} megapixels, tiled TIFF (JPEG), that are read by"
            f" parts. `smalti segment --classes classes.npz --spatial {WEIGHT} --max-pixels 1000000"
            " *.tif -o out/` in one process, and with `--dask` on a cluster of processes of one"
            " thread each, a slide a worker. Without the start of the cluster; single runs.",
            "",
            "| | seconds | milliseconds a slide |",
            "|---|---|---|",
        ]
        ways = {"one process": None, "one worker": 1, "two workers": 2}
        for words, workers in ways.items():
            seconds = _seconds(folder, words.replace(" ", "-"), workers)
            lines.append(f"| {words} | {seconds:.1f} | {1000 * seconds / number:.0f} |")
    return "\n".join(lines)


def _put(settings: Settings, folder: Path, number: int) -> int:
    """Write slides and classes into a folder, and return the pixels of a slide."""
    from tifffile import imwrite

    tissue = [filled(picture) for picture in settings.images.tissue().values()]
    smalti.segment(tissue[0], CLASSES).classifier.save(folder / "classes.npz")
    for i in range(number):
        # Each has another part in its corner.
        slide = np.roll(tissue[i % len(tissue)], 97 * i, axis=(0, 1))
        imwrite(
            folder / f"{i:03}.tif",
            slide,
            tile=(_TILE, _TILE),
            photometric="rgb",
            compression="jpeg",
            compressionargs={"level": 90},
        )
    height, width = tissue[0].shape[:2]
    return int(height * width)


def _seconds(folder: Path, out: str, workers: int | None) -> float:
    """Return how long the command takes."""
    slides = map(str, sorted(folder.glob("*.tif")))
    command = [
        sys.executable,
        "-m",
        "smalti",
        "segment",
        *slides,
        "--quiet",
        "--max-pixels",
        "1000000",
    ]
    command += ["--classes", str(folder / "classes.npz"), "--spatial", str(WEIGHT)]
    command += ["-o", str(folder / out)]
    if workers is None:
        return once(lambda: subprocess.run(command, check=True))[0]
    with local_cluster(workers) as client:
        command += ["--dask", client.scheduler.address]
        return once(lambda: subprocess.run(command, check=True))[0]

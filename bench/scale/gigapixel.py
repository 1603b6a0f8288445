"""A gigapixel from the file to labels with a pyramid: time, memory and bytes."""

import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.common.gigapixel_image import SIDE, made
from bench.common.machine import Run, run_process
from bench.common.settings import Settings

# Runs of a command; of one that takes longer than this one is enough.
REPEATS, LONG = 3, 40.0

# What is run, by the words of the table, and how often the image is read.
COMMANDS: dict[str, tuple[list[str], str, int]] = {
    "palette, K = 256": (["palette", "-k", "256", "--json"], "", 1),
    "compress, K = 16, to OME-Zarr": (["compress", "-k", "16"], "out.ome.zarr", 2),
    "compress, K = 256, to TIFF": (["compress"], "out.tif", 2),
    "compress, K = 16, to PNG": (["compress", "-k", "16"], "out.png", 2),
    "segment, K = 4": (["segment", "-k", "4"], "classes", 2),
    "segment, H&E": (["segment", "--preset", "he"], "classes", 1),
    "segment, H&E, with densities": (
        ["segment", "--preset", "he", "--densities"],
        "classes",
        1,
    ),
    "segment, K = 4, boundaries 0.4": (["segment", "-k", "4", "--spatial", "0.4"], "classes", 1),
}


def run(settings: Settings) -> str:
    """Return the table."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = made(settings, folder)
        megapixels = SIDE**2 / 1e6
        reading = _seconds(["bench.scale.reading", str(image)])
        lines = [
            f"{SIDE:,} x {SIDE:,} pixels of photographs and tissue, tiles of 512 x 512 of JPEG in"
            f" BigTIFF, {image.stat().st_size / 1e6:,.0f} MB. To read all tiles once takes"
            f" {reading:.1f} s ({megapixels / reading:,.0f} megapixels a second); the last column"
            " leaves that out. Whole processes, medians of"
            f" {REPEATS}; what takes more than {LONG:.0f} s ran once.",
            "",
            "| | seconds | peak memory | output | MP/s | MP/s without decoding |",
            "|---|---|---|---|---|---|",
        ]
        for words, (arguments, out, passes) in COMMANDS.items():
            target = [] if not out else ["-o", str(folder / out), "--force"]
            command = [sys.executable, "-m", "smalti", *arguments, str(image), *target]
            result = _median_run(command)
            alone = result.seconds - passes * reading
            size = f"{_bytes(folder / out) / 1e6:,.0f} MB" if out else ""
            lines.append(
                f"| {words} | {result.seconds:.1f} | {result.peak_bytes / 2**20:,.0f} MiB | {size}"
                f" | {megapixels / result.seconds:.0f} | {megapixels / alone:.0f} |"
            )
        lines += ["", *_peers(image, megapixels)]
    return "\n".join(lines)


def _seconds(module: list[str]) -> float:
    return _median_run([sys.executable, "-m", *module]).seconds


def _median_run(command: list[str]) -> Run:
    """Return the medians of some runs, or the only one of what takes long."""
    runs = [run_process(command)]
    if runs[0].seconds <= LONG:
        runs += [run_process(command) for _ in range(REPEATS - 1)]
    return Run(
        statistics.median(run.seconds for run in runs),
        round(statistics.median(run.peak_bytes for run in runs)),
    )


def _peers(image: Path, megapixels: float) -> list[str]:
    """Return what scikit-learn takes for the same classes, by parts."""
    seconds, share, ours, theirs = _against(image)
    return [
        f"scikit-learn's `MiniBatchKMeans(n_clusters=16)` by the same parts, `partial_fit` and then"
        f" `predict`, on the first {share:.0%} of the image: {seconds:.0f} s, or"
        f" {seconds / share:,.0f} s for all {megapixels:,.0f} megapixels. Its mean squared error"
        f" there is {theirs / ours:.2f} times that of smalti's 16 colours in sRGB.",
    ]


def _against(image: Path) -> tuple[float, float, float, float]:
    command = [sys.executable, "-m", "bench.scale.minibatch", str(image)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, share, ours, theirs = map(float, told.split())
    return seconds, share, ours, theirs


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())

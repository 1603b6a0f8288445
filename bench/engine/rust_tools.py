"""The peers in Rust: quantette and imagequant, run by the program in bench/crates/peers.

It times the peers itself, in memory, as `bench.common.measure` does those in Python.
"""

import json
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from bench.common.cargo import PEERS_CRATE, crate_versions, program
from bench.common.measure import REPEATS, Picture, Quantised, Run, Tool

PEERS = {
    "quantette-wu": ("quantette Wu", "no K-Means"),
    "quantette-kmeans": ("quantette", "K-Means"),
    "quantette-kmeans-4": ("quantette 4x", "K-Means, 4 times the samples"),
    "quantette-kmeans-16": ("quantette 16x", "K-Means, 16 times the samples"),
    "imagequant": ("imagequant 4", "the crate"),
}
# The least that a quantiser does: read every pixel, look it up, write a byte.
BASELINE = {"table-lookup": ("one table look-up a pixel", "")}
_CRATES = ("quantette", "imagequant")


def rust_tools(peers: Mapping[str, tuple[str, str]]) -> tuple[list[Tool], list[str]]:
    """Return tools for the program's peers, or what to say if it cannot be built."""
    try:
        built = program(PEERS_CRATE, "bench-peers")
    except (OSError, subprocess.CalledProcessError) as error:
        return [], [f"{', '.join(name for name, _ in peers.values())}: {error}"]
    return [Tool(*names, _runner(built, peer)) for peer, names in peers.items()], []


def crates() -> list[str]:
    """Return names and versions of the crates."""
    return crate_versions(PEERS_CRATE / "Cargo.lock", _CRATES)


def _runner(built: Path, peer: str) -> Callable[[Picture, int], Run]:
    return lambda photo, k: _run(built, peer, photo, k)


def _run(built: Path, peer: str, photo: Picture, k: int) -> Run:
    height, width, _ = photo.shape
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "source.rgb", Path(folder) / "result"
        photo.tofile(source)
        sizes = [str(size) for size in (width, height, k, REPEATS)]
        command = [str(built), peer, *sizes, str(source), str(result)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        bytes_ = result.read_bytes()
    report = json.loads(output)
    colors = 3 * report["colors"]
    palette = np.frombuffer(bytes_, "<f4", count=colors).reshape(-1, 3)
    indices = np.frombuffer(bytes_, np.uint8, offset=4 * colors)
    return Run(statistics.median(report["milliseconds"]), Quantised(palette, indices))

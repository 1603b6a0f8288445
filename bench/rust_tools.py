"""The peers in Rust: quantette and imagequant, run by the program in bench/peers.

That program is built here, as its authors advise for speed: optimised for this processor. It
times the peers itself, in memory, as `bench.measure` does those in Python.
"""

import json
import os
import re
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from bench.measure import REPEATS, Picture, Quantised, Run, Tool

CRATE = Path(__file__).parent / "peers"
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
        program = _built()
    except (OSError, subprocess.CalledProcessError) as error:
        return [], [f"{', '.join(name for name, _ in peers.values())}: {error}"]
    return [Tool(*names, _runner(program, peer)) for peer, names in peers.items()], []


def versions() -> list[str]:
    """Return names and versions of the crates."""
    lock = (CRATE / "Cargo.lock").read_text(encoding="utf-8")
    found = [re.search(rf'name = "{name}"\nversion = "(.+)"', lock) for name in _CRATES]
    crates = zip(_CRATES, found, strict=True)
    return [f"{name} {match[1]} (crate)" for name, match in crates if match]


def _built() -> Path:
    target = CRATE / "target"
    manifest = ["--manifest-path", str(CRATE / "Cargo.toml")]
    subprocess.run(
        ["cargo", "build", "--release", "--locked", *manifest, "--target-dir", str(target)],
        env={**os.environ, "RUSTFLAGS": "-Ctarget-cpu=native"},
        check=True,
    )
    return target / "release" / ("bench-peers.exe" if os.name == "nt" else "bench-peers")


def _runner(program: Path, peer: str) -> Callable[[Picture, int], Run]:
    return lambda photo, k: _run(program, peer, photo, k)


def _run(program: Path, peer: str, photo: Picture, k: int) -> Run:
    height, width, _ = photo.shape
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder) / "source.rgb", Path(folder) / "result"
        photo.tofile(source)
        sizes = [str(size) for size in (width, height, k, REPEATS)]
        command = [str(program), peer, *sizes, str(source), str(result)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        bytes_ = result.read_bytes()
    report = json.loads(output)
    colors = 3 * report["colors"]
    palette = np.frombuffer(bytes_, "<f4", count=colors).reshape(-1, 3)
    indices = np.frombuffer(bytes_, np.uint8, offset=4 * colors)
    return Run(statistics.median(report["milliseconds"]), Quantised(palette, indices))

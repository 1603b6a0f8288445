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
from collections.abc import Callable, Iterable, Mapping
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
        built = program(CRATE, "bench-peers")
    except (OSError, subprocess.CalledProcessError) as error:
        return [], [f"{', '.join(name for name, _ in peers.values())}: {error}"]
    return [Tool(*names, _runner(built, peer)) for peer, names in peers.items()], []


def versions() -> list[str]:
    """Return names and versions of the crates."""
    return crate_versions(CRATE / "Cargo.lock", _CRATES)


def crate_versions(lock_file: Path, names: Iterable[str]) -> list[str]:
    """Return names of crates, with the versions that a lock file holds."""
    lock = lock_file.read_text(encoding="utf-8")
    found = {name: re.search(rf'name = "{name}"\nversion = "(.+)"', lock) for name in names}
    return [f"{name} {match[1]} (crate)" for name, match in found.items() if match]


def program(crate: Path, name: str) -> Path:
    """Build a crate's programs, optimised for this processor, and return one of them."""
    target = CRATE / "target"
    manifest = ["--manifest-path", str(crate / "Cargo.toml")]
    subprocess.run(
        ["cargo", "build", "--release", "--locked", *manifest, "--target-dir", str(target)],
        env={**os.environ, "RUSTFLAGS": "-Ctarget-cpu=native"},
        check=True,
    )
    return target / "release" / executable(name)


def executable(name: str) -> str:
    """Return what a program's file is called on this system."""
    return f"{name}.exe" if os.name == "nt" else name


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

"""Runs that are killed at any moment and repeated: the files must be those of an undisturbed run.

Run as ``python -m tests.batch.killed_runs --kills 100``.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

__all__ = ["Found", "killed_and_repeated"]

_PICTURES = 8
_SIDE = 48

_RUNS = (["-r", "in", "-o", "out"], ["-r", "in", "--ext", ".png", "--force"])


class Found(NamedTuple):
    """Files that differ from those of an undisturbed run, and temporary files that were left."""

    differing: list[str]
    litter: list[str]


def killed_and_repeated(inputs: Path, arguments: Sequence[str], *, kills: int, seed: int) -> Found:
    """Run the program on copies of a folder: once to its end, and once killed again and again.

    Parameters
    ----------
    inputs : path
        The folder of pictures, which `arguments` call ``in``.
    arguments : sequence of str
        Those of ``smalti compress``.
    kills : int
        How often the second run is killed before it may end. One that ends by itself begins anew.
    seed : int
        For the moments.
    """
    moments = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = Path(folder) / "whole", Path(folder) / "killed"
        for copy in (whole, killed):
            shutil.copytree(inputs, copy / "in")
        began = time.monotonic()
        _run(whole, arguments).wait()
        seconds = time.monotonic() - began
        expected = _state(whole)
        differing: set[str] = set()
        litter: set[str] = set()
        for _ in range(kills):
            process = _run(killed, arguments)
            try:
                process.wait(moments.uniform(0, 1) * seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                continue
            differing |= _differences(_state(killed), expected)
            shutil.rmtree(killed)
            shutil.copytree(inputs, killed / "in")
        _run(killed, arguments).wait()
        found = _state(killed)
        litter |= {name for name in found if name.endswith(".tmp")}
        return Found(sorted(differing | _differences(found, expected)), sorted(litter))


def _run(folder: Path, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "smalti", "compress", *arguments, "--effort", "1", "--quiet"]
    return subprocess.Popen(command, cwd=folder)


def _state(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _differences(found: dict[str, bytes], expected: dict[str, bytes]) -> set[str]:
    names = found.keys() | expected.keys()
    return {name for name in names if found.get(name) != expected.get(name)}


def main() -> None:
    """Kill runs of both kinds and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        random_numbers = np.random.default_rng(given.seed)
        for number in range(_PICTURES):
            pixels = random_numbers.integers(0, 256, (_SIDE, _SIDE, 3), dtype=np.uint8)
            blurred = Image.fromarray(pixels).resize((4, 4)).resize((_SIDE, _SIDE), 3)
            blurred.save(Path(folder) / f"{number}.{'png' if number % 3 else 'bmp'}")
        for arguments in _RUNS:
            found = killed_and_repeated(Path(folder), arguments, kills=given.kills, seed=given.seed)
            print(f"{' '.join(arguments)}: {given.kills} kills, {found}")


if __name__ == "__main__":
    main()

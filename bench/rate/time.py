"""Whole programs from a PNG to a smaller one: time and memory, beside pngquant and oxipng."""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from bench.common.images import LARGE, PHOTOS, rgb
from bench.common.machine import Run, run_process
from bench.common.measure import Picture
from bench.common.settings import Settings
from bench.rate.tools import installed
from smalti import metrics

REPEATS = 5
# The large photograph runs once, and not to a quality, which would take minutes.
REPEATS_LARGE = 1
PHOTO = "kodim05.png"
QUALITY = "70"

Commands = Sequence[list[str]]


@dataclass(frozen=True)
class Program:
    """A name, and the commands that make `out` from `source`, one after the other."""

    name: str
    commands: Commands


def run(settings: Settings) -> str:
    """Return the tables."""
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "source.png", Path(folder) / "out.png"
        programs, left_out = _programs(source, out, Path(folder))
        images, photos = settings.images, settings.images.photographs()
        name = PHOTO if PHOTO in photos else next(iter(photos))
        Image.fromarray(photos[name]).save(source)
        title = f"{name} from {images.origin(PHOTOS)}"
        lines += _table(title, photos[name], programs, out, REPEATS, with_memory=False)
        path = images.large_photograph(Path(folder))
        title, large = f"{path.name} from {images.origin(LARGE)}", rgb(path)
        Image.fromarray(large).save(source, compress_level=1)
        quick = [program for program in programs if QUALITY not in program.name]
        lines += ["", *_table(title, large, quick, out, REPEATS_LARGE, with_memory=True)]
    lines += [line for reason in left_out for line in ("", f"Left out, {reason}.")]
    return "\n".join(lines)


def _programs(source: Path, out: Path, folder: Path) -> tuple[list[Program], list[str]]:
    # With --quiet it does not measure what it made, which takes longer than making it.
    paths = [str(source), "-o", str(out)]
    smalti = [sys.executable, "-m", "smalti", "compress", *paths, "--force", "--quiet"]
    programs = [Program("`smalti compress`", [smalti])]
    left_out = []
    Image.new("RGB", (8, 8)).save(source)
    to_quality = [*smalti, "--quality", QUALITY]
    if subprocess.run(to_quality, check=False, capture_output=True).returncode == 0:
        programs.append(Program(f"`smalti compress --quality {QUALITY}`", [to_quality]))
    else:
        left_out.append(f"`smalti compress --quality {QUALITY}`: this smalti refuses it")
    try:
        quantise, optimise = installed("pngquant")[0], installed("oxipng")[0]
    except (OSError, subprocess.CalledProcessError) as error:
        return programs, [*left_out, f"pngquant and oxipng: {error}"]
    between = str(folder / "between.png")
    commands = [
        [quantise, "--speed", "3", "--force", "--output", between, str(source)],
        [optimise, "-o2", "--strip", "safe", "--quiet", "--out", str(out), between],
    ]
    return [*programs, Program("`pngquant --speed 3`, `oxipng -o2`", commands)], left_out


def _table(
    name: str,
    photo: Picture,
    programs: Sequence[Program],
    out: Path,
    repeats: int,
    *,
    with_memory: bool,
) -> list[str]:
    height, width, _ = photo.shape
    # They take turns, so that a slow spell of the machine hits all; the first turn is not counted.
    turns = [[_run(program.commands) for program in programs] for _ in range(repeats + 1)][1:]
    memory = " peak memory |" if with_memory else ""
    lines = [
        f"{name}, {width} x {height}, 256 colours, median of {repeats}:",
        "",
        f"| program | seconds |{memory} file bytes | SSIMULACRA2 |",
        f"|---|---|{'---|' if with_memory else ''}---|---|",
    ]
    for index, program in enumerate(programs):
        _run(program.commands)
        with Image.open(out) as image:
            score = metrics.ssimulacra2(photo, np.asarray(image.convert("RGB")))
        runs = [turn[index] for turn in turns]
        cells = [program.name, f"{statistics.median(run.seconds for run in runs):.2f}"]
        if with_memory:
            peak = statistics.median(run.peak_bytes for run in runs)
            cells.append(f"{peak / 2**20:,.0f} MiB")
        cells += [f"{out.stat().st_size:,}", f"{score:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _run(commands: Commands) -> Run:
    """Run commands one after the other; times add up, the highest peak counts."""
    runs = [run_process(command) for command in commands]
    return Run(sum(run.seconds for run in runs), max(run.peak_bytes for run in runs))

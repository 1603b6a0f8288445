"""Folders of drawings and of icons in one command, beside a loop of pngquant and oxipng."""

import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.common.images import UI
from bench.common.machine import run_process
from bench.common.settings import Settings
from bench.rate.icons import parts, save
from bench.rate.tools import installed
from smalti.cache_folder import CACHE_VARIABLE

# A turn of all commands takes minutes.
REPEATS = 1
REPEATS_OF_SECOND_RUNS = 3
ICONS = 100
ICON_SIDE = 64
# Below this, figures of the page would tell nothing: a trial has few pictures.
TRIAL_ICONS = 20

Commands = dict[str, Sequence[str]]


def run(settings: Settings) -> str:
    """Return the tables."""
    drawings = settings.images.drawings()
    count = TRIAL_ICONS if settings.is_trial else ICONS
    icons = list(parts(list(drawings.values()), count, ICON_SIDE))
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ[CACHE_VARIABLE] = str(Path(folder) / "cache")
        graphics, small = Path(folder) / "graphics", Path(folder) / "icons"
        save(graphics, drawings)
        save(small, {f"{number:04}": icon for number, icon in enumerate(icons)})
        lines += _table(f"{len(drawings)} graphics from {settings.images.origin(UI)}", graphics)
        title = f"{len(icons)} icons of {ICON_SIDE} x {ICON_SIDE} made of them"
        lines += ["", *_table(title, small, efforts=(5, 1))]
    return "\n".join(lines)


def _table(title: str, folder: Path, efforts: Sequence[int] = (5, 2)) -> list[str]:
    out = folder.with_name(f"{folder.name}-out")
    ours = [sys.executable, "-m", "smalti", "-r", str(folder), "-o", str(out), "--quiet"]
    commands: Commands = {
        f"`smalti -r --effort {effort}`": [*ours, "--effort", str(effort)] for effort in efforts
    }
    left_out = []
    try:
        commands |= _loops(folder, out)
    except (OSError, subprocess.CalledProcessError) as error:
        left_out = ["", f"Left out, pngquant and oxipng: {error}."]
    # They take turns, so that a slow spell of the machine hits all.
    turns = [[_timed(command, out) for command in commands.values()] for _ in range(REPEATS)]
    lines = [
        f"{title}, each command for all of them, median of {REPEATS}:",
        "",
        "| command | seconds | second run | bytes |",
        "|---|---|---|---|",
    ]
    for name, runs in zip(commands, zip(*turns, strict=True), strict=True):
        seconds = statistics.median(run.seconds for run in runs)
        again = "" if runs[0].again is None else f"{runs[0].again:.2f}"
        lines.append(f"| {name} | {seconds:.2f} | {again} | {runs[0].total:,} |")
    return lines + left_out


def _loops(folder: Path, out: Path) -> Commands:
    """Return what a shell does for each file in turn."""
    quantise, optimise = installed("pngquant")[0], installed("oxipng")[0]
    source, target = shlex.quote(str(folder)), shlex.quote(str(out))
    made = f'{shlex.quote(quantise)} --speed 3 --output {target}/"$f" "$f"'
    optimised = f'{shlex.quote(optimise)} -o2 --strip safe --quiet {target}/"$f"'
    loop = f"mkdir -p {target}; cd {source}; for f in *.png; do {{}}; done"
    return {
        "`pngquant --speed 3` in a loop": ["sh", "-c", loop.format(made)],
        "`pngquant --speed 3`, `oxipng -o2` in a loop": [
            "sh",
            "-c",
            loop.format(f"{made} && {optimised}"),
        ],
    }


class _Turn(NamedTuple):
    """Seconds of a command, and of a second run of it if it has one, and bytes of its outputs."""

    seconds: float
    again: float | None
    total: int


def _timed(command: Sequence[str], out: Path) -> _Turn:
    """Run a command without anything of an earlier run."""
    for made in (out, Path(os.environ[CACHE_VARIABLE])):
        shutil.rmtree(made, ignore_errors=True)
    seconds = run_process(command).seconds
    again = _again(command) if command[0] == sys.executable else None
    return _Turn(seconds, again, sum(path.stat().st_size for path in out.iterdir()))


def _again(command: Sequence[str]) -> float:
    """Return the seconds of a run that finds everything done."""
    runs = [run_process(command) for _ in range(REPEATS_OF_SECOND_RUNS)]
    return statistics.median(run.seconds for run in runs)

"""Bytes of GIFs at equal scores, against the best of the peers."""

import statistics
import tempfile
import time
from collections.abc import Iterable
from math import ceil, expm1, log1p
from pathlib import Path

import numpy as np

import smalti
from bench.common.measure import Picture
from bench.common.settings import Settings
from bench.rate.animations import peers
from bench.rate.animations.clips import clips
from bench.rate.bd_rate import bd_rate, common_scores
from smalti.images.animation.scores import scores
from smalti.sources.animations.open import open_animation

# Of smalti; both of them, so that small files have few colours.
WEIGHTS, COLORS = (0.02, 0.1, 0.4, 1.5), (256, 64)

# Frames of each clip that are scored, and scores that are compared.
SCORED, LOW, HIGH = 8, 40.0, 95.0

Points = list[tuple[float, float]]


def run(settings: Settings) -> str:
    """Return the table."""
    lacking = peers.missing()
    if lacking:
        raise ImportError(f"the programs {', '.join(lacking)} are not installed")
    lines = [
        "Mean SSIMULACRA2 of 8 frames of each clip, bytes at equal scores (BD-rate) against the"
        f" best of gifski -Q {_listed(peers.QUALITIES)} and ffmpeg's palettegen and paletteuse"
        f" (three dithers) with gifsicle -O3 --lossy {_listed(peers.LOSSES)}. smalti has"
        f" `rate_weight` {_listed(WEIGHTS)} with {_listed(COLORS)} colours. The fifth column is the"
        " share of pixels that change though the source does not, at the defaults. Seconds are"
        " those of smalti's defaults within this process, and of gifski -Q 90 as a program; other"
        " programs ran beside them.",
        "",
        "| clip | frames | bytes | scores | changed | seconds | gifski |",
        "|---|---|---|---|---|---|---|",
    ]
    rates = []
    for name, frames in clips(settings).items():
        line, rate = _compared(name, frames)
        lines.append(line)
        rates += [] if rate is None else [rate]
    mean = expm1(statistics.fmean(map(log1p, rates)))
    lines += ["", f"Geometric mean: {100 * mean:+.1f} %."]
    return "\n".join(lines)


def _listed(values: Iterable[float]) -> str:
    return ", ".join(map(str, values))


def _compared(name: str, frames: list[Picture]) -> tuple[str, float | None]:
    film = np.stack(frames)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        peers.put(frames, folder)
        theirs = [_point(frames, path.read_bytes()) for _, path in peers.points(folder)]
        began = time.perf_counter()
        peers.run_gifski(folder, 90)
        gifski = time.perf_counter() - began
    began = time.perf_counter()
    usual = smalti.compress_animation(film, fps=peers.FPS)
    seconds = time.perf_counter() - began
    ours = [
        _point(
            frames,
            smalti.compress_animation(film, k, fps=peers.FPS, rate_weight=weight).to_bytes(),
        )
        for weight in WEIGHTS
        for k in COLORS
    ]
    rate, common = bd_rate(ours, theirs, LOW, HIGH), common_scores(ours, theirs, LOW, HIGH)
    height, width = film.shape[1:3]
    told = "" if rate is None or common is None else f"{100 * rate:+.1f} %"
    between = "" if common is None else f"{common[0]:.0f} to {common[1]:.0f}"
    line = (
        f"| {name} | {len(frames)} of {width} x {height} | {told} | {between}"
        f" | {100 * _changed(film, usual):.2g} % | {seconds:.1f} | {gifski:.1f} |"
    )
    return line, rate


def _point(frames: list[Picture], file: bytes) -> tuple[float, float]:
    """Return bytes and mean score of a file."""
    opaque = np.full((*frames[0].shape[:2], 1), 255, dtype=np.uint8)
    originals = (np.concatenate([frame, opaque], axis=2) for frame in frames)
    shown = (frame.pixels for frame in open_animation(file).frames())
    found = scores(originals, shown, ceil(len(frames) / SCORED))
    return len(file), statistics.fmean(found)


def _changed(film: Picture, made: smalti.CompressedAnimation) -> float:
    """Return the share of still pixels that change."""
    shown = np.stack(list(made.frames()))[..., :3]
    still = (film[1:] == film[:-1]).all(axis=3)
    changed = (shown[1:] != shown[:-1]).any(axis=3) & still
    return float(changed.sum() / max(int(still.sum()), 1))

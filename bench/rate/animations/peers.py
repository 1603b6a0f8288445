"""Other makers of GIFs, as programs."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from bench.common.measure import Picture

__all__ = ["FPS", "missing", "points", "put", "run_gifski"]

FPS = 20
PROGRAMS = ("gifski", "ffmpeg", "gifsicle")
QUALITIES = (100, 90, 80, 60, 40)
DITHERS = ("none", "bayer:bayer_scale=3", "sierra2_4a")
LOSSES = (0, 20, 40, 80, 150)


def missing() -> list[str]:
    """Return the programs that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


def put(frames: list[Picture], folder: Path) -> None:
    """Write frames as PNG files."""
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"{number:04}.png", compress_level=1)


def run_gifski(folder: Path, quality: int) -> Path:
    """Let gifski make a file."""
    out = folder / "gifski.gif"
    names = sorted(map(str, folder.glob("*.png")))
    _run("gifski", "--quiet", "-Q", str(quality), "-r", str(FPS), "-o", str(out), *names)
    return out


def points(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield what the peers make of frames with each of their settings."""
    for quality in QUALITIES:
        yield f"gifski -Q {quality}", run_gifski(folder, quality)
    made, out = folder / "ffmpeg.gif", folder / "gifsicle.gif"
    for dither in DITHERS:
        graph = f"split[a][b];[a]palettegen[p];[b][p]paletteuse=dither={dither}"
        source = ("-framerate", str(FPS), "-i", str(folder / "%04d.png"))
        _run("ffmpeg", "-v", "error", "-y", *source, "-vf", graph, str(made))
        for loss in LOSSES:
            lossy = [f"--lossy={loss}"] if loss else []
            _run("gifsicle", "-w", "-O3", *lossy, str(made), "-o", str(out))
            yield f"ffmpeg {dither} + gifsicle --lossy={loss}", out


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

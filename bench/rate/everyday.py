"""Files as people have them, each compressed as it comes: what must never happen, and the defaults.

Four questions. Which files come out larger, where both are of one format? On which pictures is the
default beaten by nearest labels without dither in bytes and score at once? Is the best score of 256
colours ever below pngquant's? And what do the defaults of both tools give on drawings?
"""

import io
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import smalti
from bench.common.images import PHOTOS, UI, Images, rgb_or_rgba
from bench.common.measure import Picture
from bench.common.settings import Settings
from bench.rate.images import png
from bench.rate.tools import installed
from smalti.sources.read import read

GRADIENTS = "gradients"
COLORS = 256
# Scores that differ by less than this are the same.
SAME_SCORE = 0.005


class Made(NamedTuple):
    """A file's bytes, and the score of what it shows."""

    size: int
    score: float


def run(settings: Settings) -> str:
    """Return the table."""
    source = settings.images
    pictures = {(kind, name): picture for kind, name, picture in _pictures(source)}
    larger, files = _of_files(source)
    rows = [("PNG and WebP files that come out larger", larger, files)]
    defaults, plain = {}, {}
    for key, picture in pictures.items():
        defaults[key] = _smalti(picture)
        plain[key] = _smalti(picture, rate_weight=0, dither=0)
    beaten = [key for key in pictures if _beats(plain[key], defaults[key])]
    rows.append(
        ("pictures on which nearest labels beat the default in both", beaten, len(pictures))
    )
    drawings = {key: picture for key, picture in pictures.items() if key[0] == UI}
    below = [key for key, picture in drawings.items() if _is_below_pngquant(picture, plain[key])]
    rows.append(
        (f"drawings, best score of {COLORS} colours below pngquant's", below, len(drawings))
    )
    table = ["| measure | found | of |", "|---|---|---|"]
    for measure, found, among in rows:
        named = f": {', '.join(sorted(name for _, name in found))}" if found else ""
        table.append(f"| {measure} | {len(found)}{named} | {among} |")
    pngquant, oxipng = installed("pngquant")[1], installed("oxipng")[1]
    limited = f", at most {source.limit} of a kind" if source.limit else ""
    return "\n".join(
        [
            *table,
            "",
            _of_defaults(drawings, defaults),
            "",
            f"Pictures: {source.origin(PHOTOS)}{limited}. pngquant {pngquant}, oxipng {oxipng}.",
        ]
    )


def _pictures(source: Images) -> Iterator[tuple[str, str, Any]]:
    for kind, found in ((PHOTOS, source.photographs()), (UI, source.drawings())):
        yield from ((kind, name, picture) for name, picture in found.items())
    folder = source.file(GRADIENTS)
    for path in sorted(folder.iterdir())[: source.limit] if folder else []:
        yield GRADIENTS, path.name, read(path).pixels


def _of_files(source: Images) -> tuple[list[tuple[str, str]], int]:
    """Return which PNG and WebP files grow in their own formats, and how many are done."""
    larger, count = [], 0
    with tempfile.TemporaryDirectory() as scratch:
        for ending in (".png", ".webp"):
            files = _files(source, ending, Path(scratch))
            if not files:
                continue
            options = ["--format", ending[1:], "--json", "-o", f"{Path(scratch) / ending[1:]}/"]
            command = [sys.executable, "-m", "smalti", "compress", *map(str, files), *options]
            output = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout
            rows = [json.loads(line) for line in output.splitlines()]
            done = [row for row in rows if "output_bytes" in row]
            grown = [row for row in done if row["output_bytes"] > row["input_bytes"]]
            larger += [("files", Path(row["input"]).name) for row in grown]
            count += len(done)
    return larger, count


def _files(source: Images, ending: str, scratch: Path) -> list[Path]:
    if source.folder is not None:
        return sorted(source.folder.rglob(f"*{ending}"))[: source.limit]
    if ending != ".png":
        return []
    for name, picture in source.drawings().items():
        (scratch / f"{name}.png").write_bytes(png(picture))
    return sorted(scratch.glob("*.png"))


def _smalti(picture: Picture, **options: Any) -> Made:
    made = smalti.compress(picture, COLORS, **options)
    return Made(len(made.to_bytes("png")), _score(picture, np.asarray(made)))


def _beats(one: Made, other: Made) -> bool:
    return one.size < other.size and one.score > other.score + SAME_SCORE


def _is_below_pngquant(picture: Picture, plain: Made) -> bool:
    """Compare the best of each, both without dither, with half and with all of it."""
    dithered = [_smalti(picture, rate_weight=0, dither=dither) for dither in (0.5, 1)]
    ours = max(made.score for made in (plain, *dithered))
    dithers = ("--nofs", "--floyd=0.5", "--floyd=1")
    theirs = [_pngquant(picture, "--speed", "1", dither) for dither in dithers]
    return ours < max(_score(picture, _decoded(file)) for file in theirs) - SAME_SCORE


def _of_defaults(
    drawings: dict[tuple[str, str], Picture], ours: dict[tuple[str, str], Made]
) -> str:
    """Compare the defaults of both: pngquant, then oxipng -o2."""
    logs, points = [], []
    for key, picture in drawings.items():
        file = _pngquant(picture)
        command = [installed("oxipng")[0], "-o2", "--strip", "safe", "--quiet", "--stdout", "-"]
        smaller = subprocess.run(command, input=file, check=True, stdout=subprocess.PIPE).stdout
        logs.append(math.log(ours[key].size / len(smaller)))
        points.append(ours[key].score - _score(picture, _decoded(smaller)))
    change = 100 * math.expm1(sum(logs) / len(logs))
    return (
        f"Defaults against defaults (pngquant, oxipng -o2), {len(drawings)} drawings: bytes "
        f"{change:+.1f} % (geometric mean), SSIMULACRA2 {sum(points) / len(points):+.2f} (mean)."
    )


def _pngquant(picture: Picture, *options: str) -> bytes:
    command = [installed("pngquant")[0], *options, str(COLORS), "-"]
    return subprocess.run(command, input=png(picture), check=True, stdout=subprocess.PIPE).stdout


def _decoded(file: bytes) -> Picture:
    return rgb_or_rgba(io.BytesIO(file))


def _score(picture: Picture, made: Picture) -> float:
    return smalti.metrics.ssimulacra2(_with_alpha(picture), _with_alpha(made))


def _with_alpha(picture: Picture) -> Picture:
    if picture.shape[2] == 4:
        return picture
    opaque = np.full_like(picture[..., :1], np.iinfo(picture.dtype).max)
    return np.concatenate([picture, opaque], axis=2)

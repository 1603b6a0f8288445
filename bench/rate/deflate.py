"""What PNG's rows take by smalti's deflate, by libdeflate and by zopfli: bytes and time.

The others get the filtered rows of the file that smalti writes at effort 5, on one thread. smalti
writes the whole file, on all threads, and may choose other filters at other efforts.
"""

import statistics
import struct
import zlib
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

import smalti
from bench.common.measure import Picture, once
from bench.common.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

# Every fourth photograph.
EVERY = 4
# Bits that weigh nothing, those of the default, and those of a small file.
RATE_WEIGHTS = (0.0, 0.02, 0.3)
EFFORTS = (1, 3, 5, 7, 9)
LEVELS = (9, 11, 12)
ROUNDS = (5, 15)


def run(settings: Settings) -> str:
    """Return the table."""
    photos = settings.images.photographs(EVERY)
    measured: dict[str, dict[float, list[tuple[float, float]]]] = {}
    for number, (name, pixels) in enumerate(photos.items(), 1):
        print(f"photos {number} of {len(photos)}: {name}", flush=True)
        for weight in RATE_WEIGHTS:
            for coder, (size, seconds) in _sizes(pixels, weight).items():
                found = measured.setdefault(coder, {}).setdefault(weight, [])
                found.append((size, seconds))
    return "\n".join(_table(measured, len(photos)))


def _sizes(pixels: Picture, weight: float) -> dict[str, tuple[int, float]]:
    compressed = smalti.compress(pixels, rate_weight=weight)
    sizes = {}
    for effort in EFFORTS:
        seconds, file = once(partial(compressed.to_bytes, "png", effort=effort))
        sizes[f"smalti, effort {effort}, the whole file"] = (len(_rows(file)), seconds)
    rows = zlib.decompress(_rows(compressed.to_bytes("png", effort=5)))
    libdeflate, zopfli = import_module("deflate"), import_module("zopfli.zlib")
    coders: dict[str, Callable[[], bytes | bytearray]] = {
        **{f"libdeflate {n}": partial(libdeflate.zlib_compress, rows, n) for n in LEVELS},
        **{f"zopfli, {n} rounds": partial(zopfli.compress, rows, numiterations=n) for n in ROUNDS},
    }
    for coder, encode in coders.items():
        seconds, stream = once(encode)
        sizes[coder] = (len(stream), seconds)
    return sizes


def _rows(file: bytes) -> bytes:
    """Return the compressed rows of a PNG: the contents of its IDAT chunks."""
    at, rows = 8, b""
    while at < len(file):
        length, kind = struct.unpack_from(">I4s", file, at)
        if kind == b"IDAT":
            rows += file[at + 8 : at + 8 + length]
        at += 12 + length
    return rows


def _table(measured: dict[str, dict[float, list[tuple[float, float]]]], photos: int) -> list[str]:
    base = measured["smalti, effort 5, the whole file"]
    weights = " | ".join(f"`rate_weight={weight:g}`: bytes | seconds" for weight in RATE_WEIGHTS)
    lines = [
        f"{photos} photographs, 256 colours: bytes of the rows against those of effort 5, mean, and"
        " seconds, median.",
        "",
        f"| coder | {weights} |",
        "|---" * (1 + 2 * len(RATE_WEIGHTS)) + "|",
    ]
    for coder, found in measured.items():
        cells = []
        for weight in RATE_WEIGHTS:
            ratios = [
                size / least
                for (size, _), (least, _) in zip(found[weight], base[weight], strict=True)
            ]
            seconds = statistics.median(seconds for _, seconds in found[weight])
            cells.append(f"{100 * (statistics.geometric_mean(ratios) - 1):+.1f} % | {seconds:.2f}")
        lines.append(f"| {coder} | {' | '.join(cells)} |")
    return lines

"""What PNG's rows take by smalti's deflate, by libdeflate and by zopfli: bytes and CPU time.

Two questions, for photographs and for drawings. The first is about the coder: libdeflate and zopfli
get the filtered rows of the file that smalti writes at effort 5. The second is about the file: what
would smalti write if libdeflate's best level decided among the ways that smalti tries and coded the
smallest (oxipng, `--zc 12`), and if zopfli coded that one again?

Seconds are those of the processor, all threads and child processes together. smalti's are those of
the whole file, with the choice of filters; so are oxipng's, which also starts and reads a PNG.
"""

import statistics
import struct
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import numpy as np

import smalti
from bench.common.machine import run_process
from bench.common.settings import Settings
from bench.rate.images import CLASSES, ImageClass, RateImage, images_of
from bench.rate.tools import installed

# Bits that weigh nothing, those of the default, and those of a small file.
RATE_WEIGHTS = (0.0, None, 0.3)
# The efforts compared, with the level of oxipng's own ways at each (`preset.rs`).
OXIPNG_LEVELS = {3: 1, 5: 2, 7: 4, 9: 6}
# When these ways are tried with labels that weigh their bits, too (`encode/png.rs`).
ALL_WAYS_FROM, FEW_COLORS, FEW_PIXELS = 4, 16, 1 << 18
LEVEL = 12
ROUNDS = (5, 15)
# zopfli takes 10 to 20 seconds a megapixel, so it gets every so-manieth picture up to this size.
ZOPFLI_EVERY = 3
ZOPFLI_PIXELS = 1 << 20


class Cost(NamedTuple):
    """Bytes of what was written, and seconds of the processor."""

    size: int
    seconds: float


class Costs(NamedTuple):
    """What a picture takes by every coder: its rows, and its file beside smalti's, by effort."""

    megapixels: float
    rows: dict[str, Cost]
    ours: dict[int, Cost]
    others: dict[str, dict[int, Cost]]


def run(settings: Settings) -> str:
    """Return the tables of every class."""
    lines = []
    for kind in CLASSES:
        if settings.classes and kind.name not in settings.classes:
            continue
        images = images_of(kind, settings.images)
        measured = []
        for number, image in enumerate(images, 1):
            print(f"{kind.name} {number} of {len(images)}: {image.name}", flush=True)
            zopfli = number % ZOPFLI_EVERY == 1 and image.pixel_count <= ZOPFLI_PIXELS
            measured.append([costs(image, weight, zopfli=zopfli) for weight in RATE_WEIGHTS])
        lines += [f"From {settings.images.origin(kind.name)}.", "", *tables(kind, measured)]
    return "\n".join(lines).rstrip()


def costs(image: RateImage, weight: float | None, *, zopfli: bool) -> Costs:
    """Return what a picture takes with labels that weigh their bits so; by zopfli if asked."""
    compressed = smalti.compress(image.pixels, rate_weight=weight)
    files = {
        effort: _cost(partial(compressed.to_bytes, "png", effort=effort))
        for effort in OXIPNG_LEVELS
    }
    ours = {effort: cost for effort, (_, cost) in files.items()}
    rows = {
        f"smalti, effort {effort}, the whole file": Cost(len(_rows(file)), cost.seconds)
        for effort, (file, cost) in files.items()
    }
    filtered = zlib.decompress(_rows(files[5][0]))
    libdeflate = import_module("deflate").zlib_compress
    rows[f"libdeflate {LEVEL}"] = _cost(partial(libdeflate, filtered, LEVEL))[1]
    for rounds in ROUNDS if zopfli else ():
        rows[f"zopfli, {rounds} rounds"] = _by_zopfli(filtered, rounds)
    smallest = _by_libdeflate(compressed)
    others = {f"libdeflate {LEVEL}": {effort: cost for effort, (_, cost) in smallest.items()}}
    if zopfli:
        file, cost = smallest[9]
        stream = _rows(file)
        again = _by_zopfli(zlib.decompress(stream), ROUNDS[-1])
        size = cost.size - max(0, len(stream) - again.size)
        by_zopfli = Cost(size, cost.seconds + again.seconds)
        others[f"libdeflate {LEVEL}, then zopfli"] = {9: by_zopfli}
    return Costs(image.pixel_count / 1e6, rows, ours, others)


def _by_zopfli(filtered: bytes, rounds: int) -> Cost:
    zopfli = import_module("zopfli.zlib").compress
    return _cost(partial(zopfli, filtered, numiterations=rounds))[1]


def _by_libdeflate(compressed: smalti.CompressedImage) -> dict[int, tuple[bytes, Cost]]:
    """Return for each effort the smallest of the files that smalti tries, and the cost of all."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "source.png", Path(folder) / "out.png"
        source.write_bytes(_plain_png(compressed))
        program = [installed("oxipng")[0], "--quiet", "--force", "--zc", str(LEVEL)]

        def made(*way: str) -> tuple[bytes, Cost]:
            _, cost = _cost(partial(run_process, [*program, *way, "--out", str(out), str(source)]))
            file = out.read_bytes()
            return file, Cost(len(file), cost.seconds)

        kept, is_drawing = [], True
        if compressed.rate_weight:
            paeth, none = (made("--nx", "--filters", number) for number in ("4", "0"))
            kept, is_drawing = [paeth, none], none[1].size < paeth[1].size
        used = len(np.unique(compressed.indices))
        own = ["--nc", "--ng", *(["--np"] if used < len(compressed.palette) else [])]
        few = compressed.indices.size <= FEW_PIXELS or len(compressed.palette) <= FEW_COLORS
        files = {}
        for effort, level in OXIPNG_LEVELS.items():
            all_ways = few or is_drawing or level >= ALL_WAYS_FROM
            ways = [*kept, *([made(f"-o{level}", *own)] if all_ways else [])]
            smallest = min((file for file, _ in ways), key=len)
            seconds = sum(cost.seconds for _, cost in ways)
            files[effort] = smallest, Cost(len(smallest), seconds)
    return files


def _plain_png(compressed: smalti.CompressedImage) -> bytes:
    """Return a PNG of 8 bits an index and without filters, barely compressed."""
    height, width = compressed.indices.shape
    palette = compressed.palette
    rows = np.zeros((height, width + 1), np.uint8)
    rows[:, 1:] = compressed.indices
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0),
        b"PLTE": np.ascontiguousarray(palette[:, :3]).tobytes(),
        b"tRNS": palette[:, 3].tobytes() if palette.shape[1] == 4 else b"",
        b"IDAT": zlib.compress(rows.tobytes(), 1),
        b"IEND": b"",
    }
    file = b"\x89PNG\r\n\x1a\n"
    for kind, data in chunks.items():
        if data or kind == b"IEND":
            file += struct.pack(">I", len(data)) + kind + data
            file += struct.pack(">I", zlib.crc32(kind + data))
    return file


def _rows(file: bytes) -> bytes:
    """Return the compressed rows of a PNG: the contents of its IDAT chunks."""
    at, rows = 8, b""
    while at < len(file):
        length, kind = struct.unpack_from(">I4s", file, at)
        if kind == b"IDAT":
            rows += file[at + 8 : at + 8 + length]
        at += 12 + length
    return rows


def _cost(work: Callable[[], object]) -> tuple[bytes, Cost]:
    """Return what one run writes, nothing if that goes to a file, and what it costs."""
    began = _processor_seconds()
    result = work()
    seconds = _processor_seconds() - began
    stream = bytes(result) if isinstance(result, (bytes, bytearray)) else b""
    return stream, Cost(len(stream), seconds)


def _processor_seconds() -> float:
    import resource  # Windows has none

    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def tables(kind: ImageClass, measured: Sequence[Sequence[Costs]]) -> list[str]:
    """Return a class's two tables, of the costs by picture and rate weight."""
    by_weight = list(zip(*measured, strict=True))
    weights = [
        "default" if weight is None else f"`rate_weight={weight:g}`" for weight in RATE_WEIGHTS
    ]
    columns = len(RATE_WEIGHTS)
    lines = [
        f"{kind.name}, {len(measured)}: bytes of the rows against those of effort 5, geometric"
        " mean, and seconds of the processor a megapixel.",
        "",
        f"| coder | {' | '.join(f'{weight}: bytes | seconds' for weight in weights)} |",
        "|---" * (1 + 2 * columns) + "|",
    ]
    for coder in measured[0][0].rows:
        cells = (cell for found in by_weight for cell in _coder_cells(found, coder))
        lines.append(f"| {coder} | {' | '.join(cells)} |")
    lines += [
        "",
        f"{kind.name}, {len(measured)}: whole files without smalti's deflate against those with it,"
        " geometric mean, least and most, and seconds a megapixel without and with it.",
        "",
        f"| effort, coder | {' | '.join(f'{weight}: bytes | seconds' for weight in weights)} |",
        "|---" * (1 + 2 * columns) + "|",
    ]
    for coder, by_effort in measured[0][0].others.items():
        for effort in by_effort:
            cells = (cell for found in by_weight for cell in _file_cells(found, coder, effort))
            lines.append(f"| {effort}, {coder} | {' | '.join(cells)} |")
    return [*lines, ""]


def _coder_cells(found: Sequence[Costs], coder: str) -> tuple[str, str]:
    base = "smalti, effort 5, the whole file"
    known = [costs for costs in found if coder in costs.rows]
    ratios = [costs.rows[coder].size / costs.rows[base].size for costs in known]
    left_out = f" ({len(known)} pictures)" if len(known) < len(found) else ""
    return _percent(statistics.geometric_mean(ratios)) + left_out, _seconds(
        known, lambda costs: costs.rows[coder]
    )


def _file_cells(found: Sequence[Costs], coder: str, effort: int) -> tuple[str, str]:
    known = [costs for costs in found if coder in costs.others]
    ratios = [costs.others[coder][effort].size / costs.ours[effort].size for costs in known]
    mean, least, most = map(_percent, (statistics.geometric_mean(ratios), min(ratios), max(ratios)))
    left_out = f" ({len(known)} pictures)" if len(known) < len(found) else ""
    without = _seconds(known, lambda costs: costs.others[coder][effort])
    return (
        f"{mean}, {least} to {most}{left_out}",
        f"{without}, {_seconds(known, lambda costs: costs.ours[effort])}",
    )


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):+.1f} %"


def _seconds(found: Sequence[Costs], cost: Callable[[Costs], Cost]) -> str:
    spent = sum(cost(costs).seconds for costs in found)
    return f"{spent / sum(costs.megapixels for costs in found):.2f}"

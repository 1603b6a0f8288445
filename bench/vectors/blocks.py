"""Pixels beside blocks of them: what a bit a pixel buys.

Plain K-Means throughout, nearest entries, the default space and effort; and, beside some files of
blocks, what 256 colours give as a PNG of as many bytes, whose labels are chosen for its coder.
"""

import math
import statistics
import sys
from functools import partial
from typing import NamedTuple

import smalti
from bench.common.images import PHOTOS
from bench.common.measure import Picture, once
from bench.common.settings import Settings

# Every eighth photograph.
EVERY = 8
PIXELS = (1, 1)
CASES = (
    (PIXELS, (16, 64, 256)),
    ((2, 2), (16, 64, 256, 1024)),
    ((4, 4), (64, 256, 1024)),
)
BESIDE_PNG = {((2, 2), 256), ((2, 2), 1024), ((4, 4), 256)}


class Figures(NamedTuple):
    """What a picture takes, in bits a pixel and seconds, and how good it is."""

    fixed: float
    entropy: float
    file: float
    psnr: float
    ssimulacra2: float
    seconds: float
    png_psnr: float = math.nan
    png_ssimulacra2: float = math.nan


def run(settings: Settings) -> str:
    """Return the table."""
    photos = settings.images.photographs(EVERY)
    cases = [(block, k) for block, numbers in CASES for k in numbers]
    measured: dict[tuple[tuple[int, int], int], list[Figures]] = {case: [] for case in cases}
    for number, (name, pixels) in enumerate(photos.items(), 1):
        print(f"photos {number} of {len(photos)}: {name}", file=sys.stderr, flush=True)
        for block, k in cases:
            measured[block, k].append(_figures(pixels, block, k))
    return "\n".join(
        [
            f"Means over {len(photos)} photographs from {settings.images.origin(PHOTOS)}: bits a "
            "pixel, codebook included, of fixed-length indices, at the indices' entropy, and of "
            "the .npz; seconds to compress; and what `max_bytes` makes of the bytes of the .npz.",
            "",
            "| vectors | K | fixed | entropy | file | PSNR dB | SSIMULACRA2 | seconds "
            "| PNG of 256 colours, as large: PSNR dB | SSIMULACRA2 |",
            "|---" * 10 + "|",
            *(_line(f"{_name(block)} | {k:,}", measured[block, k]) for block, k in cases),
        ]
    )


def _figures(pixels: Picture, block: tuple[int, int], k: int) -> Figures:
    compress = partial(smalti.compress, pixels, k, block=block, rate_weight=0, dither=0)
    seconds, picture = once(compress)
    count = pixels.shape[0] * pixels.shape[1]
    report = picture.report()
    file_bytes = len(picture.to_bytes("npz"))
    figures = Figures(
        report.compressed_bits / count,
        (report.entropy_bits + report.palette_bits) / count,
        8 * file_bytes / count,
        *_quality(report),
        seconds,
    )
    if (block, k) not in BESIDE_PNG:
        return figures
    png_psnr, png_ssimulacra2 = _quality(smalti.compress(pixels, max_bytes=file_bytes).report())
    return figures._replace(png_psnr=png_psnr, png_ssimulacra2=png_ssimulacra2)


def _quality(report: smalti.Report) -> tuple[float, float]:
    if report.psnr is None or report.ssimulacra2 is None:
        raise SystemExit("a picture that was just compressed has no original")
    return report.psnr, report.ssimulacra2


def _line(row: str, measured: list[Figures]) -> str:
    means = [statistics.mean(values) for values in zip(*measured, strict=True)]
    digits = (2, 2, 2, 1, 0, 2, 1, 0)
    cells = (
        "" if math.isnan(mean) else f"{mean:.{n}f}" for mean, n in zip(means, digits, strict=True)
    )
    return f"| {row} | {' | '.join(cells)} |"


def _name(block: tuple[int, int]) -> str:
    return "pixels" if block == PIXELS else "{} x {} blocks".format(*block)

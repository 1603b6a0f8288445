"""Options that decide how small a picture becomes: a quality, a size, or what a bit is worth."""

import math
import re
from decimal import Decimal
from enum import Enum
from typing import Annotated, TypeAlias

import typer

from smalti.cli.options import MAX_INDEXED_COLORS

__all__ = [
    "Dither",
    "DitherMethod",
    "DitherMethodOption",
    "MaxSize",
    "Quality",
    "RateWeight",
    "check_goals",
    "parse_size",
]

_UNITS = {
    "": 1,
    "b": 1,
    "kb": 1000,
    "mb": 1000**2,
    "gb": 1000**3,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
}


def parse_size(text: str) -> int:
    """Return the bytes of a size such as ``50000``, ``50kB`` or ``1.5MiB``; parts are dropped."""
    found = re.fullmatch(r"(\d+|\d*\.\d+)\s*([a-z]*)", text.strip(), re.ASCII | re.IGNORECASE)
    number, unit = found.groups() if found else ("0", "")
    size = int(Decimal(number) * _UNITS.get(unit.lower(), 0))
    if size < 1:
        raise typer.BadParameter(
            f"{text!r} is not a size of at least one byte, such as 50000, 50kB (of 1000 bytes), "
            "1.5MB, 48KiB (of 1024) or 1MiB"
        )
    return size


def _finite(value: float | None) -> float | None:
    """Refuse what is between no limits."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a finite number")
    return value


Quality: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--quality",
        "-q",
        max=100,
        callback=_finite,
        help="The smallest picture whose SSIMULACRA2 is at least this: 90 is hardly "
        "distinguishable from the original, 70 good, 50 fair.",
    ),
]
MaxSize: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--max-size",
        metavar="SIZE",
        parser=parse_size,
        help="The best picture whose PNG has at most this size: 50kB, 1.5MB, 48KiB, or bytes.",
    ),
]
RateWeight: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--rate-weight",
        min=0,
        callback=_finite,
        help="What a bit of the file is worth in squared error: 0 leaves bits out of account, 0.02 "
        "to 1 is useful. Default: what costs at most one point of SSIMULACRA2. Only one of -q, "
        "--max-size and this.",
    ),
]
Dither: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--dither",
        min=0,
        max=1,
        callback=_finite,
        help="How much of each pixel's error is made up for. Default: about half, which looks "
        "best.",
    ),
]


class DitherMethod(str, Enum):
    """How errors are made up for."""

    diffusion = "diffusion"
    blue_noise = "blue-noise"
    ordered = "ordered"


DitherMethodOption: TypeAlias = Annotated[
    DitherMethod,
    typer.Option(
        "--dither-method",
        help="Who makes up for errors: the pixels that follow (fewest bytes), or a mask that "
        "stays in its place, without a pattern or with one, for frames and tiles.",
    ),
]


def check_goals(
    *,
    k: int,
    format_name: str,
    quality: float | None,
    max_size: int | None,
    rate_weight: float | None,
    dither: float | None,
    dither_method: str,
) -> None:
    """Refuse options that contradict each other."""
    given = {"--quality": quality, "--max-size": max_size, "--rate-weight": rate_weight}
    goals = [option for option, value in given.items() if value is not None]
    if len(goals) > 1:
        raise typer.BadParameter(
            f"{' and '.join(goals)} cannot be given together: each decides the file's size"
        )
    # A weight or a dither of 0 is plain K-Means, of any number of colours.
    weighed = [option for option in goals if option != "--rate-weight" or rate_weight]
    weighed += ["--dither"] if dither else []
    masked = dither is None and dither_method != DitherMethod.diffusion.value
    weighed += ["--dither-method"] if masked else []
    if weighed and k > MAX_INDEXED_COLORS:
        raise typer.BadParameter(
            f"-k {k}: at most {MAX_INDEXED_COLORS} colours are possible with {weighed[0]}"
        )
    if max_size is not None and format_name != "png":
        raise typer.BadParameter(
            f"--max-size is the size of a PNG, and the output is {format_name}: use --quality or "
            "--rate-weight, or write a PNG"
        )

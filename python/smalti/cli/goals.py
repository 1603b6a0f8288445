"""Options that decide how small a picture becomes: a quality, a size, or what a bit is worth."""

import re
from collections.abc import Callable

import click

from smalti.cli.numbers import Number
from smalti.options import DITHER_METHODS

__all__ = ["goal_options"]

_UNITS = {
    "": 1,
    "b": 1,
    "k": 1000,
    "kb": 1000,
    "m": 1000**2,
    "mb": 1000**2,
    "g": 1000**3,
    "gb": 1000**3,
    "kib": 1024,
    "mib": 1024**2,
    "gib": 1024**3,
}


def _size(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    """Return the bytes of a size such as ``50000``, ``50kB`` or ``1.5MiB``; parts are dropped."""
    if text is None:
        return None
    from decimal import Decimal

    found = re.fullmatch(r"(\d+|\d*\.\d+)\s*([a-z]*)", text.strip(), re.ASCII | re.IGNORECASE)
    number, unit = found.groups() if found else ("0", "")
    size = int(Decimal(number) * _UNITS.get(unit.lower(), 0))
    if size < 1:
        raise click.BadParameter(
            f"{text!r} is not a size of at least one byte, such as 50000, 50kB or 50K "
            "(of 1000 bytes), 1.5MB, 48KiB (of 1024) or 1MiB"
        )
    return size


_OPTIONS = (
    click.option(
        "--quality",
        "-q",
        type=Number(max=100),
        help="The smallest picture whose SSIMULACRA2 is at least this: 90 is hardly "
        "distinguishable from the original, 70 good, 50 fair.",
    ),
    click.option(
        "--max-size",
        "max_bytes",
        metavar="SIZE",
        callback=_size,
        help="The best picture whose file has at most this size: 50kB or 50K (50,000 bytes), "
        "1.5MB, 48KiB, or bytes.",
    ),
    click.option(
        "--rate-weight",
        type=Number(min=0),
        help="What a bit of the file is worth in squared error: 0 leaves bits out of account, 0.02 "
        "to 1 is useful. Default: what costs at most one point of SSIMULACRA2; larger "
        "photographs at --effort 1 and 2 get 0.02, which usually costs less. Only one of -q, "
        "--max-size and this.",
    ),
    click.option(
        "--dither",
        type=Number(0, 1),
        help="How much of each pixel's error is made up for. Default: about half, which looks "
        "best.",
    ),
    click.option(
        "--dither-method",
        type=click.Choice(DITHER_METHODS),
        default="diffusion",
        help="How errors are made up for. diffusion hands them on to the next pixels and needs "
        "the fewest bytes. blue-noise and ordered add a mask that stays in its place, which suits "
        "frames and tiles; ordered shows a pattern.",
    ),
)


def goal_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add these options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command

"""Options that several commands share, as decorators."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from smalti.batch.destination import Destination
from smalti.batch.expand import globbed
from smalti.cli.numbers import WholeNumber
from smalti.colors import Color, parse_color
from smalti.exceptions import ImageReadError, InvalidParameterError, OptionsError
from smalti.options import MAX_BLOCK_SIDE, SPACES

__all__ = [
    "FILE_NAME",
    "block_sides",
    "colors_of_option",
    "destination_for",
    "effort_option",
    "force_option",
    "inputs_argument",
    "json_option",
    "keep_color_option",
    "max_pixels_option",
    "palette_of_file",
    "palette_option",
    "patterns_argument",
    "quiet_option",
    "space_option",
    "usage_errors",
    "verbose_option",
]


# A path is a text that shells complete to names of files. URLs and - are such texts, too, and
# whether there is a file is seen when it is read.
FILE_NAME = click.Path(readable=False)
"""The type of arguments and options that name files."""


def _globbed(
    _context: click.Context, _argument: click.Parameter, names: tuple[str, ...]
) -> tuple[str, ...]:
    """Expand patterns such as *.png where the shell leaves that to programs."""
    return tuple(each for name in names for each in globbed(name))


_INPUTS: dict[str, Any] = {"metavar": "INPUT...", "nargs": -1, "required": True, "type": FILE_NAME}
inputs_argument = click.argument("inputs", callback=_globbed, **_INPUTS)
patterns_argument = click.argument("inputs", **_INPUTS)
"""The same for a command that expands patterns itself."""
space_option = click.option(
    "--space",
    type=click.Choice(SPACES),
    default="oklab",
    help="Where colour distances are measured: as the eye sees them, in stored values, or in "
    "linear light.",
)
effort_option = click.option(
    "--effort",
    type=WholeNumber(1, 9),
    default=5,
    help="1 is fast; 9 searches longest for the palette and for the file's coding.",
)
force_option = click.option("--force", "-f", is_flag=True, help="Overwrite existing output.")
json_option = click.option(
    "--json", is_flag=True, help="Print one JSON object a line, and nothing else, on stdout."
)
quiet_option = click.option("--quiet", is_flag=True, help="Print nothing but errors.")
verbose_option = click.option(
    "--verbose",
    "-v",
    is_flag=True,
    help="Print where the bits and the time went, and what was chosen.",
)
max_pixels_option = click.option(
    "--max-pixels",
    type=WholeNumber(min=1),
    help="Refuse larger images, a guard against decompression bombs. Default: 178,956,970.",
)


def colors_of_option(
    _context: click.Context, _option: click.Parameter, texts: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse texts that are no colours, and drop repeated ones."""
    try:
        # All clear colours are one.
        return tuple({parse_color(text).as_seen: text for text in texts}.values())
    except InvalidParameterError as error:
        raise click.BadParameter(str(error)) from None


keep_color_option = click.option(
    "--keep-color",
    metavar="RRGGBB",
    multiple=True,
    callback=colors_of_option,
    help="A colour that stays exactly as it is; can be given several times. Two more digits are "
    "its alpha.",
)


def palette_of_file(name: str | None) -> "tuple[Color, ...] | None":
    """Return the colours of a palette file, if one is named; what is none is wrong usage."""
    if name is None:
        return None
    from smalti.formats.palette_registry import loaded_palette

    try:
        return loaded_palette(name).colors
    except ImageReadError as error:
        raise click.BadParameter(f"--palette {error}") from None


palette_option = click.option(
    "--palette",
    metavar="FILE",
    type=FILE_NAME,
    help="Use the colours of a palette file as they are: .gpl, .ase, .act, .pal, .css, .json, .hex "
    "or .png, or the URL of one. smalti palette makes one.",
)


def block_sides(text: str) -> tuple[int, int]:
    """Return height and width of a block such as ``2x2``."""
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", text.strip(), re.ASCII | re.IGNORECASE)
    height, width = map(int, found.groups()) if found else (0, 0)
    if not 1 <= min(height, width) <= max(height, width) <= MAX_BLOCK_SIDE:
        raise click.BadParameter(
            f"{text!r} is not a height and a width of 1 to {MAX_BLOCK_SIDE} pixels, such as 2x2"
        )
    return height, width


# Options whose names differ from those of the API's arguments.
_NAMES = {
    "k": "-k",
    "keep_colors": "--keep-color",
    "max_bytes": "--max-size",
    "spatial_weight": "--spatial",
    "init_colors": "--color",
    "out_dir": "-o",
}


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn options that contradict each other into wrong usage, in the command line's words."""
    try:
        yield
    except OptionsError as error:
        raise click.BadParameter(error.worded(_as_option)) from None


def destination_for(
    out: str | None, suffix: str, inputs: Sequence[str], others: Sequence[str] = ()
) -> Destination:
    """Return where outputs go; what cannot be is wrong usage."""
    with usage_errors():
        return Destination(out, suffix, inputs, others)


def _as_option(name: str, value: Any) -> str:
    option = _NAMES.get(name, f"--{name.replace('_', '-')}")
    if value is None:
        return option
    # A block is written as `block_sides` reads it.
    return f"{option} {'{}x{}'.format(*value) if name == 'block' else value}"

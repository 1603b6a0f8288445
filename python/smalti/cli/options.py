"""Options that several commands share, as decorators."""

import math
import re

import click

__all__ = [
    "MAX_BLOCK_SIDE",
    "MAX_CLASSES",
    "MAX_COLORS",
    "MAX_INDEXED_COLORS",
    "PIXEL_SIZES",
    "SEGMENT_SPACES",
    "SPACES",
    "SPATIAL_METHODS",
    "allow_pixels",
    "block_sides",
    "block_text",
    "colors_of_option",
    "effort_option",
    "finite_of_option",
    "force_option",
    "inputs_argument",
    "json_option",
    "keep_color_option",
    "max_pixels_option",
    "quiet_option",
    "space_option",
]


# The core's limit; importing it here would slow down the start.
MAX_COLORS = 65536

# That of the formats with a palette.
MAX_INDEXED_COLORS = 256

# That of the API's blocks.
MAX_BLOCK_SIDE = 64

SPACES = ("oklab", "srgb", "linear")

# Those of segmentation.
MAX_CLASSES = 255
SEGMENT_SPACES = (*SPACES, "he", "hdab")
SPATIAL_METHODS = ("potts", "position")
PIXEL_SIZES = 1e-5, 1e12

inputs_argument = click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
space_option = click.option(
    "--space",
    type=click.Choice(SPACES),
    default="oklab",
    help="Where colour distances are measured: as the eye sees them, in stored values, or in "
    "linear light.",
)
effort_option = click.option(
    "--effort",
    type=click.IntRange(1, 9),
    default=5,
    help="1 is fast; 9 searches longest for the palette and for the file's coding.",
)
force_option = click.option("--force", "-f", is_flag=True, help="Overwrite existing output.")
json_option = click.option(
    "--json", is_flag=True, help="Print one JSON object a line, and nothing else, on stdout."
)
quiet_option = click.option("--quiet", is_flag=True, help="Print nothing but errors.")
max_pixels_option = click.option(
    "--max-pixels",
    type=click.IntRange(min=1),
    help="Refuse larger images, a guard against decompression bombs. Default: 178,956,970.",
)


def finite_of_option(
    _context: click.Context, _option: click.Parameter, value: float | None
) -> float | None:
    """Refuse what is between no limits."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is not a finite number")
    return value


def colors_of_option(
    _context: click.Context, _option: click.Parameter, texts: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse what is no colour, and drop what is given twice."""
    if not texts:
        return texts
    from smalti.colors import parse_color
    from smalti.exceptions import InvalidParameterError

    def seen(text: str) -> tuple[int, ...]:
        *rgb, alpha = parse_color(text)
        # All clear colours are one.
        return (*rgb, alpha) if alpha else (0, 0, 0, 0)

    try:
        return tuple({seen(text): text for text in texts}.values())
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


def block_sides(text: str) -> tuple[int, int]:
    """Return height and width of a block such as ``2x2``."""
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", text.strip(), re.ASCII | re.IGNORECASE)
    height, width = map(int, found.groups()) if found else (0, 0)
    if not 1 <= min(height, width) <= max(height, width) <= MAX_BLOCK_SIDE:
        raise click.BadParameter(
            f"{text!r} is not a height and a width of 1 to {MAX_BLOCK_SIDE} pixels, such as 2x2"
        )
    return height, width


def block_text(block: tuple[int, int]) -> str:
    """Return what `block_sides` reads."""
    return "{}x{}".format(*block)


def allow_pixels(limit: int | None) -> None:
    """Set the limit of this process, if one is asked for."""
    if limit is not None:
        from PIL import Image

        # Pillow refuses at twice this number.
        Image.MAX_IMAGE_PIXELS = (limit + 1) // 2

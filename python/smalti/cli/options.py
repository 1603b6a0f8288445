"""Options that several commands share."""

from enum import Enum
from typing import Annotated, TypeAlias

import typer

__all__ = [
    "MAX_COLORS",
    "MAX_INDEXED_COLORS",
    "Effort",
    "Force",
    "Json",
    "KeepColors",
    "MaxPixels",
    "Quiet",
    "Space",
    "SpaceOption",
    "allow_pixels",
    "parse_numbers",
]


# The core's limit; importing it here would slow down the start.
MAX_COLORS = 65536

# That of the formats with a palette.
MAX_INDEXED_COLORS = 256


class Space(str, Enum):
    """Where distances are measured."""

    oklab = "oklab"
    srgb = "srgb"
    linear = "linear"


SpaceOption: TypeAlias = Annotated[
    Space,
    typer.Option(
        "--space",
        help="Where colour distances are measured: as the eye sees them, in "
        "stored values, or in linear light.",
    ),
]
Effort: TypeAlias = Annotated[
    int,
    typer.Option(
        "--effort",
        min=1,
        max=9,
        help="1 is fast; 9 searches longest for the palette and for the file's coding.",
    ),
]
Force: TypeAlias = Annotated[bool, typer.Option("--force", "-f", help="Overwrite existing output.")]
Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON object a line, and nothing else, on stdout.")
]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


def _colors(texts: list[str] | None) -> list[str]:
    """Refuse what is no colour, and drop what is given twice."""
    from smalti.exceptions import InvalidParameterError
    from smalti.images.colors import parse_color

    def seen(text: str) -> tuple[int, ...]:
        *rgb, alpha = parse_color(text)
        # All clear colours are one.
        return (*rgb, alpha) if alpha else (0, 0, 0, 0)

    try:
        return list({seen(text): text for text in texts or []}.values())
    except InvalidParameterError as error:
        raise typer.BadParameter(str(error)) from None


KeepColors: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--keep-color",
        metavar="RRGGBB",
        callback=_colors,
        help="A colour that stays exactly as it is; can be given several times. Two more digits "
        "are its alpha.",
    ),
]
MaxPixels: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--max-pixels",
        min=1,
        help="Refuse larger images, a guard against decompression bombs. Default: 178,956,970.",
    ),
]


def allow_pixels(limit: int | None) -> None:
    """Set the limit of this process, if one is asked for."""
    if limit is not None:
        from PIL import Image

        # Pillow refuses at twice this number.
        Image.MAX_IMAGE_PIXELS = (limit + 1) // 2


def parse_numbers(text: str) -> list[int]:
    """Return the whole numbers of a list such as ``2,3,6,16``."""
    try:
        numbers = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 1 or max(numbers) > MAX_COLORS:
        raise typer.BadParameter(
            f"{text!r} is not a list of whole numbers from 1 to {MAX_COLORS}, such as 2,3,6,16"
        )
    return numbers

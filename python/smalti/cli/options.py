"""Options that several commands share."""

from enum import Enum
from typing import Annotated, TypeAlias

import typer

__all__ = ["Effort", "Force", "Json", "Quiet", "Space", "SpaceOption", "parse_numbers"]


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
        "--effort", min=1, max=9, help="1 is fast, 9 gives the best palette and the smallest file."
    ),
]
Force: TypeAlias = Annotated[bool, typer.Option("--force", "-f", help="Overwrite existing output.")]
Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON object a line, and nothing else, on stdout.")
]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")]


def parse_numbers(text: str) -> list[int]:
    """Return the whole numbers of a list such as ``2,3,6,16``."""
    try:
        numbers = [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        numbers = []
    if not numbers or min(numbers) < 1:
        raise typer.BadParameter(
            f"{text!r} is not a list of whole numbers of at least 1, such as 2,3,6,16"
        )
    return numbers

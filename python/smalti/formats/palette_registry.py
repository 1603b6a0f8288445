"""Which formats of palette files there are: the modules of `smalti.formats.palettes`."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO

from smalti.colors import Color, colors_of, hex_color
from smalti.contents import read_bytes
from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.formats import palettes
from smalti.formats.palette_format import PaletteFormat, Swatches
from smalti.formats.palette_reading import MAX_COLORS
from smalti.formats.pictures.png import FORMAT as PNG
from smalti.formats.records import (
    endings,
    record_named,
    record_of_bytes,
    record_of_path,
    record_of_suffix,
    records_in,
)
from smalti.validation import real_number

__all__ = [
    "decoded_palette",
    "encoded_palette",
    "loaded_palette",
    "palette_format_named",
    "palette_format_of_path",
    "palette_formats",
]


# 65,536 colours take less in every format. A PNG may be larger, which has a limit of its own.
_MAX_BYTES = 1 << 22


@cache
def palette_formats() -> Mapping[str, PaletteFormat]:
    """Return all formats by name, in the order of their ranks."""
    return records_in(palettes)


def palette_format_named(name: str) -> PaletteFormat:
    """Return the format of a name. Upper and lower case are the same.

    Raises
    ------
    InvalidParameterError
        If there is none.
    """
    return record_named(name, palette_formats())


def palette_format_of_path(path: str | os.PathLike[str]) -> PaletteFormat:
    """Return the format that a file name asks for by its ending.

    Raises
    ------
    InvalidParameterError
        If it is that of no format.
    """
    return record_of_path(path, palette_formats(), "a palette")


def encoded_palette(swatches: Swatches, form: PaletteFormat) -> bytes:
    """Return the bytes of a palette file.

    Weights are written where the format has a place for them. Every colour is written with all
    that it is made of, or none is.

    Parameters
    ----------
    swatches : Swatches
        At least one colour.
    form : PaletteFormat
        The format of the file.

    Returns
    -------
    bytes
        The file.

    Raises
    ------
    InvalidParameterError
        If there are no colours, more than the format holds, or more than `decoded_palette` reads;
        if a colour has alpha that the format does not hold; or if weights are not one number of at
        least 0 for each colour.
    """
    colors = colors_of("colors", swatches.colors)
    if not colors:
        raise InvalidParameterError("a palette must have at least one colour, got none")
    if len(colors) > MAX_COLORS:
        raise InvalidParameterError(
            f"a palette file holds at most {MAX_COLORS:,} colours, this palette has {len(colors):,}"
        )
    ending = form.suffixes[0]
    if not form.holds_number(len(colors)):
        raise InvalidParameterError(
            f"a {ending} file holds at most {form.max_colors} colours, this palette has "
            f"{len(colors):,}: save it as {_endings_of_holding(colors)}"
        )
    unheld = form.first_unheld(colors)
    if unheld is not None:
        held = "no alpha but that of one clear colour" if form.holds_clear else "no alpha"
        raise InvalidParameterError(
            f"a {ending} file holds {held}, but colour {unheld + 1} is "
            f"{hex_color(colors[unheld])}: save the palette as {_endings_of_holding(colors)}"
        )
    return form.encode(Swatches(colors, _checked_weights(swatches)))


def _endings_of_holding(colors: tuple[Color, ...]) -> str:
    return endings(one for one in palette_formats().values() if one.holds(colors))


def _checked_weights(swatches: Swatches) -> tuple[float, ...] | None:
    colors, weights = swatches
    if weights is None:
        return None
    if len(weights) != len(colors):
        raise InvalidParameterError(
            f"weights must be one number for each of {len(colors):,} colours, got {len(weights):,}"
        )
    return tuple(real_number(f"weights[{i}]", weight, 0) for i, weight in enumerate(weights))


def decoded_palette(data: bytes, name: str) -> Swatches:
    """Return the colours of a palette file.

    The contents tell its format, or else the ending of its name does.

    Parameters
    ----------
    data : bytes
        The file.
    name : str
        What messages call it, with its ending.

    Returns
    -------
    Swatches
        At least one colour, and at most 65,536.

    Raises
    ------
    ImageReadError
        If it is empty, too long, of no known format, damaged, without colours, or has too many of
        them.
    """
    if not data:
        raise ImageReadError(f"{name}: is empty")
    if len(data) > _MAX_BYTES and not PNG.sniff(data):
        raise ImageReadError(
            f"{name}: has {len(data):,} bytes, but a palette file has {_MAX_BYTES:,} at most"
        )
    known = palette_formats()
    form = record_of_bytes(data, known) or record_of_suffix(Path(name).suffix, known)
    if form is None:
        listed = endings(known.values())
        raise ImageReadError(f"{name}: is not a palette file of any known format: {listed}")
    swatches = form.decode(data, name)
    if not swatches.colors:
        raise ImageReadError(f"{name}: has no colours")
    if len(swatches.colors) > MAX_COLORS:
        raise ImageReadError(f"{name}: has more than {MAX_COLORS:,} colours")
    return swatches


def loaded_palette(path: str | os.PathLike[str] | bytes | IO[bytes]) -> Swatches:
    """Return the colours of a palette file, wherever it is.

    Raises
    ------
    ImageReadError
        As of `decoded_palette`, and if it cannot be read.
    """
    return decoded_palette(*read_bytes(path))

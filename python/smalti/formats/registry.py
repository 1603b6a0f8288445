"""Which formats there are: the modules of `smalti.formats.pictures`, found by looking there."""

import os
from collections.abc import Mapping
from functools import cache

from smalti.exceptions import InvalidParameterError
from smalti.formats import pictures
from smalti.formats.format import Format, Picture
from smalti.formats.records import (
    endings,
    record_named,
    record_of_bytes,
    record_of_path,
    record_of_suffix,
    records_in,
)
from smalti.progress import Progress

__all__ = [
    "default_format",
    "encoded",
    "format_named",
    "format_of_bytes",
    "format_of_path",
    "format_of_suffix",
    "formats",
]


@cache
def formats() -> Mapping[str, Format]:
    """Return all formats by name, in the order of their ranks."""
    return records_in(pictures)


def format_named(name: str) -> Format:
    """Return the format of a name. Upper and lower case are the same.

    Raises
    ------
    InvalidParameterError
        If there is none.
    """
    return record_named(name, formats())


def format_of_path(path: str | os.PathLike[str]) -> Format:
    """Return the format that a file name asks for by its ending.

    Raises
    ------
    InvalidParameterError
        If it is that of no format.
    """
    return record_of_path(path, formats(), "a compressed picture")


def format_of_suffix(suffix: str) -> Format | None:
    """Return the format whose file names end in `suffix`, if there is one."""
    return record_of_suffix(suffix, formats())


def format_of_bytes(data: bytes) -> Format | None:
    """Return the format of a file's contents, if it is one of these."""
    return record_of_bytes(data, formats())


def default_format(*, colors: int = 1, blocks: bool = False) -> Format:
    """Return the first format that holds so many colours, or a picture in blocks."""
    return next(
        one
        for one in formats().values()
        if (one.holds_blocks if blocks else one.holds_colors(colors))
    )


def encoded(picture: Picture, form: Format, effort: int, progress: Progress | None = None) -> bytes:
    """Return the bytes of a picture.

    Raises
    ------
    InvalidParameterError
        If it has more colours or pixels a side than the format holds.
    MissingExtraError
        If the format needs what is not installed.
    """
    colors = picture._as_made("palette").shape[0]
    if not form.holds_colors(colors):
        holding = [one for one in formats().values() if one.holds_colors(colors)]
        raise InvalidParameterError(
            f"{form.file_title} holds at most {form.max_colors} colours, this image has {colors}: "
            f"ask for fewer colours or save it as {endings(holding)}"
        )
    height, width = picture._as_made("indices").shape
    if not form.holds_sides(height, width):
        holding = [one for one in formats().values() if one.holds_sides(height, width)]
        raise InvalidParameterError(
            f"a {form.title} is at most {form.max_side} pixels wide and high, this image is "
            f"{width} x {height}: save it as {endings(holding)}"
        )
    return form.encode(picture, effort, progress)

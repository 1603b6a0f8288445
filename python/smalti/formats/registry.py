"""Which formats there are: the modules of `smalti.formats.pictures`, found by looking there."""

import os
import pkgutil
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType

from smalti.exceptions import InvalidParameterError
from smalti.formats import pictures
from smalti.formats.format import Format, Picture
from smalti.formats.palette_format import PaletteFormat
from smalti.progress import Progress
from smalti.validation import one_of

__all__ = [
    "default_format",
    "encoded",
    "endings",
    "format_named",
    "format_of_bytes",
    "format_of_path",
    "format_of_suffix",
    "formats",
]


@cache
def formats() -> Mapping[str, Format]:
    """Return all formats by name, in the order of their ranks."""
    modules = pkgutil.iter_modules(pictures.__path__, f"{pictures.__name__}.")
    records = [import_module(module.name).FORMAT for module in modules]
    ordered = sorted(records, key=lambda record: (record.rank, record.name))
    return MappingProxyType({record.name: record for record in ordered})


def format_named(name: str) -> Format:
    """Return the format of a name. Upper and lower case are the same.

    Raises
    ------
    InvalidParameterError
        If there is none.
    """
    known = formats()
    if isinstance(name, str) and name.lower() in known:
        return known[name.lower()]
    return known[one_of("format", name, tuple(known))]


def format_of_path(path: str | os.PathLike[str]) -> Format:
    """Return the format that a file name asks for by its ending.

    Raises
    ------
    InvalidParameterError
        If it is that of no format.
    """
    suffix = Path(path).suffix
    found = format_of_suffix(suffix)
    if found is None:
        raise InvalidParameterError(
            f"{os.fspath(path)}: a compressed picture's file name must end in "
            f"{endings(formats().values())}, got {suffix.lower()!r}"
        )
    return found


def format_of_suffix(suffix: str) -> Format | None:
    """Return the format whose file names end in `suffix`, if there is one."""
    return next((one for one in formats().values() if suffix.lower() in one.suffixes), None)


def format_of_bytes(data: bytes) -> Format | None:
    """Return the format of a file's contents, if it is one of these."""
    return next((one for one in formats().values() if one.sniff(data)), None)


def default_format(*, colors: int = 1, blocks: bool = False) -> Format:
    """Return the first format that holds so many colours, or a picture in blocks."""
    return next(
        one
        for one in formats().values()
        if (one.holds_blocks if blocks else one.holds_colors(colors))
    )


def endings(listed: Iterable[Format | PaletteFormat]) -> str:
    """Return file endings as a sentence lists them: ``.png, .webp or .npz``."""
    *others, last = (suffix for one in listed for suffix in one.suffixes)
    return f"{', '.join(others)} or {last}" if others else last


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

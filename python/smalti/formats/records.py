"""Records of formats, one a module of a package: found by looking there, and chosen among."""

import os
import pkgutil
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, TypeVar

from smalti.exceptions import InvalidParameterError
from smalti.validation import one_of

__all__ = [
    "endings",
    "record_named",
    "record_of_bytes",
    "record_of_path",
    "record_of_suffix",
    "records_in",
]

Record = TypeVar("Record", bound=Any)


def records_in(package: ModuleType) -> Mapping[str, Any]:
    """Return the ``FORMAT`` of each module of a package by name, in the order of their ranks."""
    modules = pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
    records = [import_module(module.name).FORMAT for module in modules]
    ordered = sorted(records, key=lambda record: (record.rank, record.name))
    return MappingProxyType({record.name: record for record in ordered})


def record_named(name: str, known: Mapping[str, Record]) -> Record:
    """Return the record of a name. Upper and lower case are the same.

    Raises
    ------
    InvalidParameterError
        If there is none.
    """
    if isinstance(name, str) and name.lower() in known:
        return known[name.lower()]
    return known[one_of("format", name, tuple(known))]


def record_of_suffix(suffix: str, known: Mapping[str, Record]) -> Record | None:
    """Return the record whose file names end in `suffix`, if there is one."""
    return next((one for one in known.values() if suffix.lower() in one.suffixes), None)


def record_of_bytes(data: bytes, known: Mapping[str, Record]) -> Record | None:
    """Return the record that a file's contents are of, if they are of one."""
    return next((one for one in known.values() if one.sniff(data)), None)


def record_of_path(path: str | os.PathLike[str], known: Mapping[str, Record], what: str) -> Record:
    """Return the record that a file name asks for by its ending.

    Raises
    ------
    InvalidParameterError
        If it is that of none; `what` says what the file is.
    """
    suffix = Path(path).suffix
    found = record_of_suffix(suffix, known)
    if found is None:
        raise InvalidParameterError(
            f"{os.fspath(path)}: {what}'s file name must end in "
            f"{endings(known.values())}, got {suffix.lower()!r}"
        )
    return found


def endings(listed: Iterable[Any]) -> str:
    """Return file endings as a sentence lists them: ``.png, .webp or .npz``."""
    *others, last = (suffix for one in listed for suffix in one.suffixes)
    return f"{', '.join(others)} or {last}" if others else last

"""What a label map holds: classes from 0 on, and one label for pixels that have none."""

from collections.abc import Sequence
from typing import Any

from smalti.exceptions import InvalidParameterError

__all__ = ["MAX_CLASSES", "OUTSIDE", "checked_names"]

MAX_CLASSES = 255
"""Classes that a label map can tell apart."""

OUTSIDE = 255
"""The label of pixels that belong to no class: outside the mask, or without colour."""


def checked_names(names: Any, k: int) -> tuple[str, ...]:
    """Return the names of `k` classes, numbers if there are none."""
    if names is None:
        return tuple(f"class {i}" for i in range(k))
    given = tuple(names) if isinstance(names, Sequence) and not isinstance(names, str) else ()
    # What cannot be printed cannot be written to files either.
    texts = [name for name in given if isinstance(name, str) and name and name.isprintable()]
    if len(texts) != k or len(given) != k or len(set(texts)) != k:
        raise InvalidParameterError(
            f"names must be {k} different texts, one for each class, darkest first, got {names!r}"
        )
    return tuple(texts)

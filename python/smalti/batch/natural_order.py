"""The order in which people sort names: ``2.png`` before ``10.png``."""

import re

__all__ = ["natural"]

_DIGITS = re.compile(r"(\d+)")


def natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Return what sorts names as people do: numbers by value, case without weight."""
    parts = [
        (0, int(part), "") if part.isdecimal() else (1, 0, part.casefold())
        for part in _DIGITS.split(name)
        if part
    ]
    return parts, name

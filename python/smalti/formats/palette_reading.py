"""What the readers of palette files share: lines, rows of numbers, the sentence about damage."""

import re
import reprlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from smalti.colors import Color
from smalti.exceptions import ImageReadError

__all__ = ["MAX_COLORS", "color_of_words", "damage_told", "is_text", "lines_of", "without_mark"]

MAX_COLORS = 1 << 16
"""Colours that a palette file may have: as many as indices of 16 bits tell apart."""

_MAX = 255
_MOST_DIGITS = 3

# What Windows' editors put before text in UTF-8.
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

# Control characters, but for tab, line feed, form feed and carriage return.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")


@contextmanager
def damage_told(name: str) -> Iterator[None]:
    """Turn whatever a reader stumbles over into one sentence, which begins with `name`.

    Raises
    ------
    ImageReadError
        Within the context, instead of any other error.
    """
    try:
        yield
    except ImageReadError:
        raise
    except Exception as error:  # Pillow, zlib, struct and json each have errors of their own
        reason = str(error) or type(error).__name__
        raise ImageReadError(f"{name}: is damaged: {reason}") from error


def is_text(data: bytes) -> bool:
    """Whether there are no control characters but those that text has."""
    return _BINARY.search(data) is None


def without_mark(data: bytes) -> bytes:
    """Return text without the byte order mark of UTF-8."""
    return data.removeprefix(_BYTE_ORDER_MARK)


def lines_of(data: bytes) -> list[bytes]:
    """Return the lines of a text of any line endings.

    They stay bytes: colours are ASCII, and names may be in any encoding.
    """
    return without_mark(data).splitlines()


def color_of_words(words: Sequence[bytes], line: int) -> Color:
    """Return the colour of 3 or 4 decimal numbers.

    Parameters
    ----------
    words : sequence of bytes
        The numbers as the file writes them.
    line : int
        The number of their line, for the message.

    Returns
    -------
    Color
        Opaque if there are 3 numbers.

    Raises
    ------
    ValueError
        If they are not 3 or 4 whole numbers of 0 to 255.
    """
    if len(words) in (3, 4) and all(map(_is_sample, words)):
        return Color(*map(int, words))
    text = b" ".join(words).decode("utf-8", "replace")
    raise ValueError(f"line {line} is {reprlib.repr(text)}, not numbers of 0 to {_MAX}")


def _is_sample(word: bytes) -> bool:
    return word.isdigit() and len(word) <= _MOST_DIGITS and int(word) <= _MAX

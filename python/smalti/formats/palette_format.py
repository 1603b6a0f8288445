"""The record of a format of palette files, and what such a file holds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from smalti.colors import Color

__all__ = ["PaletteFormat", "Swatches"]

_OPAQUE = 255


class Swatches(NamedTuple):
    """What a palette file holds.

    Attributes
    ----------
    colors : tuple of Color
        Straight sRGB and alpha, 0 to 255 each, in the order of the file. A colour may stand in it
        more than once.
    weights : tuple of float or None
        The pixels of each colour; None if they are not known.
    """

    colors: tuple[Color, ...]
    weights: tuple[float, ...] | None = None


@dataclass(frozen=True)
class PaletteFormat:
    """A format of palette files.

    Attributes
    ----------
    name : str
        What the registry calls it, in lower case.
    title : str
        What people call it: ``"GIMP palette"``.
    suffixes : tuple of str
        Endings of file names, in lower case with the dot, the usual one first.
    rank : int
        Its place where formats are listed.
    holds_alpha : bool
        Whether every colour can have any alpha.
    holds_clear : bool
        Whether one colour can be marked as fully clear. True where `holds_alpha` is.
    max_colors : int or None
        The most colours; None for any number.
    sniff : callable
        Whether bytes are a file of it. False for all bytes if only the ending tells.
    encode : callable
        Return the bytes of `Swatches` that the format holds.
    decode : callable
        Return the `Swatches` of a file, given its bytes and a name for messages. It raises nothing
        but `ImageReadError`, and may return no colours.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    rank: int
    holds_alpha: bool
    holds_clear: bool
    max_colors: int | None
    sniff: Callable[[bytes], bool]
    encode: Callable[[Swatches], bytes]
    decode: Callable[[bytes, str], Swatches]

    def holds(self, colors: Sequence[Color]) -> bool:
        """Whether it holds so many colours, and the alpha of each."""
        return self.holds_number(len(colors)) and self.first_unheld(colors) is None

    def holds_number(self, number: int) -> bool:
        """Whether it holds so many colours."""
        return self.max_colors is None or number <= self.max_colors

    def first_unheld(self, colors: Sequence[Color]) -> int | None:
        """Return the position of the first colour whose alpha it does not hold; None if none."""
        if self.holds_alpha:
            return None
        may_be_clear = self.holds_clear
        for i, color in enumerate(colors):
            if color.alpha == _OPAQUE:
                continue
            if color.alpha or not may_be_clear:
                return i
            may_be_clear = False
        return None

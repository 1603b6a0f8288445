"""What can be asked of `smalti.compress`."""

import math
import operator
import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from smalti.colors import Color, Colors, PaletteLike, colors_of
from smalti.exceptions import InvalidParameterError, OptionsError
from smalti.formats.palette_reading import MAX_COLORS
from smalti.formats.registry import format_named, formats
from smalti.options.base import COLORS_SCHEMA, Options, option
from smalti.validation import MAX_SEED, one_of, real_number, whole_number

if TYPE_CHECKING:
    from collections.abc import Sized

__all__ = [
    "DITHER_METHODS",
    "MAX_BLOCK_SIDE",
    "MAX_COLORS",
    "MAX_INDEXED_COLORS",
    "SPACES",
    "CompressOptions",
    "block_sides",
]

DITHER_METHODS = ("diffusion", "blue-noise", "ordered")
SPACES = ("oklab", "srgb", "linear")

MAX_INDEXED_COLORS = 1 << 8
"""Colours that labels which weigh bits tell apart, and formats with a palette."""

MAX_BLOCK_SIDE = 64
"""Pixels of a block's side."""

_PIXEL = (1, 1)

# A colour that stands alone where a sequence is wanted, or a file.
_COLOR = re.compile("#?[0-9A-Fa-f]{6,8}")

# Each of them decides the size of the file.
_GOALS = ("quality", "max_bytes", "rate_weight")


@dataclass(frozen=True, kw_only=True)
class CompressOptions(Options):
    """What is asked of `smalti.compress`, whose docstring tells more of each option.

    Options are checked when they are made, can be compared, hashed and stored, and never change:
    `dataclasses.replace` makes others of them.

    Parameters
    ----------
    k : int, default: 256
        Number of colours, 1 to 65,536, or of blocks.
    block : (int, int), default: (1, 1)
        Height and width in pixels, 1 to 64 each, of what gets one index.
    quality : float, optional
        The smallest picture whose SSIMULACRA2 is at least this, at most 100.
    max_bytes : int, optional
        The best picture whose file has at most this many bytes.
    rate_weight : float, optional
        What a bit is worth in squared error, at least 0.
    dither : float, optional
        How much of every pixel's error is made up for, 0 to 1.
    dither_method : {"diffusion", "blue-noise", "ordered"}, default: "diffusion"
        How errors are made up for.
    keep_colors : sequence of str, or array-like of shape (n, 3) or (n, 4), default: ()
        Colours that the palette holds exactly, at most `k`. All clear colours are one.
    palette : Palette, path, sequence of str, or array-like of shape (n, 3) or (n, 4), optional
        The palette, if it is not to be learnt; of a palette file the colours are kept.
    space : {"oklab", "srgb", "linear"}, default: "oklab"
        Where distances are measured.
    format : {"png", "webp", "npz"}, default: "png"
        The format that the picture is for: labels are chosen by its prices, and `max_bytes` counts
        its bytes.
    effort : int, default: 5
        1 (fast) to 9.
    seed : int, default: 0
        0 to 2**64 - 1.

    Raises
    ------
    InvalidParameterError
        If an option is outside its range, or options contradict each other.

    Examples
    --------
    >>> import smalti
    >>> options = smalti.CompressOptions(k=16, keep_colors=["#FF8000"])
    >>> options.keep_colors
    (Color(red=255, green=128, blue=0, alpha=255),)
    >>> options == smalti.CompressOptions(**options.to_dict())
    True
    >>> smalti.CompressOptions(k=0)
    Traceback (most recent call last):
        ...
    smalti.exceptions.InvalidParameterError: k must be between 1 and 65536, got 0
    """

    k: int = option(
        256, "Number of colours.", {"type": "integer", "minimum": 1, "maximum": MAX_COLORS}
    )
    block: tuple[int, int] = option(
        _PIXEL,
        "Height and width in pixels of what gets one index.",
        {
            "type": "array",
            "items": {"type": "integer", "minimum": 1, "maximum": MAX_BLOCK_SIDE},
            "minItems": 2,
            "maxItems": 2,
        },
    )
    quality: float | None = option(
        None,
        "The smallest picture whose SSIMULACRA2 is at least this.",
        {"type": "number", "maximum": 100},
    )
    max_bytes: int | None = option(
        None,
        "The best picture whose file has at most this many bytes.",
        {"type": "integer", "minimum": 1},
    )
    rate_weight: float | None = option(
        None, "What a bit is worth in squared error.", {"type": "number", "minimum": 0}
    )
    dither: float | None = option(
        None,
        "How much of every pixel's error is made up for.",
        {"type": "number", "minimum": 0, "maximum": 1},
    )
    dither_method: str = option(
        "diffusion", "How errors are made up for.", {"type": "string", "enum": list(DITHER_METHODS)}
    )
    keep_colors: Colors = option((), "Colours that the palette holds exactly.", COLORS_SCHEMA)
    palette: "PaletteLike | None" = option(
        None, "The palette, if it is not to be learnt.", {**COLORS_SCHEMA, "minItems": 1}
    )
    space: str = option(
        "oklab", "Where distances are measured.", {"type": "string", "enum": list(SPACES)}
    )
    format: str = option(
        "png", "The format that the picture is for.", {"type": "string", "enum": list(formats())}
    )
    effort: int = option(5, "How hard to try.", {"type": "integer", "minimum": 1, "maximum": 9})
    seed: int = option(
        0, "For choices made by chance.", {"type": "integer", "minimum": 0, "maximum": MAX_SEED}
    )

    def __post_init__(self) -> None:
        """Check every option, and those that do not go together."""
        checked: dict[str, Any] = {
            "k": whole_number("k", self.k, 1, MAX_COLORS),
            "effort": whole_number("effort", self.effort, 1, 9),
            "seed": whole_number("seed", self.seed, 0, MAX_SEED),
            "dither_method": one_of("dither_method", self.dither_method, DITHER_METHODS),
            "space": one_of("space", self.space, SPACES),
            "format": format_named(self.format).name,
            "block": _PIXEL if self.block is None else block_sides(self.block),
            "keep_colors": _distinct(colors_of("keep_colors", self.keep_colors)),
        }
        if self.rate_weight is not None:
            checked["rate_weight"] = real_number("rate_weight", self.rate_weight, 0)
        if self.quality is not None:
            checked["quality"] = real_number("quality", self.quality, -math.inf, 100)
        if self.max_bytes is not None:
            # Any size fits into more bytes than there can be.
            checked["max_bytes"] = min(whole_number("max_bytes", self.max_bytes, 1), sys.maxsize)
        if self.dither is not None:
            checked["dither"] = real_number("dither", self.dither, 0, 1)
        if self.palette is not None:
            checked["palette"] = _palette(self.palette)
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        palette = None if self.palette is None else len(checked["palette"])
        self._refuse_contradictions(len(checked["keep_colors"]), palette)

    @property
    def is_in_blocks(self) -> bool:
        """Whether an index stands for more than a pixel."""
        return self.block != _PIXEL

    @property
    def colors(self) -> int:
        """The most colours that the picture may have."""
        return self.k if self.palette is None else len(cast("Sized", self.palette))

    def _refuse_contradictions(self, keep_colors: int, palette: int | None) -> None:
        """Refuse options that contradict each other, given the numbers of colours."""
        goals = [name for name in _GOALS if getattr(self, name) is not None]
        if len(goals) > 1:
            named = " and ".join(["{}"] * len(goals))
            sentence = f"{named} cannot be given together: each decides the file's size"
            raise OptionsError(sentence, *goals)
        if self.is_in_blocks:
            self._refuse_with_block(keep_colors, palette)
        weighed = self._weighed()
        if weighed and (palette or self.k) > MAX_INDEXED_COLORS:
            many = "palette" if palette else ("k", self.k)
            has = f" has {palette} colours" if palette else ""
            sentence = f"{{}}{has}: at most {MAX_INDEXED_COLORS} colours are possible with {{}}"
            raise OptionsError(sentence, many, weighed[0])
        if keep_colors > self.k:
            sentence = f"{{}}: {keep_colors} colours cannot be kept with {{}}"
            raise OptionsError(sentence, ("k", self.k), "keep_colors")
        if palette is not None:
            self._refuse_with_palette(keep_colors, palette)

    def _weighed(self) -> list[str]:
        """Return what asks for labels that are more than nearest colours."""
        # A weight or a dither of 0 is plain K-Means, of any number of colours.
        weighed = [name for name in _GOALS if getattr(self, name) is not None]
        if self.rate_weight == 0:
            weighed.remove("rate_weight")
        if self.dither:
            weighed.append("dither")
        if self.dither is None and self.dither_method != "diffusion":
            weighed.append("dither_method")
        return weighed

    def _refuse_with_block(self, keep_colors: int, palette: int | None) -> None:
        block = ("block", self.block)
        refused = self._weighed() + ["dither_method"] * (self.dither_method != "diffusion")
        if refused:
            sentence = "{} cannot be given with {}: every block gets the nearest of the codebook"
            raise OptionsError(sentence, refused[0], block)
        if keep_colors or palette is not None:
            name = "keep_colors" if keep_colors else "palette"
            raise OptionsError("{} cannot be given with {}: colours are learned", name, block)

    def _refuse_with_palette(self, keep_colors: int, palette: int) -> None:
        if not 1 <= palette <= MAX_COLORS:
            raise InvalidParameterError(
                f"palette must have between 1 and {MAX_COLORS} colours, got {palette}"
            )
        if keep_colors:
            sentence = "{} cannot be given with {}, which is kept as it is"
            raise OptionsError(sentence, "keep_colors", "palette")
        if self.k not in (MAX_INDEXED_COLORS, palette):
            sentence = f"{{}} contradicts the {palette} colours of {{}}"
            raise OptionsError(sentence, ("k", self.k), "palette")


def _distinct(colors: tuple[Color, ...]) -> tuple[Color, ...]:
    """Return colours once each; all clear ones are one."""
    return tuple(dict.fromkeys(color.as_seen for color in colors))


def _palette(palette: PaletteLike) -> tuple[Color, ...]:
    """Return the colours of a palette, or of the file of one."""
    if not isinstance(palette, str | os.PathLike):
        return colors_of("palette", palette)
    if _COLOR.fullmatch(os.fspath(palette)) and not os.path.lexists(palette):
        raise InvalidParameterError(
            f"palette must be a sequence of colours or a palette file, got {palette!r}"
        )
    from smalti.formats.palette_registry import loaded_palette

    return loaded_palette(palette).colors


def block_sides(value: Any) -> tuple[int, int]:
    """Return height and width of a block.

    Raises
    ------
    InvalidParameterError
        If the value is not a pair of whole numbers between 1 and 64.
    """
    is_sequence = isinstance(value, tuple | list) or hasattr(value, "tolist")
    try:
        numbers = [operator.index(side) for side in value] if is_sequence else []
    except TypeError:
        numbers = []
    if len(numbers) != 2 or not 1 <= min(numbers) <= max(numbers) <= MAX_BLOCK_SIDE:
        raise InvalidParameterError(
            "block must be a height and a width, whole numbers between 1 and "
            f"{MAX_BLOCK_SIDE}, got {value!r}"
        )
    height, width = numbers
    return height, width

"""What can be asked of `smalti.segment`."""

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from smalti.colors import Colors, colors_of
from smalti.exceptions import InvalidParameterError, OptionsError
from smalti.options.base import COLORS_SCHEMA, Options, is_default, option
from smalti.options.compress_options import SPACES
from smalti.validation import MAX_SEED, one_of, real_number, whole_number

__all__ = [
    "BANDS",
    "MAX_CLASSES",
    "NORMALIZE",
    "PIXEL_SIZES",
    "PRESETS",
    "SEGMENT_SPACES",
    "SPATIAL_METHODS",
    "STAIN_SPACES",
    "SegmentOptions",
    "class_names",
]

MAX_CLASSES = 255
"""Classes that labels of 8 bits tell apart, beside the one of pixels that have no class."""

BANDS = "bands"
"""The space of bands of any number and values, which are compared as they are."""

STAIN_SPACES = ("he", "hdab")
SEGMENT_SPACES = (*SPACES, *STAIN_SPACES, BANDS)
PRESETS = ("he", "hdab")
SPATIAL_METHODS = ("potts", "position")
NORMALIZE = ("variance", "local")

PIXEL_SIZES = 1e-5, 1e12
"""Micrometres that the side of a pixel may have: a tenth of an atom to a million kilometres."""

ESTIMATE = "estimate"

MAX_WEIGHT = 1e6
"""Of chroma, texture and position: beyond it only these count, and squares stay in range."""

# Classes of the presets.
_PRESET_CLASSES = {"he": 3, "hdab": 4}

# How much OKLab's a and b count: over the colours of sRGB they vary this much less, beside
# lightness, than CIELAB's do.
_CHROMA_WEIGHT = 3.0

# What a preset leaves open.
_BESIDE_PRESET = ("preset", "spatial_weight", "superpixels", "min_region", "seed")


@dataclass(frozen=True, kw_only=True)
class SegmentOptions(Options):
    """What is asked of `smalti.segment`, whose docstring tells more of each option.

    Options are checked when they are made, can be compared, hashed and stored, and never change:
    `dataclasses.replace` makes others of them.

    Parameters
    ----------
    k : int, optional
        Number of classes, 1 to 255; to be left out only with a `preset`.
    preset : {"he", "hdab"}, optional
        Classes of a stained slide. It decides everything but `spatial_weight`,
        `superpixels`, `min_region` and `seed`.
    space : {"oklab", "srgb", "linear", "he", "hdab", "bands"}, optional
        Where pixels are compared. Default: "bands" for arrays that are no pictures, else "oklab".
    spatial_weight : float, default: 0
        How much it counts where pixels lie, at least 0.
    spatial_method : {"potts", "position"}, default: "potts"
        What the weight does.
    superpixels : int, optional
        Cluster the mean colours of about so many superpixels.
    texture : float, default: 0
        How much the texture around a pixel counts, 0 to 1e6.
    chroma_weight : float, optional
        How much hue and saturation count in OKLab, 0 to 1e6. Default: 3, or 1 with `normalize`.
    normalize : {"variance", "local"}, optional
        Count coordinates in units of how much they vary.
    stains : Stains or "estimate", optional
        What the stains look like, for a space of stains.
    init_colors : sequence of str, or array-like of shape (n, 3), optional
        Colours of classes to begin with, at most `k`. Alpha does not count.
    locked : bool, or sequence of bool or int, optional
        Which of `init_colors` stay as they are; kept as a tuple of bool, one for each.
    min_region : int, default: 0
        Regions of fewer pixels join a neighbour.
    names : sequence of str, optional
        Names of the classes, darkest first.
    seed : int, default: 0
        0 to 2**64 - 1.

    Raises
    ------
    InvalidParameterError
        If an option is outside its range, or options contradict each other.

    Examples
    --------
    >>> import smalti
    >>> options = smalti.SegmentOptions(k=3, init_colors=["ffffff", "000000"], locked=[0])
    >>> options.locked
    (True, False)
    >>> smalti.SegmentOptions(preset="he", k=4)
    Traceback (most recent call last):
        ...
    smalti.exceptions.OptionsError: k is decided by preset 'he', got 4
    """

    k: int | None = option(
        None, "Number of classes.", {"type": "integer", "minimum": 1, "maximum": MAX_CLASSES}
    )
    preset: str | None = option(
        None, "Classes of a stained slide.", {"type": "string", "enum": list(PRESETS)}
    )
    space: str | None = option(
        None, "Where pixels are compared.", {"type": "string", "enum": list(SEGMENT_SPACES)}
    )
    spatial_weight: float = option(
        0.0, "How much it counts where pixels lie.", {"type": "number", "minimum": 0}
    )
    spatial_method: str = option(
        "potts", "What the weight does.", {"type": "string", "enum": list(SPATIAL_METHODS)}
    )
    superpixels: int | None = option(
        None, "Superpixels in place of pixels.", {"type": "integer", "minimum": 1}
    )
    texture: float = option(
        0.0,
        "How much the texture around a pixel counts.",
        {"type": "number", "minimum": 0, "maximum": MAX_WEIGHT},
    )
    chroma_weight: float | None = option(
        None,
        "How much hue and saturation count in OKLab.",
        {"type": "number", "minimum": 0, "maximum": MAX_WEIGHT},
    )
    normalize: str | None = option(
        None,
        "Count coordinates in units of how much they vary.",
        {"type": "string", "enum": list(NORMALIZE)},
    )
    stains: Any = option(None, "What the stains look like.", {"type": "string", "enum": [ESTIMATE]})
    init_colors: "Colors | None" = option(
        None, "Colours of classes to begin with.", {**COLORS_SCHEMA, "minItems": 1}
    )
    locked: Any = option(
        None, "Which of these stay.", {"type": "array", "items": {"type": "boolean"}}
    )
    min_region: int = option(
        0, "Regions of fewer pixels join a neighbour.", {"type": "integer", "minimum": 0}
    )
    names: Sequence[str] | None = option(
        None, "Names of the classes.", {"type": "array", "items": {"type": "string"}}
    )
    seed: int = option(
        0, "For initial centroids.", {"type": "integer", "minimum": 0, "maximum": MAX_SEED}
    )

    def __post_init__(self) -> None:
        """Check every option, and those that do not go together."""
        checked = {
            "seed": whole_number("seed", self.seed, 0, MAX_SEED),
            "spatial_weight": real_number("spatial_weight", self.spatial_weight, 0.0),
            "spatial_method": one_of("spatial_method", self.spatial_method, SPATIAL_METHODS),
            "min_region": whole_number("min_region", self.min_region, 0),
        }
        if self.superpixels is not None:
            checked["superpixels"] = whole_number("superpixels", self.superpixels, 1)
        self._set(checked)
        if self.preset is not None:
            self._check_preset()
        else:
            self._check_classes()

    def _set(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _check_preset(self) -> None:
        one_of("preset", self.preset, PRESETS)
        same = {"k": _PRESET_CLASSES[self.preset or ""], "space": self.preset}
        for name, default in _DEFAULTS.items():
            value = getattr(self, name)
            said_again = name in same and value == same[name]
            if not (said_again or value is False or is_default(value, default)):
                sentence = f"{{}} is decided by preset {self.preset!r}, got {value!r}"
                raise OptionsError(sentence, name)
        self._set(dict.fromkeys(("k", "space", "locked")))

    def _check_classes(self) -> None:
        if self.k is None:
            raise InvalidParameterError(
                f"k must be a whole number from 1 to {MAX_CLASSES}, got None"
            )
        k = whole_number("k", self.k, 1, MAX_CLASSES)
        checked: dict[str, Any] = {
            "k": k,
            "texture": real_number("texture", self.texture, 0.0, MAX_WEIGHT),
        }
        if self.names is not None:
            checked["names"] = class_names(self.names, k)
        if self.space is not None:
            one_of("space", self.space, SEGMENT_SPACES)
        self._check_coordinates(checked)
        self._set(checked)
        self._check_stains()
        self._check_colors(k)

    def _check_coordinates(self, checked: dict[str, Any]) -> None:
        if self.normalize is not None:
            one_of("normalize", self.normalize, NORMALIZE)
        if self.space == BANDS and self.texture > 0.0:
            raise OptionsError(
                f"{{}} is that of colours, but space is {BANDS!r}; filtered bands can be given as "
                "further bands",
                "texture",
            )
        if self.space == BANDS and self.init_colors is not None:
            raise OptionsError(f"{{}} cannot be given: space is {BANDS!r}", "init_colors")
        if self.chroma_weight is None:
            return
        if self.normalize is not None:
            raise OptionsError(
                f"{{}} is decided by normalize={self.normalize!r}, got {self.chroma_weight!r}",
                "chroma_weight",
            )
        if self.color_space != "oklab":
            raise OptionsError(
                f"{{}} is for the space 'oklab', which has a chroma, but space is {self.space!r}",
                "chroma_weight",
            )
        weight = real_number("chroma_weight", self.chroma_weight, 0.0, MAX_WEIGHT)
        checked["chroma_weight"] = weight

    def _check_stains(self) -> None:
        if self.stains is None:
            return
        if self.color_space not in STAIN_SPACES:
            raise InvalidParameterError(
                f"stains are for the space 'he' or 'hdab', but space is {self.color_space!r}"
            )
        if not self.estimates_stains and getattr(self.stains, "name", None) != self.space:
            raise InvalidParameterError(
                f"stains must be {ESTIMATE!r} or Stains of {self.space!r}, got {self.stains!r}"
            )

    def _check_colors(self, k: int) -> None:
        locked = self.locked
        if self.init_colors is None:
            if locked is not None and locked is not False:
                raise InvalidParameterError(
                    "locked says which of init_colors stay, but there are none"
                )
            self._set({"locked": None})
            return
        if self.texture > 0.0 or (self.spatial_method == "position" and self.spatial_weight > 0.0):
            raise InvalidParameterError(
                "init_colors cannot be given with a texture or spatial_method 'position': they say "
                "nothing of these"
            )
        colors = colors_of("init_colors", self.init_colors)
        if not 1 <= len(colors) <= k:
            raise InvalidParameterError(
                f"init_colors must be 1 to {k} colours, as many as there are classes, "
                f"got {len(colors)}"
            )
        self._set({"init_colors": colors, "locked": _locked(locked, len(colors))})

    @property
    def color_space(self) -> str:
        """The space that pixels are compared in."""
        return self.space_of_samples or "oklab"

    @property
    def space_of_samples(self) -> str | None:
        """The space that an image is read for; None if it decides itself."""
        return self.preset or self.space

    @property
    def chroma_factor(self) -> float:
        """What OKLab's a and b are multiplied by: 1 where coordinates are normalised."""
        if self.chroma_weight is not None:
            return self.chroma_weight
        return _CHROMA_WEIGHT if self.color_space == "oklab" and self.normalize is None else 1.0

    @property
    def estimates_stains(self) -> bool:
        """Whether stains are to be found out from the image."""
        return isinstance(self.stains, str) and self.stains == ESTIMATE

    @property
    def boundary_weight(self) -> float:
        """How much boundaries weigh."""
        return self.spatial_weight if self.spatial_method == "potts" else 0.0

    @property
    def position_weight(self) -> float:
        """How much row and column count beside colours."""
        return min(self.spatial_weight, MAX_WEIGHT) if self.spatial_method == "position" else 0.0


_DEFAULTS = {
    name: field.default
    for name, field in SegmentOptions.__dataclass_fields__.items()
    if name not in _BESIDE_PRESET
}


def _locked(locked: Any, count: int) -> tuple[bool, ...]:
    """Return for each of the initial colours whether it stays."""
    if locked is None or isinstance(locked, bool):
        return (bool(locked),) * count
    listed = locked.tolist() if hasattr(locked, "tolist") else locked
    if isinstance(listed, bool):
        return (listed,) * count
    entries = list(listed) if isinstance(listed, Sequence) and not isinstance(listed, str) else None
    if entries is not None and len(entries) == count and all(type(e) is bool for e in entries):
        return tuple(entries)
    try:
        positions = {_position(entry) for entry in entries or ()}
    except TypeError:
        entries = None
        positions = set()
    if entries is None or not positions <= set(range(count)):
        raise InvalidParameterError(
            f"locked must be True, False, {count} of these, or positions among the {count} "
            f"init_colors from 0 on, got {locked!r}"
        )
    return tuple(i in positions for i in range(count))


def _position(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError("True and False are no positions")
    return operator.index(value)


def class_names(names: Any, k: int) -> tuple[str, ...]:
    """Return the names of `k` classes, numbers if there are none.

    Raises
    ------
    InvalidParameterError
        If they are not `k` different texts that can be printed.
    """
    if names is None:
        return tuple(f"class {i}" for i in range(k))
    given = tuple(names) if isinstance(names, Sequence) and not isinstance(names, str) else ()
    # What cannot be printed cannot be written to files either.
    texts = [name for name in given if isinstance(name, str) and name and name.isprintable()]
    if len(texts) != k or len(given) != k or len(set(texts)) != k:
        shown = repr(names).replace("{", "{{").replace("}", "}}")
        raise OptionsError(
            f"{{}} must be {k} different texts, one for each class, darkest first, got {shown}",
            "names",
        )
    return tuple(texts)

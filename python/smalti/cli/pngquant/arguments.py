"""The command line: pngquant's options, which may stand anywhere, and names of files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn

from smalti.batch.paths import STANDARD
from smalti.cli.pngquant.exit_codes import BAD_VALUE, USAGE, ExitError
from smalti.cli.pngquant.quality import QualityRange

__all__ = ["SWITCHES", "VALUED", "Request", "parsed"]

_MAX_COLORS = 256
_DEFAULT_SPEED = 4
# The speed from which on pngquant does not dither.
_UNDITHERED_SPEED = 11

_SHORT = {
    "f": "force",
    "o": "output",
    "Q": "quality",
    "s": "speed",
    "v": "verbose",
    "V": "version",
    "h": "help",
}
SWITCHES = frozenset(
    {
        "force",
        "help",
        "iebug",
        "nofs",
        "ordered",
        "quiet",
        "skip-if-larger",
        "strip",
        "transbug",
        "verbose",
        "version",
    }
)
"""Long options without values."""

VALUED = frozenset({"ext", "map", "output", "posterize", "quality", "speed"})
"""Long options with values."""

# Its value can be left out, and so stands behind "=" or not at all.
_FLOYD = "floyd"
# Of pngquant 1, whose long options had one dash. Others begin with letters of short options.
_ONE_DASH = ("nofs", "ordered")

_QUALITY = re.compile(r"(?P<least>\d{1,9})?-(?P<most>\d{1,9})?|(?P<alone>\d{1,9})", re.ASCII)
_DIGITS = re.compile(r"\d+", re.ASCII)
_DECIMAL = re.compile(r"\d*\.?\d+|\d+\.", re.ASCII)


@dataclass(frozen=True)
class Request:
    """What the command line asks for.

    Attributes
    ----------
    files : tuple of str
        At least one, unless help or the version is asked for; ``-`` is stdin.
    colors : int
        2 to 256.
    switches : frozenset of str
        The options without values that were given, by their long names.
    output, ext, palette : str or None
        The values of ``--output``, ``--ext`` and ``--map``.
    quality : QualityRange or None
    speed : int
        1 to 11.
    dither : float or None
        0 to 1; None for what looks best.
    posterize : int
        Bits that each sample of the palette lacks, 0 to 4.
    warnings : tuple of str
        What there is to tell of it.
    """

    files: tuple[str, ...]
    colors: int = _MAX_COLORS
    switches: frozenset[str] = frozenset()
    output: str | None = None
    ext: str | None = None
    palette: str | None = None
    quality: QualityRange | None = None
    speed: int = _DEFAULT_SPEED
    dither: float | None = None
    posterize: int = 0
    warnings: tuple[str, ...] = ()

    @property
    def suffix(self) -> str:
        """What an output's name ends with in place of ``.png``."""
        if self.ext is not None:
            return self.ext
        return "-or8.png" if self.dither == 0 else "-fs8.png"


class _Option(NamedTuple):
    name: str
    value: str | None


@dataclass
class _Words:
    """The words of a command line, told apart."""

    names: list[str] = field(default_factory=list)
    options: dict[str, str | None] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def add(self, option: _Option) -> None:
        if option.name in self.options:
            raise ExitError(f"--{option.name} is given more than once", USAGE)
        self.options[option.name] = option.value


def parsed(arguments: list[str]) -> Request:
    """Return what the arguments ask for.

    Raises
    ------
    ExitError
        If they cannot be followed.
    """
    words = _told_apart(arguments)
    options = words.options
    switches = frozenset(options) & SWITCHES
    if switches & {"help", "version"}:
        return Request((), switches=switches)
    colors, files = _colors_and_files(words.names)
    speed = _number(options, "speed", 1, 11, _DEFAULT_SPEED)
    request = Request(
        files=files,
        colors=colors,
        switches=switches,
        output=options.get("output"),
        ext=options.get("ext"),
        palette=options.get("map"),
        quality=_quality(options["quality"] or "") if "quality" in options else None,
        speed=speed,
        dither=0.0 if speed >= _UNDITHERED_SPEED else _dither(options),
        posterize=_number(options, "posterize", 0, 4, 0),
        warnings=tuple(words.warnings),
    )
    _refuse_contradictions(request)
    return request


def _told_apart(arguments: list[str]) -> _Words:
    words = _Words()
    rest = iter(arguments)
    for word in rest:
        if word == "--":
            words.names.extend(rest)
        elif word.startswith("--"):
            words.add(_long(word[2:], rest))
        elif word[1:] in _ONE_DASH and word.startswith("-"):
            words.warnings.append(f"{word} is taken for -{word}")
            words.add(_Option(word[1:], None))
        elif word.startswith("-") and word != STANDARD:
            for option in _cluster(word[1:], rest):
                words.add(option)
        else:
            words.names.append(word)
    return words


def _long(word: str, rest: Iterator[str]) -> _Option:
    """Return the option of a word after its two dashes; its value may be the next word."""
    name, equals, value = word.partition("=")
    if name in SWITCHES:
        if equals:
            raise ExitError(f"--{name} takes no value, got {value!r}", USAGE)
        return _Option(name, None)
    if name == _FLOYD:
        return _Option(name, value if equals else None)
    if name not in VALUED:
        _refuse(f"--{name}")
    return _Option(name, value if equals else _next(f"--{name}", rest))


def _cluster(letters: str, rest: Iterator[str]) -> Iterator[_Option]:
    """Yield the options of a word after its dash: letters, the last of which may have a value."""
    for at, letter in enumerate(letters):
        name = _SHORT.get(letter)
        if name is None:
            _refuse(f"-{letter}")
        if name in VALUED:
            yield _Option(name, letters[at + 1 :] or _next(f"-{letter}", rest))
            return
        yield _Option(name, None)


def _next(option: str, rest: Iterator[str]) -> str:
    value = next(rest, None)
    if value is None:
        raise ExitError(f"{option} needs a value", USAGE)
    return value


def _refuse(option: str) -> NoReturn:
    raise ExitError(f"there is no option {option}", USAGE)


def _colors_and_files(names: list[str]) -> tuple[int, tuple[str, ...]]:
    """Return the number of colours, which the first name may be, and the files."""
    if not names:
        raise ExitError("no input file is named", USAGE)
    if not _DIGITS.fullmatch(names[0]):
        return _MAX_COLORS, tuple(names)
    # 0 stands for what is usual, as in pngquant.
    colors = int(names[0][-9:]) or _MAX_COLORS
    if not 2 <= colors <= _MAX_COLORS or len(names[0]) > 9:
        raise ExitError(
            f"the number of colours must be between 2 and {_MAX_COLORS}, got {names[0]}", BAD_VALUE
        )
    return colors, tuple(names[1:]) or (STANDARD,)


def _number(options: dict[str, str | None], name: str, low: int, high: int, default: int) -> int:
    text = options.get(name)
    if text is None:
        return default
    # More than a few digits are beyond every limit.
    if not _DIGITS.fullmatch(text) or not low <= int(text[:9]) <= high:
        raise ExitError(
            f"--{name} must be a whole number between {low} and {high}, got {text!r}", BAD_VALUE
        )
    return int(text)


def _quality(text: str) -> QualityRange:
    """Return a range from ``min-max``, ``min-``, ``-max`` or ``max``."""
    found = _QUALITY.fullmatch(text)
    if found is None or text == "-":
        raise ExitError(
            f"--quality must be min-max, min-, -max or max, whole numbers, got {text!r}", BAD_VALUE
        )
    if found["alone"]:
        asked = QualityRange.of_most(int(found["alone"]))
    else:
        asked = QualityRange(int(found["least"] or 0), int(found["most"] or 100))
    if not 0 <= asked.least <= asked.most <= 100:
        raise ExitError(
            f"--quality must go from a lower to a higher number of 0 to 100, got {text!r}",
            BAD_VALUE,
        )
    return asked


def _dither(options: dict[str, str | None]) -> float | None:
    if "nofs" in options or "ordered" in options:
        return 0.0
    text = options.get(_FLOYD)
    if text is None:
        return None
    if not _DECIMAL.fullmatch(text) or float(text) > 1:
        raise ExitError(f"--floyd must be a number between 0 and 1, got {text!r}", BAD_VALUE)
    return float(text)


def _refuse_contradictions(request: Request) -> None:
    if request.output is None:
        return
    if request.ext is not None:
        raise ExitError("--ext and --output cannot be given together", BAD_VALUE)
    if len(request.files) > 1:
        raise ExitError(
            f"--output takes one input file, got {len(request.files)}; names with spaces need"
            " quotes",
            BAD_VALUE,
        )

"""Everything smalti raises on purpose.

::

    SmaltiError
    ├── InvalidParameterError (ValueError)   an argument outside its range
    │   └── OptionsError                     options that contradict each other
    ├── ImageReadError (OSError)             not an image, truncated, unreachable, too large
    ├── ChunkError (OSError)                 a chunk of a dask array cannot be computed
    ├── ImageWriteError (OSError)            the output exists already or cannot be written
    │   └── LargerError                      it would be larger than the input, which was not wanted
    ├── ClusterError (OSError)               workers elsewhere are not there, or are lost
    ├── TargetNotReachedError (ValueError)   no labels reach the quality or size asked for
    └── MissingExtraError (ValueError, ImportError)   an optional dependency is not installed
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

__all__ = [
    "Advice",
    "ChunkError",
    "ClusterError",
    "ImageReadError",
    "ImageReadWarning",
    "ImageWriteError",
    "InvalidParameterError",
    "LargerError",
    "MissingExtraError",
    "OptionsError",
    "SegmentationWarning",
    "SmaltiError",
    "TargetNotReachedError",
]

Option: TypeAlias = str | tuple[str, Any]


class Advice(NamedTuple):
    """How the sentence of an error ends: what callers of the API and of the program can do."""

    python: str
    command_line: str


class SmaltiError(Exception):
    """The root of every error that smalti raises on purpose.

    Parameters
    ----------
    sentence : str
        What is wrong, and what is allowed.
    advice : Advice, optional
        How the sentence ends, where callers of the Python API and users of the command line have
        different things to do. ``str(error)`` ends as for callers of the API.

    Attributes
    ----------
    command_line : str
        The whole sentence as the command line prints it.
    """

    def __init__(self, sentence: object = "", *, advice: Advice | None = None) -> None:
        super().__init__(sentence if advice is None else f"{sentence} {advice.python}")
        ending = "" if advice is None else f" {advice.command_line}"
        self.command_line = f"{sentence}{ending}"

    def of(self, name: str) -> "SmaltiError":
        """Return the same error as one of `name`, which its sentences begin with.

        Parameters
        ----------
        name : str
            What to call the input.

        Returns
        -------
        SmaltiError
            Of the same class.
        """
        error = type(self)(f"{name}: {self}")
        error.command_line = f"{name}: {self.command_line}"
        return error


class InvalidParameterError(SmaltiError, ValueError):
    """An argument has a value that is not allowed; the message names both."""


class OptionsError(InvalidParameterError):
    """Options contradict each other; the message names them.

    The API and the command line write options in different ways, so that the sentence has places
    for them.

    Parameters
    ----------
    sentence : str
        With ``{}`` for each of the options.
    *options : str or (str, value)
        The name of each, or name and value where this matters.
    """

    def __init__(self, sentence: str, *options: Option) -> None:
        super().__init__(sentence.format(*map(_as_argument, options)) if options else sentence)
        self.sentence = sentence
        self.options = options

    def __reduce__(self) -> tuple[type["OptionsError"], tuple[Any, ...]]:
        return type(self), (self.sentence, *self.options)

    def worded(self, as_option: Callable[[str, Any], str]) -> str:
        """Return the sentence with options as a function of name and value writes them.

        The value is None where it does not matter.
        """
        pairs = [(option, None) if isinstance(option, str) else option for option in self.options]
        return self.sentence.format(*(as_option(name, value) for name, value in pairs))


def _as_argument(option: Option) -> str:
    return option if isinstance(option, str) else f"{option[0]}={option[1]!r}"


class ImageReadError(SmaltiError, OSError):
    """The input cannot be read as an image; the message names it and says why."""


class ChunkError(SmaltiError, OSError):
    """A chunk of a dask array cannot be computed; the message names its rows and says why."""


class ImageWriteError(SmaltiError, OSError):
    """The output exists already or cannot be written; nothing has been changed."""


class LargerError(ImageWriteError):
    """The output would be larger than its input, which was not wanted; nothing is written."""


class ClusterError(SmaltiError, OSError):
    """A scheduler, or workers of a cluster, are not there, or were lost."""


class TargetNotReachedError(SmaltiError, ValueError):
    """No picture has the quality or size asked for; the message names the input and how close."""


class MissingExtraError(SmaltiError, ValueError, ImportError):
    """An optional dependency is needed; the message tells how to install it."""


class ImageReadWarning(UserWarning):
    """The image was read, but not all of it: the message says what was left out."""


class SegmentationWarning(UserWarning):
    """Classes that were asked for are not in the image: the message says which."""

"""Everything smalti raises on purpose.

::

    SmaltiError
    ├── InvalidParameterError (ValueError)   an argument outside its range
    ├── ImageReadError (OSError)             not an image, truncated, unreachable, too large
    ├── ImageWriteError (OSError)            the output exists already or cannot be written
    ├── TargetNotReachedError (ValueError)   no labels reach the quality or size asked for
    └── MissingExtraError (ValueError, ImportError)   an optional dependency is not installed
"""

__all__ = [
    "ImageReadError",
    "ImageReadWarning",
    "ImageWriteError",
    "InvalidParameterError",
    "MissingExtraError",
    "SmaltiError",
    "TargetNotReachedError",
]


class SmaltiError(Exception):
    """The root of every error that smalti raises on purpose."""


class InvalidParameterError(SmaltiError, ValueError):
    """An argument has a value that is not allowed; the message names both."""


class ImageReadError(SmaltiError, OSError):
    """The input cannot be read as an image; the message names it and says why."""


class ImageWriteError(SmaltiError, OSError):
    """The output exists already or cannot be written; nothing has been changed."""


class TargetNotReachedError(SmaltiError, ValueError):
    """No picture has the quality or size asked for; the message names the input and how close."""


class MissingExtraError(SmaltiError, ValueError, ImportError):
    """An optional dependency is needed; the message tells how to install it."""


class ImageReadWarning(UserWarning):
    """The image was read, but not all of it: the message says what was left out."""

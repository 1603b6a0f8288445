"""How many pixels the images have that Pillow decodes: a limit for each call, not for the process.

Pillow's guard against decompression bombs is one number for the whole process,
``PIL.Image.MAX_IMAGE_PIXELS``. It is looked at when a file is opened, and again within the decoders
of WebP, TIFF and GIF. Changing it for the time of a call would change it for all threads. So the
check itself asks first whether the call has a limit of its own; without one it is as Pillow has it.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["header_opened", "pixels_limited"]

_CHECK = "_decompression_bomb_check"

_limit: ContextVar[int | None] = ContextVar("smalti_pixel_limit", default=None)

_installing = threading.Lock()


@contextmanager
def pixels_limited(limit: int | None) -> Iterator[None]:
    """Let Pillow refuse, in this thread, what has more pixels than `limit`; None is Pillow's own.

    Raises
    ------
    PIL.Image.DecompressionBombError
        Within the context, from Pillow's functions.
    """
    if limit is None:
        yield
        return
    _install()
    before = _limit.set(limit)
    try:
        yield
    finally:
        _limit.reset(before)


@contextmanager
def header_opened(file: Path | BinaryIO) -> "Iterator[Image.Image]":
    """Open an image file for what its header says.

    No pixels are decoded, so that the file may say that it has any number of them.

    Raises
    ------
    Exception
        Whatever a decoder stumbles over.
    """
    from PIL import Image

    with pixels_limited(sys.maxsize), Image.open(file) as image:
        yield image


def _install() -> None:
    """Put our check before Pillow's, once; a Pillow that has none keeps to its own limit."""
    from PIL import Image

    with _installing:
        pillows = getattr(Image, _CHECK, None)
        if pillows is not None and not isinstance(pillows, _Check):
            setattr(Image, _CHECK, _Check(pillows))


class _Check:
    """Pillow's check, but for calls that have a limit of their own."""

    def __init__(self, pillows: Callable[..., None]) -> None:
        self._pillows = pillows

    def __call__(self, size: tuple[int, int], *args: Any, **kwargs: Any) -> None:
        limit = _limit.get()
        if limit is None:
            self._pillows(size, *args, **kwargs)
        elif size[0] * size[1] > limit:
            from PIL import Image

            raise Image.DecompressionBombError(f"{size[0]} x {size[1]} pixels")

"""Lossless WebP: up to 256 colours, alpha included, through Pillow's libwebp.

WebP has no palette of its own: libwebp finds the colours and codes indices into them (its
colour-indexing transform, up to 256 colours; beyond that the picture would be coded as true
colour, larger). Files are some 5 % smaller than indexed PNG at the same effort; those of small
pictures may be larger. Reading one back, `smalti.load` collects the colours again.
"""

import io
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from smalti.exceptions import MissingExtraError
from smalti.formats.format import Format, Picture
from smalti.formats.marks import marked_webp, webp_mark
from smalti.progress import Progress, tell

if TYPE_CHECKING:
    from smalti.formats.format import Indices, Palette

__all__ = ["FORMAT"]

# libwebp's method (0 to 6) and quality (0 to 100, for lossless files how hard it tries) by
# effort. Methods below 4 and qualities below 25 lose to PNG; 5 and 6 win only with quality 100,
# where they try all they know. Six pictures of 256 colours, libwebp 1.6, size beside PNG of
# effort 5 and time altogether: (4, 25) 0.98 in 0.3 s, (4, 33) 0.96 in 0.4 s, (4, 75) 0.95 in
# 0.6 s, (4, 90) 0.946 in 0.9 s, (5, 100) 0.92 in 6 s, (6, 100) 0.917 in 48 s.
_LEVELS = {
    1: (4, 25),
    2: (4, 25),
    3: (4, 33),
    4: (4, 50),
    5: (4, 75),
    6: (4, 90),
    7: (4, 100),
    8: (5, 100),
    9: (6, 100),
}

# Seconds between two looks at whether to go on.
_INTERVAL = 0.05


def _encode(picture: Picture, effort: int, progress: Progress | None) -> bytes:
    return _encoded(picture.indices, picture.palette, effort, progress)


def _size(indices: "Indices", palette: "Palette", effort: int) -> int:
    return len(_encoded(indices, palette, effort, None))


def _encoded(
    indices: "Indices", palette: "Palette", effort: int, progress: Progress | None
) -> bytes:
    """Return the bytes of a lossless WebP.

    Raises
    ------
    MissingExtraError
        If Pillow was built without WebP.
    """
    from PIL import Image, features

    if not features.check("webp"):
        raise MissingExtraError(
            "WebP needs a Pillow that was built with it, which this one was not: "
            "install Pillow's own wheel, or save the picture as .png"
        )
    image = Image.fromarray(palette[indices])
    method, quality = _LEVELS[effort]
    buffer = io.BytesIO()

    def write() -> None:
        # exact keeps the colour under full transparency, so that the palette comes back.
        image.save(buffer, "WEBP", lossless=True, exact=True, method=method, quality=quality)

    _run_stoppable(write, progress)
    return buffer.getvalue()


def _run_stoppable(work: Callable[[], None], progress: Progress | None) -> None:
    """Run work that cannot be stopped. After an interrupt it goes on, and its result is dropped."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # raised again below, on the caller's thread
            failures.append(error)

    thread = threading.Thread(target=guarded, name="smalti-webp", daemon=True)
    tell(progress, "encode")
    thread.start()
    thread.join(_INTERVAL)
    while thread.is_alive():
        tell(progress, "encode")
        thread.join(_INTERVAL)
    for failure in failures:
        raise failure


FORMAT = Format(
    name="webp",
    title="WebP",
    file_title="a lossless WebP",
    suffixes=(".webp",),
    media_type="image/webp",
    rank=2,
    sniff=lambda data: data.startswith(b"RIFF") and data[8:12] == b"WEBP",
    encode=_encode,
    mark=marked_webp,
    mark_in=webp_mark,
    max_colors=256,
    max_side=16383,
    has_palette=False,
    # It has no prices of its own yet; what is cheap for PNG is nearly so for WebP.
    coder="png",
    size=_size,
)

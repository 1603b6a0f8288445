"""Indexed PNG: up to 256 colours, 1, 2, 4 or 8 bits an index, alpha in tRNS."""

from typing import Any

from smalti.formats.format import Format, Picture
from smalti.formats.marks import marked_png, png_mark
from smalti.formats.png_chunks import SIGNATURE
from smalti.progress import Progress
from smalti.raw_array import RawArray

__all__ = ["FORMAT"]

_NAME = "png"


def _encode(picture: Picture, effort: int, progress: Progress | None) -> bytes:
    """Return the bytes of an optimised indexed PNG.

    The ways that are tried depend on whether the indices were chosen by PNG's prices. If that is
    not known, both sets of ways are tried.
    """
    from smalti import _core

    indices = _contiguous(picture._as_made("indices"))
    palette = _contiguous(picture._as_made("palette"))
    is_known = picture.rate_weight is not None
    files = [
        _core.encode_png(indices, palette, effort=effort, weighed=weighed, progress=progress)
        for weighed in ([picture.coder == _NAME] if is_known else [False, True])
    ]
    return min(files, key=len)


def _contiguous(array: Any) -> Any:
    if isinstance(array, RawArray):
        return array
    import numpy as np

    return np.ascontiguousarray(array, dtype=np.uint8)


FORMAT = Format(
    name=_NAME,
    title="PNG",
    file_title="an indexed PNG",
    suffixes=(".png",),
    media_type="image/png",
    rank=1,
    sniff=lambda data: data.startswith(SIGNATURE),
    encode=_encode,
    mark=marked_png,
    mark_in=png_mark,
    max_colors=256,
    coder=_NAME,
)

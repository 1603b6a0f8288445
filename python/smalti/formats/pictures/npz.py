"""``.npz``: any number of colours, or blocks. `smalti.formats.npz` describes its fields."""

from typing import TYPE_CHECKING, Any

from smalti.formats.format import Format, Picture
from smalti.formats.marks import marked_zip, zip_mark
from smalti.progress import Progress

if TYPE_CHECKING:
    from smalti.formats.format import Indices, Palette

__all__ = ["FORMAT"]


def _encode(
    picture: Picture,
    effort: int,  # noqa: ARG001 - every encoder takes it; the archive's deflate has one level
    progress: Progress | None,
) -> bytes:
    from smalti.formats import npz

    return npz.encode(picture, progress)


def _size(
    indices: "Indices",
    palette: "Palette",
    effort: int,  # noqa: ARG001 - as of `_encode`
) -> int:
    from smalti.formats import npz

    return npz.size_bound(indices, palette)


def _encode_blocks(**parts: Any) -> bytes:
    from smalti.formats import npz

    return npz.encode_blocks(**parts)


def _decode(data: bytes, name: str, max_pixels: int | None) -> dict[str, Any]:
    from smalti.formats import npz

    return npz.decode(data, name, max_pixels)


FORMAT = Format(
    name="npz",
    title="npz",
    file_title="an npz",
    suffixes=(".npz",),
    media_type="application/zip",
    rank=3,
    sniff=lambda data: data.startswith(b"PK\x03\x04"),
    encode=_encode,
    mark=marked_zip,
    mark_in=zip_mark,
    encode_blocks=_encode_blocks,
    decode=_decode,
    size=_size,
)

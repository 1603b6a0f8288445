"""``.npz``: any number of colours, or blocks; what is in it `smalti.formats.npz` tells."""

from typing import Any

from smalti.formats.format import Format, Picture
from smalti.progress import Progress

__all__ = ["FORMAT"]


def _encode(
    picture: Picture,
    effort: int,  # noqa: ARG001 - every encoder takes it; the archive's deflate has one level
    progress: Progress | None,
) -> bytes:
    from smalti.formats import npz

    return npz.encode(picture, progress)


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
    encode_blocks=_encode_blocks,
    decode=_decode,
)

"""The chunks that a PNG file is made of, read and put in without touching its picture."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

__all__ = [
    "END",
    "SIGNATURE",
    "STRIPS",
    "Chunk",
    "chunk_of",
    "chunks_in",
    "with_chunks",
    "with_last_chunk",
]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
"""What stands before the first chunk."""

STRIPS = ("none", "safe", "all")
"""How much is removed: nothing that stays true, all but what changes how a picture is shown and
how large it is printed, or everything."""

END = b"IEND"
"""The kind of the last chunk."""

_HEAD = struct.Struct(">I4s")
_CRC = struct.Struct(">I")

# Signature and IHDR, whose body has 13 bytes and which comes first.
_HEADER_BYTES = len(SIGNATURE) + _HEAD.size + 13 + _CRC.size


class Chunk(NamedTuple):
    """One chunk.

    Attributes
    ----------
    kind : bytes
        Four letters: ``b"tEXt"``.
    body : bytes
        What it says.
    crc : int
        The checksum that the file has for it.
    """

    kind: bytes
    body: bytes
    crc: int

    @property
    def is_critical(self) -> bool:
        """Whether no decoder may skip it: the first letter is a capital."""
        return self.kind[:1].isupper()

    @property
    def may_be_copied(self) -> bool:
        """Whether it stays true when pixels change: the last letter is a small one."""
        return self.kind[3:].islower()

    @property
    def is_sound(self) -> bool:
        """Whether its checksum is right."""
        return self.crc == _checksum(self.kind, self.body)

    def to_bytes(self) -> bytes:
        """Return the chunk as it stands in a file."""
        return _HEAD.pack(len(self.body), self.kind) + self.body + _CRC.pack(self.crc)


def chunk_of(kind: bytes, body: bytes) -> Chunk:
    """Return a chunk with its checksum."""
    return Chunk(kind, body, _checksum(kind, body))


def chunks_in(png: bytes) -> Iterator[Chunk]:
    """Yield each whole chunk of a file, up to the last."""
    at = len(SIGNATURE)
    while at + _HEAD.size + _CRC.size <= len(png):
        length, kind = _HEAD.unpack_from(png, at)
        body = at + _HEAD.size
        end = body + length
        if end + _CRC.size > len(png):
            return
        yield Chunk(kind, png[body:end], *_CRC.unpack_from(png, end))
        if kind == END:
            return
        at = end + _CRC.size


def with_chunks(png: bytes, chunks: Iterable[Chunk]) -> bytes:
    """Return a PNG file with further chunks right after its header.

    Parameters
    ----------
    png : bytes
        A file that smalti has encoded: it has no ancillary chunk but tRNS.
    chunks : iterable of Chunk
        What `smalti.sources.png_metadata.kept_metadata` returns.

    Returns
    -------
    bytes
        The file.
    """
    added = b"".join(chunk.to_bytes() for chunk in chunks)
    return png[:_HEADER_BYTES] + added + png[_HEADER_BYTES:]


def with_last_chunk(png: bytes, chunk: Chunk) -> bytes:
    """Return a PNG file with one more chunk, right before its end.

    Parameters
    ----------
    png : bytes
        A file that smalti has encoded: nothing follows its end.
    chunk : Chunk

    Returns
    -------
    bytes
        The file.
    """
    end = chunk_of(END, b"").to_bytes()
    return png.removesuffix(end) + chunk.to_bytes() + end


def _checksum(kind: bytes, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(kind))

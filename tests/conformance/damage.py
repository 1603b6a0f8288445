"""Ways in which PNG files are damaged. Each takes a sound picture and returns a file."""

import struct
import zlib
from collections.abc import Callable

from tests.conformance.pictures import Picture
from tests.conformance.png_writer import SIGNATURE, Chunk, file_of, header, image_data

Damage = Callable[[Picture], bytes]


# Signatures, as in the files of PngSuite that begin with x.


def signature(changed: bytes) -> Damage:
    return lambda picture: changed + picture.file()[len(SIGNATURE) :]


SIGNATURES = {
    "without its highest bit": signature(b"\x09PNG\r\n\x1a\n"),
    "another letter": signature(b"\x89QNG\r\n\x1a\n"),
    "small letters": signature(b"\x89PnG\r\n\x1a\n"),
    "no control-Z": signature(b"\x89PNG\r\n\x20\n"),
    "no carriage return": signature(b"\x89PNG\n\x1a\n"),
    "line feeds as in DOS": signature(b"\x89PNG\r\r\n\x1a\r\n"),
    "a byte missing": signature(SIGNATURE[1:]),
    "a byte before it": signature(b"\0" + SIGNATURE),
}


# Checksums.


def wrong_checksum(kind: bytes) -> Damage:
    def damaged(picture: Picture) -> bytes:
        file = bytearray(picture.file())
        at = file.index(kind) - 4
        (length,) = struct.unpack_from(">I", file, at)
        file[at + 8 + length] ^= 1
        return bytes(file)

    return damaged


# The header.


def with_header(position: int, code: str, value: int) -> Damage:
    """Another number at a position of IHDR."""

    def damaged(picture: Picture) -> bytes:
        (kind, payload), *rest = picture.chunks()
        changed = bytearray(payload)
        struct.pack_into(f">{code}", changed, position, value)
        return file_of([(kind, bytes(changed)), *rest])

    return damaged


def header_of_length(length: int) -> Damage:
    def damaged(picture: Picture) -> bytes:
        (kind, payload), *rest = picture.chunks()
        return file_of([(kind, (payload + bytes(9))[:length]), *rest])

    return damaged


def typed(depth: int, color_type: int) -> Damage:
    """A depth that the colour type does not have."""

    def damaged(picture: Picture) -> bytes:
        height, width = picture.samples.shape[:2]
        return file_of([header(width, height, depth, color_type), *picture.chunks()[1:]])

    return damaged


HEADERS = {
    "width 0": with_header(0, "I", 0),
    "height 0": with_header(4, "I", 0),
    "width 2^31": with_header(0, "I", 2**31),
    "height 2^32 - 1": with_header(4, "I", 2**32 - 1),
    **{f"colour type {value}": with_header(9, "B", value) for value in (1, 5, 7, 9, 255)},
    **{f"depth {value}": with_header(8, "B", value) for value in (0, 3, 5, 32, 99)},
    "rgb of 4 bits": typed(4, 2),
    "rgba of 1 bit": typed(1, 6),
    "grey and alpha of 2 bits": typed(2, 4),
    "indexed of 16 bits": typed(16, 3),
    "filter method 1": with_header(11, "B", 1),
    "interlace method 2": with_header(12, "B", 2),
    "12 bytes long": header_of_length(12),
    "empty": header_of_length(0),
}


# Chunks.


def edited(edit: Callable[[list[Chunk]], list[Chunk]]) -> Damage:
    return lambda picture: file_of(edit(picture.chunks()))


def without(kind: bytes) -> Damage:
    return edited(lambda chunks: [each for each in chunks if each[0] != kind])


def with_payload(kind: bytes, change: Callable[[bytes], bytes]) -> Damage:
    """The file with what a chunk holds changed."""
    return edited(
        lambda chunks: [(name, change(data) if name == kind else data) for name, data in chunks]
    )


def moved(kind: bytes, after: bytes) -> Damage:
    """The file with a chunk put behind another."""

    def edit(chunks: list[Chunk]) -> list[Chunk]:
        (moving,) = [each for each in chunks if each[0] == kind]
        rest = [each for each in chunks if each[0] != kind]
        place = [name for name, _ in rest].index(after) + 1
        return [*rest[:place], moving, *rest[place:]]

    return edited(edit)


def twice(kind: bytes) -> Damage:
    return edited(lambda chunks: [each for each in chunks for _ in range(1 + (each[0] == kind))])


def inserted(kind: bytes, payload: bytes, after: bytes = b"IHDR") -> Damage:
    def edit(chunks: list[Chunk]) -> list[Chunk]:
        place = [name for name, _ in chunks].index(after) + 1
        return [*chunks[:place], (kind, payload), *chunks[place:]]

    return edited(edit)


def of_length(kind: bytes, length: int) -> Damage:
    """The file with a chunk that says it has another length."""

    def damaged(picture: Picture) -> bytes:
        file = bytearray(picture.file())
        struct.pack_into(">I", file, file.index(kind) - 4, length)
        return bytes(file)

    return damaged


# Pixel data.


def with_rows(change: Callable[[bytes], bytes]) -> Damage:
    """The file with its filtered rows changed before they are compressed."""

    def damaged(picture: Picture) -> bytes:
        rows = change(image_data(picture.samples, picture.depth))
        return with_payload(b"IDAT", lambda _: zlib.compress(rows))(picture)

    return damaged


def split_by_another(picture: Picture) -> bytes:
    """The file with its IDAT in two, and text between the two."""
    chunks = []
    for kind, payload in picture.chunks():
        if kind == b"IDAT":
            chunks += [(kind, payload[:9]), (b"tEXt", b"k\0v"), (kind, payload[9:])]
        else:
            chunks.append((kind, payload))
    return file_of(chunks)

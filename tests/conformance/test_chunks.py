"""Sound PNG files whose chunks are in other numbers and orders, or say what is no pixel."""

import struct
import zlib
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import smalti
from smalti.exceptions import ImageReadError
from tests.conformance.checks import assert_is_read_exactly
from tests.conformance.pictures import picture
from tests.conformance.png_writer import (
    DEPTHS,
    GREY,
    GREY_ALPHA,
    INDEXED,
    RGB,
    RGBA,
    file_of,
    image_data,
)

PICTURES = [
    picture(RGB, 8, 9, 7),
    picture(GREY, 16, 9, 7),
    picture(INDEXED, 4, 9, 7),
    picture(GREY_ALPHA, 8, 9, 7),
]
EACH_PICTURE = pytest.mark.parametrize("made", PICTURES, ids=lambda made: made.name)

TEXT = "Füße".encode()
LONG_TEXT = b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2 << 20))

NO_PIXELS = {
    "Latin text": (b"tEXt", b"Title\0A picture"),
    "packed text": (b"zTXt", b"Comment\0\0" + zlib.compress(b"word " * 99)),
    "Unicode text": (b"iTXt", b"Title\0\0\0de\0Titel\0" + TEXT),
    "packed Unicode text": (b"iTXt", b"Title\0\1\0de\0Titel\0" + zlib.compress(TEXT)),
    "time": (b"tIME", struct.pack(">HBBBBB", 2026, 2, 28, 23, 59, 60)),
    "pixels a metre": (b"pHYs", struct.pack(">IIB", 2835, 5670, 1)),
    "suggested palette": (b"sPLT", b"six\0\x08" + bytes([1, 2, 3, 4, 0, 5])),
    "unknown": (b"teSt", bytes(300)),
    "unknown and empty": (b"teSt", b""),
    "unknown and private": (b"prVt", b"\0\xff"),
}


@EACH_PICTURE
@pytest.mark.parametrize("name", NO_PIXELS)
def test_chunks_that_say_nothing_of_pixels_change_none(made, name):
    assert_is_read_exactly(made.file(before=[NO_PIXELS[name]]), made)
    assert_is_read_exactly(made.file(between=[NO_PIXELS[name]] * 2), made)
    # These may come after the pixels, too.
    if name not in ("pixels a metre", "suggested palette"):
        assert_is_read_exactly(made.file(after=[NO_PIXELS[name]]), made)


@EACH_PICTURE
def test_a_long_text_changes_no_pixel(made):
    assert_is_read_exactly(made.file(between=[LONG_TEXT]), made)


@EACH_PICTURE
@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"pHYs", b"teSt"])
def test_damage_to_what_says_nothing_of_pixels_changes_none(made, kind):
    sound = made.file(between=[(kind, b"damaged")])
    damaged = sound.replace(kind + b"damaged", kind + b"Damaged")  # its checksum is that of before
    assert_is_read_exactly(damaged, made)


BACKGROUNDS = {GREY: b"\0\1", GREY_ALPHA: b"\0\1", RGB: bytes(6), RGBA: bytes(6), INDEXED: b"\1"}
SIGNIFICANT_BITS = {GREY: b"\1", GREY_ALPHA: b"\5\1", RGB: b"\5\6\5", RGBA: b"\5\6\5\1"}


@pytest.mark.parametrize("color_type", DEPTHS)
def test_backgrounds_and_significant_bits_change_no_pixel(color_type):
    for depth in DEPTHS[color_type]:
        made = picture(color_type, depth, 9, 7)
        bits = SIGNIFICANT_BITS.get(color_type, b"\5\6\5")
        file = made.file(before=[(b"sBIT", bits)], between=[(b"bKGD", BACKGROUNDS[color_type])])
        assert_is_read_exactly(file, made)


@pytest.mark.parametrize("color_type", [RGB, RGBA])
@pytest.mark.parametrize("depth", DEPTHS[RGB])
def test_a_palette_suggested_for_true_colour_changes_no_pixel(color_type, depth):
    made = picture(color_type, depth, 9, 7)
    file = made.file(before=[(b"PLTE", bytes(range(30))), (b"hIST", bytes(20))])
    assert_is_read_exactly(file, made)
    with pytest.raises(ImageReadError, match="has no palette"):
        smalti.load(file)


def test_a_histogram_changes_no_pixel():
    made = PICTURES[2]
    assert_is_read_exactly(made.file(between=[(b"hIST", bytes(2 * len(made.palette)))]), made)


def _with_data_in_pieces(made, cuts):
    """The file with its pixel data cut at these places; a place named twice is an empty chunk."""
    pieces = []
    for kind, payload in made.chunks():
        if kind == b"IDAT":
            ends = [0, *cuts(len(payload)), len(payload)]
            pieces += [(kind, payload[start:end]) for start, end in pairwise(ends)]
        else:
            pieces.append((kind, payload))
    return file_of(pieces)


PIECES = {
    "halves": lambda length: [length // 2],
    "single bytes": lambda length: range(1, length),
    "the first empty": lambda _: [0],
    "one in the middle empty": lambda length: [length // 2] * 2,
    "the last empty": lambda length: [length],
    "many empty": lambda _: [0, 0, 1, 1, 1, 5, 5],
}


@EACH_PICTURE
@pytest.mark.parametrize("name", PIECES)
def test_pixel_data_may_come_in_pieces(made, name):
    assert_is_read_exactly(_with_data_in_pieces(made, PIECES[name]), made)


def _compressed(data, *options):
    compressor = zlib.compressobj(*options)
    return compressor.compress(data) + compressor.flush()


STREAMS = {
    "stored": (0,),
    "fixed codes": (9, zlib.DEFLATED, 15, 9, zlib.Z_FIXED),
    "codes alone": (9, zlib.DEFLATED, 15, 9, zlib.Z_HUFFMAN_ONLY),
    "runs": (9, zlib.DEFLATED, 15, 9, zlib.Z_RLE),
    **{f"a window of {2**bits} bytes": (9, zlib.DEFLATED, bits) for bits in range(9, 16)},
}


@EACH_PICTURE
@pytest.mark.parametrize("name", STREAMS)
def test_pixel_data_may_be_deflated_in_any_way(made, name):
    stream = _compressed(image_data(made.samples, made.depth), *STREAMS[name])
    chunks = [(kind, stream if kind == b"IDAT" else data) for kind, data in made.chunks()]
    assert_is_read_exactly(file_of(chunks), made)


@EACH_PICTURE
def test_what_follows_the_end_is_ignored(made):
    assert_is_read_exactly(made.file() + b"anything", made)


# TIFF's byte order and version, one directory of one entry: orientation 6, a turn to the right.
TURNED = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, 6, 0, 0)


@EACH_PICTURE
def test_a_turned_picture_is_put_upright(made):
    upright = replace(made, samples=np.rot90(made.samples, -1))
    assert_is_read_exactly(made.file(before=[(b"eXIf", TURNED)]), upright)

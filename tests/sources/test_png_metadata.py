import struct

import numpy as np
import pytest

from smalti.sources.png_metadata import without_metadata
from smalti.sources.read import read
from tests.conformance.png_writer import INDEXED, RGB, SIGNATURE, chunk, header
from tests.pictures import encoded, noise, without_png_chunk

HEAD = SIGNATURE + chunk(*header(1, 1, 8, RGB))
DATA = chunk(b"IDAT", b"anything") + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "kind", [b"tEXt", b"iTXt", b"zTXt", b"pHYs", b"tIME", b"bKGD", b"hIST", b"sPLT", b"prIv"]
)
def test_what_says_nothing_of_pixels_is_dropped(kind):
    assert without_metadata(HEAD + chunk(kind, b"12345") + DATA) == HEAD + DATA


@pytest.mark.parametrize(
    "kind", [b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"sBIT", b"tRNS", b"PLTE", b"NEWt"]
)
def test_what_decides_on_colours_stays_where_it_is(kind):
    whole = HEAD + chunk(kind, b"12345") + DATA
    assert without_metadata(whole) == whole


def test_chunks_of_an_animation_are_dropped():
    animation = chunk(b"acTL", b"12345678") + chunk(b"fcTL", bytes(26))
    later = chunk(b"fdAT", b"1234x")
    whole = HEAD + animation + DATA[:-12] + later + DATA[-12:]
    assert without_metadata(whole) == HEAD + DATA


def test_what_follows_the_end_is_dropped():
    assert without_metadata(HEAD + DATA + b"a trailer") == HEAD + DATA


def exif(orientation, order=">"):
    mark = b"MM" if order == ">" else b"II"
    entries = [(0x010F, 2, 4, b"abc\0"), (0x0112, 3, 1, struct.pack(f"{order}HH", orientation, 0))]
    body = b"".join(
        struct.pack(f"{order}HHI", tag, kind, count) + value for tag, kind, count, value in entries
    )
    head = mark + struct.pack(f"{order}HIH", 42, 8, len(entries))
    return head + body + struct.pack(f"{order}I", 0)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_of_exif_the_orientation_stays_unless_it_is_upright(orientation, order):
    picture = encoded(noise(2, 3))
    at = len(SIGNATURE) + 25
    turned = picture[:at] + chunk(b"eXIf", exif(orientation, order)) + picture[at:]
    plain = without_metadata(turned)
    np.testing.assert_array_equal(read(plain).pixels, read(turned).pixels)
    assert (b"eXIf" in plain) == (orientation != 1)
    assert b"abc" not in plain


def test_damaged_exif_says_nothing():
    assert without_metadata(HEAD + chunk(b"eXIf", b"rubbish") + DATA) == HEAD + DATA


@pytest.mark.parametrize("end", [3, len(SIGNATURE), len(HEAD) - 1, len(HEAD), len(HEAD + DATA) - 1])
def test_a_file_that_is_cut_stays_as_it_is(end):
    cut = (HEAD + DATA)[:end]
    assert without_metadata(cut) == cut


def test_a_chunk_longer_than_the_file_leaves_it_as_it_is():
    damaged = HEAD + struct.pack(">I", 2**31) + b"tEXt" + DATA
    assert without_metadata(damaged) == damaged


def test_a_file_without_an_end_stays_as_it_is():
    damaged = without_png_chunk(HEAD + chunk(b"tEXt", b"words") + DATA, b"IEND")
    assert without_metadata(damaged) == damaged


def test_the_pixels_of_a_palette_stay():
    palette = chunk(b"PLTE", bytes(range(6)))
    whole = SIGNATURE + chunk(*header(1, 1, 8, INDEXED)) + palette + chunk(b"tRNS", b"\x80") + DATA
    assert without_metadata(whole) == whole

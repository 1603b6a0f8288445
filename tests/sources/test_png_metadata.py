import struct

import numpy as np
import pytest

from smalti.exceptions import InvalidParameterError
from smalti.formats.png_chunks import chunk_of, with_chunks
from smalti.sources.orientation import orientation_in
from smalti.sources.png_metadata import kept_metadata, without_metadata
from smalti.sources.read import read
from tests.conformance.png_writer import INDEXED, RGB, SIGNATURE, chunk, header
from tests.pictures import encoded, noise, with_png_chunk, without_png_chunk

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


def test_the_file_itself_can_keep_its_pixel_size_or_everything():
    size = chunk(b"pHYs", b"123456789")
    whole = HEAD + chunk(b"tEXt", b"a\0b") + size + DATA
    assert without_metadata(whole, "safe") == HEAD + size + DATA
    assert without_metadata(whole, "none") == whole
    with pytest.raises(InvalidParameterError, match="strip must be one of"):
        without_metadata(whole, "some")


SIZE = struct.pack(">IIB", 3780, 1890, 1)
COLORS = [b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM"]


def kept(png, strip="none"):
    return [(one.kind, one.body) for one in kept_metadata(png, strip)]


@pytest.mark.parametrize(
    "kind", [b"tEXt", b"zTXt", b"iTXt", b"tIME", b"eXIf", b"pHYs", b"npTc", b"prIv"]
)
def test_what_stays_true_is_kept(kind):
    assert kept(HEAD + chunk(kind, b"12345") + DATA) == [(kind, b"12345")]


@pytest.mark.parametrize(
    "kind", [b"bKGD", b"sBIT", b"hIST", b"tRNS", b"PLTE", b"acTL", b"fcTL", b"iDOT", b"prIV"]
)
def test_what_depends_on_pixels_is_not_kept(kind):
    assert kept(HEAD + chunk(kind, b"12345") + DATA) == []


@pytest.mark.parametrize("strip", ["none", "safe"])
@pytest.mark.parametrize("kind", COLORS)
def test_chunks_of_colours_become_the_one_that_says_srgb(kind, strip):
    assert kept(HEAD + chunk(kind, b"12345") + DATA, strip) == [(b"sRGB", b"\0")]


def test_safe_keeps_the_pixel_size_and_all_keeps_nothing():
    chunks = chunk(b"sRGB", b"\0") + chunk(b"pHYs", SIZE) + chunk(b"tEXt", b"a\0b")
    assert kept(HEAD + chunks + DATA, "safe") == [(b"sRGB", b"\0"), (b"pHYs", SIZE)]
    assert kept(HEAD + chunks + DATA, "all") == []


def test_texts_and_times_after_the_data_are_kept_and_private_chunks_are_not():
    late = chunk(b"tIME", b"1234567") + chunk(b"tEXt", b"a\0b") + chunk(b"prIv", b"1")
    assert kept(HEAD + DATA[:-12] + late + DATA[-12:]) == [
        (b"tIME", b"1234567"),
        (b"tEXt", b"a\0b"),
    ]


def test_of_several_the_first_is_kept_unless_a_file_may_have_several():
    texts = [(b"tEXt", b"a\0b"), (b"tEXt", b"a\0c")]
    twice = [(b"pHYs", SIZE), (b"pHYs", bytes(9)), *texts]
    assert kept(HEAD + b"".join(chunk(*one) for one in twice) + DATA) == [(b"pHYs", SIZE), *texts]


def test_a_chunk_with_a_wrong_checksum_is_left_out():
    text = bytearray(chunk(b"tEXt", b"a\0b"))
    text[-1] ^= 1
    assert kept(HEAD + bytes(text) + chunk(b"pHYs", SIZE) + DATA) == [(b"pHYs", SIZE)]


@pytest.mark.parametrize("file", [b"", b"GIF89a", encoded(noise(2, 3), "JPEG")])
def test_files_of_other_formats_have_nothing_to_be_kept(file):
    assert kept(file) == []


def test_an_unknown_way_to_strip_is_refused():
    with pytest.raises(InvalidParameterError, match="'none', 'safe', 'all', got 'some'"):
        kept_metadata(HEAD + DATA, "some")


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_is_kept_with_an_upright_orientation(orientation, order, prefix):
    picture = with_png_chunk(encoded(noise(2, 3)), b"eXIf", prefix + exif(orientation, order))
    assert kept(picture) == [(b"eXIf", prefix + exif(1, order))]


def test_exif_that_cannot_be_made_upright_is_left_out():
    number = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    text = struct.pack(">HHI4s", 0x0112, 2, 2, b"6\0\0\0")
    turned = exif(6).replace(number, text)
    assert orientation_in(turned) == 6
    assert kept(HEAD + chunk(b"eXIf", turned) + DATA) == []


def test_damaged_exif_is_kept_as_it_is():
    assert kept(HEAD + chunk(b"eXIf", b"rubbish") + DATA) == [(b"eXIf", b"rubbish")]


@pytest.mark.parametrize(("orientation", "swapped"), [(1, False), (3, False), (6, True), (8, True)])
def test_the_pixel_size_turns_with_the_picture(orientation, swapped):
    chunks = chunk(b"eXIf", exif(orientation)) + chunk(b"pHYs", SIZE)
    expected = struct.pack(">IIB", 1890, 3780, 1) if swapped else SIZE
    assert kept(HEAD + chunks + DATA, "safe") == [(b"pHYs", expected)]


XMP = b"XML:com.adobe.xmp\0\0\0\0\0<rdf:Description "


@pytest.mark.parametrize(
    "place", [b'tiff:Orientation="%d"', b"tiff:Orientation='%d'", b"<tiff:Orientation>%d</"]
)
def test_xmp_turns_with_the_picture(place):
    turned = chunk(b"iTXt", XMP + place % 6)
    assert kept(HEAD + chunk(b"eXIf", exif(6)) + turned + DATA)[1] == (b"iTXt", XMP + place % 1)
    # Readers that go by XMP alone have to turn what smalti has not turned.
    assert kept(HEAD + turned + DATA) == [(b"iTXt", XMP + place % 6)]


def test_a_picture_with_what_was_kept_looks_the_same():
    chunks = [chunk_of(b"eXIf", exif(6)), chunk_of(b"pHYs", SIZE), chunk_of(b"sRGB", b"\0")]
    original = with_chunks(encoded(noise(2, 3)), chunks)
    pixels = read(original).pixels
    made = with_chunks(encoded(pixels), kept_metadata(original, "none"))
    np.testing.assert_array_equal(read(made).pixels, pixels)

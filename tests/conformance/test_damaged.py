"""Damaged PNG files: each is refused in one sentence, or its picture is read exactly.

Where the damage leaves the pixels in doubt, only a refusal is right. Where it does not, such as
a wrong checksum of data that decode, decoders differ, and either is.
"""

from dataclasses import replace

import pytest

import smalti
from tests.conformance import damage
from tests.conformance.checks import assert_is_a_sentence, compressed, outcome
from tests.conformance.pictures import in_8_bits, picture
from tests.conformance.png_writer import GREY, INDEXED, RGB, RGBA

COLOR = picture(RGB, 8, 9, 7)
DEEP = picture(GREY, 16, 9, 7)
PALETTE = picture(INDEXED, 4, 9, 7)
# One colour of the palette has an alpha of 200, which IDAT does not depend on.
PALETTE_WITH_ALPHA = replace(PALETTE, transparent=(0, 200))
EACH_PICTURE = pytest.mark.parametrize(
    "made", [COLOR, DEEP, PALETTE], ids=["colour", "16 bits", "palette"]
)


def functions(made):
    """What reads this picture."""
    found = {"compress": lambda path: compressed(path, made)}
    if made.color_type == INDEXED:
        found["load"] = lambda path: in_8_bits(smalti.load(path).reconstruct())
    return found


@pytest.fixture
def path(tmp_path):
    return tmp_path / "damaged.png"


def assert_is_refused(made, path, only=None):
    for name, function in functions(made).items():
        if only in (None, name):
            _, message = outcome(function, path)
            assert message is not None, f"{name} reads it"
            assert_is_a_sentence(message, path)


def assert_is_refused_or_exact(made, path):
    for name, function in functions(made).items():
        pixels, message = outcome(function, path)
        if message is None:
            assert (pixels == in_8_bits(made.pixels)).all(), f"{name} reads another picture"
        else:
            assert_is_a_sentence(message, path)


REFUSED = {
    "IHDR: wrong checksum": damage.wrong_checksum(b"IHDR"),
    "IHDR: missing": damage.without(b"IHDR"),
    "IHDR: after IDAT": damage.moved(b"IHDR", b"IDAT"),
    "IHDR: a length beyond the file": damage.of_length(b"IHDR", 2**31 - 1),
    "IDAT: missing": damage.without(b"IDAT"),
    "IDAT: after IEND": damage.moved(b"IDAT", b"IEND"),
    "IDAT: empty": damage.with_payload(b"IDAT", lambda _: b""),
    "IDAT: no zlib stream": damage.with_payload(b"IDAT", lambda _: b"not deflated"),
    "IDAT: another method than deflate": damage.with_payload(
        b"IDAT", lambda stream: b"\x79" + stream[1:]
    ),
    "IDAT: half a stream": damage.with_payload(b"IDAT", lambda data: data[: len(data) // 2]),
    "IDAT: length 0": damage.of_length(b"IDAT", 0),
    "IDAT: length too short": damage.of_length(b"IDAT", 9),
    "rows: none": damage.with_rows(lambda _: b""),
    "rows: a byte short": damage.with_rows(lambda rows: rows[:-1]),
    "rows: half of them": damage.with_rows(lambda rows: rows[: len(rows) // 2]),
    "rows: filter 5": damage.with_rows(lambda rows: b"\x05" + rows[1:]),
    "rows: filter 255": damage.with_rows(lambda rows: b"\xff" + rows[1:]),
    "a chunk whose type is no letters": damage.inserted(b"\1\2\3\4", b"data"),
}

UNDECIDED = {
    "IHDR: compression method 1": damage.with_header(10, "B", 1),
    "IHDR: a byte too long": damage.header_of_length(14),
    "IHDR: twice": damage.twice(b"IHDR"),
    "IDAT: wrong checksum": damage.wrong_checksum(b"IDAT"),
    "IDAT: wrong checksum of the stream": damage.with_payload(
        b"IDAT", lambda data: data[:-1] + bytes([data[-1] ^ 1])
    ),
    "IDAT: no checksum of the stream": damage.with_payload(b"IDAT", lambda data: data[:-4]),
    "IDAT: more after the stream": damage.with_payload(b"IDAT", lambda data: data + b"more"),
    "IDAT: twice": damage.twice(b"IDAT"),
    "IDAT: another chunk between": damage.split_by_another,
    "IDAT: a length beyond the file": damage.of_length(b"IDAT", 2**31 - 1),
    "IDAT: the longest length": damage.of_length(b"IDAT", 2**32 - 1),
    "rows: a byte too many": damage.with_rows(lambda rows: rows + b"\0"),
    "rows: twice": damage.with_rows(lambda rows: rows + rows),
    "IEND: wrong checksum": damage.wrong_checksum(b"IEND"),
    "IEND: missing": damage.without(b"IEND"),
    "IEND: twice": damage.twice(b"IEND"),
    "IEND: a length beyond the file": damage.of_length(b"IEND", 2**31 - 1),
    "an unknown chunk that is critical": damage.inserted(b"ABCD", b"data"),
    "tEXt: empty": damage.inserted(b"tEXt", b""),
    "zTXt: no zlib stream": damage.inserted(b"zTXt", b"key\0\0data"),
    "zTXt: unknown method": damage.inserted(b"zTXt", b"key\0\1data"),
    "iTXt: cut short": damage.inserted(b"iTXt", b"key"),
    "pHYs: cut short": damage.inserted(b"pHYs", b"\0"),
    "gAMA: cut short": damage.inserted(b"gAMA", b"\0\1"),
    "cHRM: cut short": damage.inserted(b"cHRM", b"\0"),
    "sRGB: empty": damage.inserted(b"sRGB", b""),
    "sRGB: unknown intent": damage.inserted(b"sRGB", b"\x09"),
    "iCCP: no end of its name": damage.inserted(b"iCCP", b"name"),
    "iCCP: no zlib stream": damage.inserted(b"iCCP", b"name\0\0data"),
    "cICP: cut short": damage.inserted(b"cICP", b"\1"),
    "cICP: YCbCr, which PNG has not": damage.inserted(b"cICP", bytes([1, 13, 1, 1])),
    "eXIf: no TIFF header": damage.inserted(b"eXIf", b"data"),
    "acTL: empty": damage.inserted(b"acTL", b""),
}

PALETTES_REFUSED = {
    "missing": damage.without(b"PLTE"),
    "after IDAT": damage.moved(b"PLTE", b"IDAT"),
    "empty": damage.with_payload(b"PLTE", lambda _: b""),
    "one byte short of a colour": damage.with_payload(b"PLTE", lambda data: data[:-1]),
    "4 bytes": damage.with_payload(b"PLTE", lambda data: data[:4]),
    "wrong checksum": damage.wrong_checksum(b"PLTE"),
    "257 colours": damage.with_payload(b"PLTE", lambda data: data + bytes(3 * 241)),
    "length 0": damage.of_length(b"PLTE", 0),
    "a length beyond the file": damage.of_length(b"PLTE", 2**31 - 1),
}


def cases(damages):
    """A parameter for each damage, by its name."""
    return [pytest.param(case, id=name) for name, case in damages.items()]


@EACH_PICTURE
@pytest.mark.parametrize("change", cases(damage.SIGNATURES))
def test_another_signature_is_refused(made, change, path):
    path.write_bytes(change(made))
    assert_is_refused(made, path)


@EACH_PICTURE
@pytest.mark.parametrize("position", range(8))
def test_each_byte_of_the_signature_matters(made, position, path):
    file = bytearray(made.file())
    file[position] ^= 1
    path.write_bytes(file)
    assert_is_refused(made, path)


@EACH_PICTURE
@pytest.mark.parametrize("change", cases(damage.HEADERS))
def test_an_impossible_header_is_refused(made, change, path):
    path.write_bytes(change(made))
    assert_is_refused(made, path)


@EACH_PICTURE
@pytest.mark.parametrize("change", cases(REFUSED))
def test_damage_that_leaves_pixels_in_doubt_is_refused(made, change, path):
    path.write_bytes(change(made))
    assert_is_refused(made, path)


@EACH_PICTURE
@pytest.mark.parametrize("change", cases(UNDECIDED))
def test_other_damage_is_refused_or_changes_no_pixel(made, change, path):
    path.write_bytes(change(made))
    assert_is_refused_or_exact(made, path)


@pytest.mark.parametrize("change", cases(PALETTES_REFUSED))
def test_a_picture_without_a_whole_palette_is_refused(change, path):
    path.write_bytes(change(PALETTE))
    assert_is_refused(PALETTE, path)


def test_an_index_outside_the_palette_is_not_loaded(path):
    short = replace(PALETTE, palette=PALETTE.palette[:9])
    assert short.samples.max() >= 9
    path.write_bytes(short.file())
    assert_is_refused(PALETTE, path, only="load")


def test_beside_an_index_outside_the_palette_all_pixels_are_compressed(path):
    # As decoders do: the one pixel is any colour.
    most = replace(PALETTE, samples=PALETTE.samples % 9)
    most.samples[3, 4] = 15
    path.write_bytes(replace(most, palette=PALETTE.palette[:9]).file())
    inside = most.samples[..., 0] < 9
    assert inside.sum() == inside.size - 1
    found = compressed(path, most)
    assert (found[inside] == in_8_bits(most.pixels)[inside]).all()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(damage.wrong_checksum(b"tRNS"), id="wrong checksum"),
        pytest.param(damage.moved(b"tRNS", b"IHDR"), id="before PLTE"),
        pytest.param(damage.moved(b"tRNS", b"IDAT"), id="after IDAT"),
        pytest.param(
            damage.with_payload(b"tRNS", lambda alphas: alphas + b"\xff" * 14 + b"\0"),
            id="more alphas than colours",
        ),
        pytest.param(damage.twice(b"tRNS"), id="twice"),
    ],
)
def test_damaged_transparency_of_a_palette_is_refused_or_exact(change, path):
    path.write_bytes(change(PALETTE_WITH_ALPHA))
    assert_is_refused_or_exact(PALETTE_WITH_ALPHA, path)


@pytest.mark.parametrize("made", [COLOR, DEEP], ids=["colour", "16 bits"])
@pytest.mark.parametrize("payload", [b"", b"\0"], ids=["empty", "cut short"])
def test_half_a_transparent_colour_is_refused_or_none(made, payload, path):
    path.write_bytes(damage.inserted(b"tRNS", payload)(made))
    assert_is_refused_or_exact(made, path)


@pytest.mark.parametrize(
    ("made", "interlaced"),
    [
        pytest.param(picture(RGB, 8, 4, 5), False, id="colour"),
        pytest.param(picture(GREY, 16, 4, 5), False, id="16 bits"),
        pytest.param(picture(RGBA, 8, 4, 5), True, id="alpha, interlaced"),
        pytest.param(PALETTE_WITH_ALPHA, False, id="palette"),
    ],
)
def test_a_file_cut_anywhere_is_refused_or_exact(made, interlaced, path):
    file = made.file(interlaced=interlaced)
    pixels_begin = file.index(b"IDAT") + 4
    for length in range(len(file)):
        path.write_bytes(file[:length])
        try:
            if length <= pixels_begin:
                assert_is_refused(made, path)
            else:
                assert_is_refused_or_exact(made, path)
        except AssertionError as error:
            raise AssertionError(f"cut after {length} of {len(file)} bytes: {error}") from error

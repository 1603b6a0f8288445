"""Palette files that are damaged, or that are not read: one sentence says why."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smalti.exceptions import ImageReadError
from tests.conformance.png_writer import GREY, INDEXED, RGB
from tests.formats.palette_files import (
    BLUE,
    FORMATS,
    RED,
    RED_ENTRY,
    ase,
    ase_block,
    ase_color,
    png,
    read,
    riff,
    written,
)

EACH = pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)


def assert_is_read_or_refused(form, data):
    """Whatever the bytes are, nothing but a sentence is raised."""
    try:
        form.decode(data, "some file")
    except ImageReadError as error:
        message = str(error)
    else:
        message = "some file: is read"
    assert message.startswith(("some file: is ", "some file: has "))


def refusal(name, data):
    """Why a file is refused, without its name."""
    with pytest.raises(ImageReadError) as caught:
        FORMATS[name].decode(data, "some file")
    start, _, reason = str(caught.value).partition(": ")
    assert start == "some file"
    assert "\n" not in reason
    assert len(reason) < 150
    return reason


HEAD = b"GIMP Palette\n"
JASC = b"JASC-PAL\r\n0100\r\n"
DAMAGED = [
    ("gpl", b"255 0 0", "its first line is not 'GIMP Palette'"),
    ("gpl", HEAD + b"255 0 256 Red", "line 2 is '255 0 256', not numbers of 0 to 255"),
    ("gpl", HEAD + b"#\n" + b"9" * 99, "line 3 is '999999999999...9999999999999', not numbers"),
    ("gpl", HEAD + b"Channels: RGBA\n1 2 3 Red", "line 3 is '1 2 3 Red'"),
    ("ase", b"ASEF\0\1\0", "it has no head that begins with 'ASEF'"),
    ("ase", ase(ase_color(b"RGB ", 1, 0, 0), count=2**32 - 1), "it ends within block 2 of 4294967"),
    ("ase", ase(ase_color(b"RGB ", 1, 0, 0))[:-1], "it ends within block 1 of 1"),
    ("ase", ase(ase_color(b"RGB ", 1)), "block 1 ends within its colour"),
    ("ase", ase(ase_block(1)), "block 1 has the colour model ''"),
    ("ase", ase(ase_color(b"Gray", 1.7)), "block 1 has a component of 1.7, not 0 to 1"),
    ("ase", ase(ase_color(b"Gray", float("nan"))), "block 1 has a component of nan"),
    ("act", bytes(767), "it has 767 bytes, not 768 or 772"),
    ("act", bytes(768) + b"\1\1\xff\xff", "it tells of 257 colours, but holds 256"),
    ("act", bytes(768) + b"\1\0\1\0", "it marks colour 256 as clear, but holds 256"),
    ("pal", bytes(768), "it begins neither as a JASC palette nor as a RIFF palette"),
    ("pal", JASC + b"3\r\n1 2 3\r\n", "it tells of '3' colours, but has 1"),
    ("pal", JASC + b"1\r\n1 2\r\n", "line 4 is '1 2', not numbers of 0 to 255"),
    ("pal", riff(3, RED_ENTRY + b"\0\0"), "it tells of 3 colours, but has 1"),
    ("pal", riff(0, b"")[:-1], "it ends before its colours"),
    ("json", b'{"colours": []}', "it is neither a list of colours nor an object with a list"),
    ("json", b'["red"]', "colors[0] is 'red', not hexadecimal digits or 3 or 4 whole numbers"),
    ("json", b"[[1, 2, 3], [1, 2, 3.5]]", "colors[1] is [1, 2, 3.5]"),
    ("json", b'{"colors": ["ff0000"], "weights": []}', "'weights' is not a list of 1 numbers"),
    ("json", b'{"colors": ["ff0000"], "weights": [NaN]}', "weights[0] is nan, not a finite"),
    ("json", b'{"colors": ["ff0000"], "weights": [1%s]}' % (b"0" * 999), "weights[0] is 1000"),
    ("json", b"[" * 100_000, ""),
    ("hex", b"ff0000\nff00\n", "line 2 is 'ff00', not 6 or 8 hexadecimal digits"),
    ("png", b"\x89PNG\r\n\x1a\n", "it has no whole chunks from its header to its end"),
    ("png", b"GIF89a", "it does not begin as a PNG file does"),
    ("png", png(1, 1, 8, INDEXED, b"\0\0"), "its palette has 0 bytes, and 0 of alpha"),
    ("png", png(1, 1, 8, RGB, b"\0\1"), ""),
    ("png", png(1, 1, 9, RGB, b"\0\1\2\3"), "Pillow cannot identify it"),
    ("png", png(1, 1, 8, RGB, b"\0\1\2\3", (b"tRNS", b"\0")), "its chunk tRNS has 1 bytes"),
    (
        "png",
        png(1, 1, 8, RGB, b"").replace(b"\0\1\0", b"\0\2\0", 1),
        "the checksum of its chunk IHDR is wrong",
    ),
]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    DAMAGED,
    ids=[f"{name}-{reason[:20]}" for name, _, reason in DAMAGED],
)
def test_damage_is_told_in_one_sentence(name, data, reason):
    assert refusal(name, data).startswith(f"is damaged: {reason}")


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("ase", ase(ase_color(b"CMYK", 0, 0, 0, 1)), "has colours of the model CMYK, but only RGB"),
        ("ase", ase(ase_color(b"LAB ", 0, 0, 0)), "has colours of the model LAB, but only RGB"),
        ("ase", ase(version=(2, 1)), "is of version 2.1, but only 1.0 is known"),
        ("pal", b"JASC-PAL\n0200\n0\n", "is a JASC palette of version '0200', but only '0100' is"),
        ("pal", b"RIFF\x0c\0\0\0PAL plth\0\0\0\0", "is a RIFF palette without the chunk 'data'"),
        ("png", png(1025, 1024, 8, RGB, b""), "has 1,049,600 pixels, but colours are read from"),
        ("png", png(1, 1, 16, GREY, b"\0\0\0", (b"tRNS", b"\0\0")), "has samples of 16 bits and a"),
    ],
)
def test_what_is_not_read_is_named(name, data, reason):
    assert refusal(name, data).startswith(reason)


def test_the_palette_of_a_large_indexed_png_is_read():
    data = png(1 << 20, 1 << 10, 1, INDEXED, b"", (b"PLTE", b"\xff\0\0"))
    assert read("png", data) == (RED,)


@EACH
@given(data=st.data())
def test_files_that_are_cut_or_changed_are_read_or_refused(form, data):
    whole = written(form.name, RED, BLUE, RED)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    assert_is_read_or_refused(form, cut + data.draw(st.binary(max_size=40)))
    at = data.draw(st.integers(0, len(whole) - 1))
    assert_is_read_or_refused(form, whole[:at] + data.draw(st.binary(max_size=3)) + whole[at + 1 :])


@EACH
@given(rest=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_random_bytes_are_read_or_refused(form, rest):
    assert_is_read_or_refused(form, rest)
    assert_is_read_or_refused(form, written(form.name, RED)[:12] + rest)
    form.sniff(rest)


@pytest.mark.parametrize("name", ["act", "ase", "png"])
def test_no_part_of_a_binary_file_is_read(name):
    whole = written(name, RED, BLUE)
    # An .act file without its last 4 bytes is whole.
    for length in {*range(len(whole))} - {768}:
        refusal(name, whole[:length])


@pytest.mark.parametrize(
    "piece", [b"/*", b"url(", b"rgb(", b"rgb(1,", b"#", b"{", b"{a", b"a", b" ", b"[", b"\n", b"1 "]
)
def test_long_texts_take_no_longer_than_their_length(piece):
    data = piece * 100_000
    for form in FORMATS.values():
        form.sniff(data)
        assert_is_read_or_refused(form, data)

"""Palette files: what is written comes back, and what others write is read."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smalti.colors import Color
from smalti.formats.palette_format import Swatches
from smalti.formats.palette_registry import decoded_palette, encoded_palette
from tests.conformance.pictures import picture
from tests.conformance.png_writer import DEPTHS, GREY, GREY_ALPHA, INDEXED, RGB, RGBA
from tests.formats.palette_files import (
    BLUE,
    BLUE_ENTRY,
    CLEAR,
    FORMATS,
    HALF_GREEN,
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


def lists_of_colors(channels):
    """Up to 256 colours."""
    samples = st.binary(min_size=channels, max_size=256 * channels)
    return samples.map(
        lambda data: [
            Color(*data[i : i + channels]) for i in range(0, len(data) - channels + 1, channels)
        ]
    )


@EACH
@given(colors=lists_of_colors(3))
def test_opaque_colours_come_back_and_tell_their_format(form, colors):
    data = written(form.name, *colors)
    expected = dict.fromkeys(colors) if form.name == "png" else colors
    assert decoded_palette(data, f"a{form.suffixes[0]}") == Swatches(tuple(expected))
    # An .act file has nothing to tell by but its ending.
    known = [] if form.name == "act" else [form.name]
    assert [one.name for one in FORMATS.values() if one.sniff(data)] == known


@pytest.mark.parametrize("name", [form.name for form in FORMATS.values() if form.holds_alpha])
@given(colors=lists_of_colors(4))
def test_colours_with_alpha_come_back(name, colors):
    expected = dict.fromkeys(colors) if name == "png" else colors
    assert read(name, written(name, *colors)) == tuple(expected)


@given(colors=lists_of_colors(3), at=st.integers(0, 255))
def test_one_clear_colour_comes_back_from_an_act(colors, at):
    at %= len(colors)
    colors[at] = colors[at]._replace(alpha=0)
    assert read("act", written("act", *colors)) == tuple(colors)


@given(weights=st.lists(st.floats(0, 1e300), min_size=1, max_size=9))
def test_weights_come_back_from_json(weights):
    swatches = Swatches((RED,) * len(weights), tuple(weights))
    assert decoded_palette(encoded_palette(swatches, FORMATS["json"]), "x.json") == swatches


# Files as others write them, byte for byte.

WRITTEN = {
    "gpl": b"GIMP Palette\nName: smalti\nColumns: 0\n#\n255   0   0\tff0000\n  0  16 255\t0010ff\n",
    "ase": bytes.fromhex(
        "41534546 0001 0000 00000002"
        "0001 00000022 0007 0066 0066 0030 0030 0030 0030 0000"
        "52474220 3f800000 00000000 00000000 0002"
        "0001 00000022 0007 0030 0030 0031 0030 0066 0066 0000"
        "52474220 00000000 3d808081 3f800000 0002"
    ),
    "act": b"\xff\0\0\0\x10\xff" + bytes(3 * 254) + b"\0\2\xff\xff",
    "pal": b"JASC-PAL\r\n0100\r\n2\r\n255 0 0\r\n0 16 255\r\n",
    "css": b":root {\n  --color-1: #ff0000;\n  --color-2: #0010ff;\n}\n",
    "json": b'{"colors": ["#ff0000", "#0010ff"]}\n',
    "hex": b"ff0000\n0010ff\n",
}


@pytest.mark.parametrize("name", WRITTEN)
def test_files_are_as_their_formats_are_defined(name):
    assert written(name, RED, BLUE) == WRITTEN[name]
    assert read(name, WRITTEN[name]) == (RED, BLUE)


def test_alpha_and_weights_are_written_where_they_have_a_place():
    assert written("css", HALF_GREEN) == b":root {\n  --color-1: #00ff0080;\n}\n"
    assert written("hex", HALF_GREEN, RED) == b"00ff0080\nff0000\n"
    assert written("act", RED, CLEAR)[-4:] == b"\0\2\0\1"
    data = written("json", HALF_GREEN, RED, weights=[12, 0.5])
    assert data == b'{"colors": ["#00ff0080", "#ff0000"], "weights": [12, 0.5]}\n'
    assert written("gpl", RED, weights=[12]) == written("gpl", RED)


def test_a_png_has_one_row_of_8_bits():
    assert written("png", RED, BLUE)[16:26] == struct.pack(">IIBB", 2, 1, 8, RGB)
    assert written("png", RED, CLEAR)[16:26] == struct.pack(">IIBB", 2, 1, 8, RGBA)


READ = {
    "gpl-crlf": (
        "gpl",
        b"GIMP Palette\r\nName: x\r\nColumns: 2\r\n#\r\n255 0 0\tRed\r\n0 16 255\r\n",
    ),
    "gpl-old": ("gpl", b"GIMP Palette\n255 0 0\n# 1 2 3\n\n \t 0\t16   255  255 of blue\n"),
    "gpl-names": ("gpl", "\ufeffGIMP Palette\n255 0 0 Ångström\n0 16 255 \x85\n".encode()),
    "ase-groups": (
        "ase",
        ase(
            ase_block(0xC001, b"\0\2\0G\0\0"),
            ase_color(b"RGB ", 1, 0, 0),
            ase_block(0xC002),
            ase_color(b"RGB ", 0, 16 / 255, 1.001, name="") + b"more",
        ),
    ),
    "act-clear-unused": ("act", WRITTEN["act"][:-2] + b"\0\2"),
    "pal-lf": ("pal", b"JASC-PAL\n0100\n2\n255 0 0\n0  16 255\n\n"),
    "pal-riff": ("pal", riff(2, RED_ENTRY + BLUE_ENTRY)),
    "pal-riff-chunks": ("pal", riff(2, RED_ENTRY + BLUE_ENTRY, b"LIST\3\0\0\0abc\0")),
    "css-short": ("css", b"a { color: #F00; background: #0010ff }"),
    "css-functions": ("css", b"a{color:rgb(255,0,0)} b{color:RGB(0% 6.3% 100% / 100%)}"),
    "css-others": (
        "css",
        b"/* #111 */ @import url(x.css#222); #add:hover { --a-#333: rgba(var(--b), .5); --c: #f00;"
        b" fill: url(#444); color: #0010ff; x: #55555; y: rgb(1, 2); z: red /* #666",
    ),
    "json-list": ("json", b'\xef\xbb\xbf["FF0000", "#0010ffff"]'),
    "json-rows": ("json", b"[[255, 0, 0], [0, 16, 255, 255]]"),
    "json-fields": ("json", b'{"name": "x", "weights": null, "colors": ["ff0000", [0, 16, 255]]}'),
    "hex-others": ("hex", b"; a comment\r\n\r\n#FF0000\r\n  0010FFff"),
    "hex-paint.net": ("hex", b";paint.net Palette File\n;Colors: 2\nFFff0000\nFF0010FF\n"),
    "png-rgb": ("png", png(2, 2, 8, RGB, b"\0\xff\0\0\0\x10\xff" + b"\0\0\x10\xff\xff\0\0")),
    "png-16-bit": ("png", png(2, 1, 16, RGB, b"\0\xff\xff\0\0\0\0" + b"\0\0\x10\x10\xff\xff")),
    "png-indexed": (
        "png",
        png(1, 1, 1, INDEXED, b"\0\0", (b"PLTE", b"\xff\0\0\0\x10\xff"), (b"tRNS", b"\xff")),
    ),
}


@pytest.mark.parametrize("case", READ)
def test_what_others_write_is_read(case):
    name, data = READ[case]
    assert read(name, data) == (RED, BLUE)


@pytest.mark.parametrize(
    ("name", "data", "colors"),
    [
        ("gpl", b"GIMP Palette\nChannels: RGBA\n#\n0 255 0 128 Lime\n", (HALF_GREEN,)),
        ("pal", b"JASC-PAL\n0100\n1\n0 255 0 128\n", (HALF_GREEN,)),
        ("hex", b"; Paint.NET palette\n8000ff00\n", (HALF_GREEN,)),
        ("css", b"#0f08, #00ff0080", (Color(0, 255, 0, 136), HALF_GREEN)),
        ("css", b"rgba(0, 255, 0, .5) rgb(0 999 -1 / 50%)", (HALF_GREEN, HALF_GREEN)),
        ("ase", ase(ase_color(b"Gray", 0.2)), (Color(51, 51, 51),)),
        ("ase", ase(ase_color(b"GRAY", 1)), (Color(255, 255, 255),)),
        ("act", bytes(768), (Color(0, 0, 0),) * 256),
    ],
)
def test_what_others_add_is_read(name, data, colors):
    assert read(name, data) == colors


@pytest.mark.parametrize(
    ("depth", "color_type", "rows", "chunks", "expected"),
    [
        (2, GREY, b"\0\x1b", [(b"tRNS", b"\0\1")], ["000000", "55555500", "aaaaaa", "ffffff"]),
        (16, GREY, b"\0\x12\x34\x12\x99\0\0\xff\xff", [], ["121212", "000000", "ffffff"]),
        (8, GREY_ALPHA, b"\0\1\2\1\3\1\2\1\2", [], ["01010102", "01010103"]),
        (
            8,
            RGB,
            b"\0" + bytes(9) + b"\1\2\3",
            [(b"tRNS", b"\0\1\0\2\0\3")],
            ["000000", "01020300"],
        ),
        (
            2,
            INDEXED,
            b"\0\0",
            [(b"PLTE", b"\1\2\3\1\2\3\4\5\6"), (b"tRNS", b"\x80\0")],
            ["01020380", "01020300", "040506"],
        ),
    ],
)
def test_a_png_gives_its_palette_or_its_distinct_colours(depth, color_type, rows, chunks, expected):
    data = png(4, 1, depth, color_type, rows, *chunks)
    assert read("png", data) == read("hex", "\n".join(expected).encode())


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(
    ("color_type", "depth"),
    [(kind, depth) for kind, depths in DEPTHS.items() if kind != INDEXED for depth in depths],
)
def test_every_kind_of_png_is_read(color_type, depth, interlaced):
    made = picture(color_type, depth, 9, 7)
    # Of 16 bits the upper 8 count.
    pixels = (made.pixels >> (8 if depth == 16 else 0)).reshape(63, -1).astype(np.uint8)
    expected = dict.fromkeys(Color(*pixel) for pixel in pixels.tolist())
    assert read("png", made.file(interlaced=interlaced)) == tuple(expected)

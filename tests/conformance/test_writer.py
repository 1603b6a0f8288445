"""The writer of the conformance files, against the specification's own examples."""

import struct
import zlib

import numpy as np
import pytest

from tests.conformance.png_writer import (
    ADAM7,
    AVERAGE,
    GREY,
    NONE,
    PAETH,
    SUB,
    UP,
    chunk,
    file_of,
    header,
    image_data,
)


def _grey(rows):
    return np.array(rows)[..., np.newaxis]


def test_the_passes_of_adam7_are_those_of_the_specification():
    order = np.zeros((8, 8), int)
    for number, (x, y, step_x, step_y) in enumerate(ADAM7, start=1):
        assert not order[y::step_y, x::step_x].any()
        order[y::step_y, x::step_x] = number
    assert order.tolist() == [
        [1, 6, 4, 6, 2, 6, 4, 6],
        [7, 7, 7, 7, 7, 7, 7, 7],
        [5, 6, 5, 6, 5, 6, 5, 6],
        [7, 7, 7, 7, 7, 7, 7, 7],
        [3, 6, 4, 6, 3, 6, 4, 6],
        [7, 7, 7, 7, 7, 7, 7, 7],
        [5, 6, 5, 6, 5, 6, 5, 6],
        [7, 7, 7, 7, 7, 7, 7, 7],
    ]


@pytest.mark.parametrize(
    ("kind", "second_row"),
    [
        (NONE, [90, 5, 200]),
        (SUB, [90, 171, 195]),  # 5 - 90 and 200 - 5, modulo 256
        (UP, [80, 241, 170]),  # less 10, 20 and 30
        (AVERAGE, [85, 206, 183]),  # less 10 // 2, 110 // 2 and 35 // 2
        (PAETH, [80, 171, 180]),  # less 10 above, 90 to the left and 20 in the corner
    ],
)
def test_filters_take_away_what_they_predict(kind, second_row):
    samples = _grey([[10, 20, 30], [90, 5, 200]])
    assert image_data(samples, 8, filters=(NONE, kind)) == bytes([0, 10, 20, 30, kind, *second_row])


def test_samples_of_few_bits_share_bytes_and_the_last_is_filled_with_zeros():
    assert image_data(_grey([[1, 0, 1, 1, 0, 0, 0, 0, 1]]), 1) == bytes([0, 0b10110000, 0b10000000])
    assert image_data(_grey([[3, 0, 2, 1, 3]]), 2) == bytes([0, 0b11001001, 0b11000000])
    assert image_data(_grey([[15, 1, 9]]), 4) == bytes([0, 0xF1, 0x90])
    assert image_data(_grey([[0x1234]]), 16) == bytes([0, 0x12, 0x34])


def test_interlaced_data_has_no_rows_of_empty_passes():
    assert image_data(_grey([[7]]), 8, interlaced=True) == bytes([0, 7])
    # The first column and row, then of the second pass none: it begins in column 4.
    assert image_data(_grey([[1, 2], [3, 4]]), 8, interlaced=True) == bytes([0, 1, 0, 2, 0, 3, 4])


def test_the_smallest_file_is_written_byte_by_byte():
    data = zlib.compress(b"\0\xff")
    assert file_of([header(1, 1, 8, GREY), (b"IDAT", data), (b"IEND", b"")]) == (
        b"\x89PNG\r\n\x1a\n"
        b"\0\0\0\x0dIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55"
        + struct.pack(">I", len(data))
        + b"IDAT"
        + data
        + struct.pack(">I", zlib.crc32(b"IDAT" + data))
        + b"\0\0\0\0IEND\xae\x42\x60\x82"
    )
    assert chunk(b"IEND", b"") == b"\0\0\0\0IEND\xae\x42\x60\x82"

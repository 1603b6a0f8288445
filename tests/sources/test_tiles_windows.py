"""Rectangles of an image, the grids of them, and images whose parts a function returns."""

import threading

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.sources.note import FRAMES, UNREAD, Note
from smalti.sources.tiles import tiled_image
from smalti.sources.tiles.tiled_image import (
    MAX_CHUNK_BYTES,
    Failures,
    Store,
    TiledImage,
    check_samples,
)
from smalti.sources.tiles.window import Window, grid
from tests.pictures import noise
from tests.sources.tile_checks import as_pixels, assert_same, whole_of, windows

SIDES = st.integers(1, 40)


def of_array(samples, chunk=(4, 5), missing=None, **more):
    """An image whose samples a function takes from an array."""

    def read(window, _failures):
        gaps = None if missing is None else missing[window.slices]
        return samples[window.slices], gaps

    shape = (*samples.shape[:2], samples.shape[2] if samples.ndim == 3 else 1)
    return TiledImage("a.tif", Store(shape, samples.dtype, chunk, read), lambda: "1", **more)


def covered(shape, parts):
    """How many of the windows hold each pixel."""
    times = np.zeros(shape, dtype=int)
    for window in parts:
        times[window.slices] += 1
    return times


# Rectangles


@given(SIDES, SIDES, SIDES, SIDES)
def test_a_grid_has_every_pixel_once_and_goes_row_by_row(height, width, rows, columns):
    found = list(grid((height, width, 3), (rows, columns)))
    assert (covered((height, width), found) == 1).all()
    assert found == sorted(found)
    assert len(found) == -(-height // rows) * -(-width // columns)
    for window in found:
        assert (window.top % rows, window.left % columns) == (0, 0)
        assert window.shape[0] == rows or window.bottom == height
        assert window.shape[1] == columns or window.right == width


@given(windows(30, 40), windows(30, 40))
def test_windows_meet_in_the_pixels_that_both_have(one, other):
    both = covered((30, 40), [one, other]) == 2
    common = one.meeting(other)
    assert common.pixels == both.sum() == other.meeting(one).pixels
    if common.pixels:
        assert both[common.slices].all()
        assert common == other.meeting(one)
    assert one.meeting(one) == one
    assert one.meeting(Window.whole((30, 40))) == one


@given(windows(30, 40), windows(30, 40))
def test_a_window_is_taken_out_of_one_that_holds_it(one, other):
    whole = np.arange(30 * 40).reshape(30, 40)
    common = one.meeting(other)
    assume(common.pixels)
    for held in (one, other):
        found = whole[held.slices][common.within(held)]
        np.testing.assert_array_equal(found, whole[common.slices])
    assert whole[one.slices].shape == one.shape
    assert whole[one.slices].size == one.pixels


@given(windows(30, 40), st.integers(0, 6))
def test_a_halved_window_has_the_pixels_that_its_own_fall_into(window, halvings):
    small = window.shrunk(halvings)
    down = 2**halvings
    assert set(range(small.top, small.bottom)) == {
        row // down for row in range(window.top, window.bottom)
    }
    assert set(range(small.left, small.right)) == {
        column // down for column in range(window.left, window.right)
    }
    height, width = 30, 40
    for _ in range(halvings):
        height, width = -(-height // 2), -(-width // 2)
    assert Window.whole((30, 40)).shrunk(halvings) == Window(0, 0, height, width)
    assert small.meeting(Window(0, 0, height, width)) == small


@given(windows(30, 40), st.integers(0, 9))
def test_a_grown_window_has_neighbours_within_the_image(window, by):
    near = np.zeros((30 + 2 * by, 40 + 2 * by), dtype=bool)
    near[window.top : window.bottom + 2 * by, window.left : window.right + 2 * by] = True
    inside = near[by : by + 30, by : by + 40]
    grown = window.grown(by, (30, 40))
    assert grown.pixels == inside.sum()
    assert inside[grown.slices].all()


def test_a_window_names_its_first_and_last_rows_and_columns():
    assert str(Window(0, 16, 8, 17)) == "rows 0 to 7, columns 16 to 16"


# Images


@pytest.mark.parametrize("bands", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", ">u2", "bool", "float16", "float32", ">f8"])
@settings(max_examples=15)
@given(data=st.data())
def test_every_window_is_that_of_the_whole(bands, dtype, data):
    random = np.random.default_rng(3)
    shape = (13, 17, bands) if bands else (13, 17)
    samples = random.random(shape) * (np.dtype(dtype).kind == "f" or 255)
    samples = (samples > 99 if dtype == "bool" else samples).astype(dtype)
    if samples.dtype.kind == "f":
        samples[random.random(samples.shape) < 0.1] = np.nan
    missing = random.random((13, 17)) < 0.1 if data.draw(st.booleans()) else None
    window = data.draw(windows(13, 17))
    found = of_array(samples, missing=missing).region(window)
    assert_same(found, as_pixels(samples, missing)[window.slices])
    assert found.dtype.isnative


def test_parts_that_have_no_gaps_have_no_alpha():
    samples = np.full((8, 10), 0.5, dtype=np.float32)
    samples[0, 0] = np.nan
    image = of_array(samples)
    assert image.region(Window(0, 0, 4, 5)).shape == (4, 5, 4)
    assert image.region(Window(4, 5, 8, 10)).shape == (4, 5, 3)
    assert image.region(Window(0, 0, 4, 5))[0, 0].tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("wrong", [-0.01, 1.01, np.inf, -np.inf])
def test_floats_outside_0_to_1_are_refused_with_their_place(wrong):
    samples = np.full((8, 10), 0.5)
    samples[6, 7] = wrong
    image = of_array(samples)
    assert (image.region(Window(0, 0, 4, 10)) == 32768).all()
    place = r"^a\.tif, rows 4 to 7, columns 5 to 9: has float values .* must lie in 0 to 1$"
    with pytest.raises(InvalidParameterError, match=place):
        image.region(Window(4, 5, 8, 10))


@given(SIDES, SIDES, SIDES, SIDES)
def test_parts_have_every_pixel_once_and_meet_no_piece_twice(height, width, rows, columns):
    chunk = (min(rows, height), min(columns, width))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiled_image, "_COUNTED", 100)
        parts = list(of_array(np.zeros((height, width), np.uint8), chunk).parts())
    assert (covered((height, width), parts) == 1).all()
    pieces = [
        (window.top // chunk[0], window.left // chunk[1])
        for part in parts
        for window in map(part.meeting, grid((height, width), chunk))
        if window.pixels
    ]
    assert len(pieces) == len(set(pieces)) == len(list(grid((height, width), chunk)))


@pytest.mark.parametrize(
    "chunk",
    [(256, 256), (512, 512), (240, 240), (4096, 4096), (3000, 10), (1, 100_000), (64, 100_000)],
)
def test_parts_are_some_four_million_pixels(chunk):
    huge = TiledImage("a", Store((100_000, 100_000, 3), np.dtype("u1"), chunk, None), lambda: "1")
    first = next(huge.parts())
    assert first.pixels <= max(2 * (1 << 22), chunk[0] * chunk[1])


def test_a_part_is_an_image_with_its_share_of_the_bits():
    samples = noise(8, 10)
    image = of_array(samples, pixel_size=0.25)
    part = image.part(Window(0, 0, 4, 5))
    np.testing.assert_array_equal(part.pixels, samples[:4, :5])
    assert (part.original_bits, part.name, part.pixel_size) == (4 * 5 * 24, "a.tif", 0.25)
    assert image.original_bits == 8 * 10 * 24
    assert of_array(samples[..., 0] > 9).original_bits == 80
    assert of_array(samples.astype(np.uint16)).original_bits == 8 * 10 * 48


def test_bits_of_images_of_any_size_are_exact():
    shape = (2**31, 2**31, 4)
    huge = TiledImage("a", Store(shape, np.dtype("f8"), (1, 1), None), lambda: "1")
    assert huge.original_bits == 2**31 * 2**31 * 4 * 64


# What is told


def test_failures_are_told_with_the_first_of_them():
    image = of_array(noise(8, 10), notes=(Note(FRAMES, "more"),))
    assert image.all_notes() == image.notes
    image.failures.add(Window(4, 5, 8, 10), ValueError("second"))
    image.failures.add(Window(0, 0, 4, 5), ValueError(" first\n"))
    image.failures.add(Window(0, 0, 4, 5), ValueError("first"))
    text = (
        "a.tif: rows 0 to 3, columns 0 to 4 and 1 further parts cannot be read, and count as "
        "clear: first"
    )
    assert image.all_notes() == (Note(FRAMES, "more"), Note(UNREAD, text))


def test_an_image_of_failures_alone_is_refused():
    image = of_array(noise(8, 10))
    image.check_readable()
    image.failures.add(Window(0, 0, 4, 10), ValueError("first"))
    image.check_readable()
    image.failures.add(Window(4, 0, 8, 10), ValueError("second"))
    with pytest.raises(ImageReadError, match=r"^a\.tif: no part of it can be read: first$"):
        image.check_readable()


def test_a_failure_without_a_sentence_is_told_by_its_kind():
    failures = Failures()
    failures.add(Window(0, 0, 4, 5), KeyError())
    failures.add(Window(0, 0, 9, 9), RuntimeError("  "))
    assert list(failures.found.values()) == ["KeyError", "RuntimeError"]


def test_threads_add_failures_at_a_time():
    failures = Failures()
    places = list(grid((100, 100), (1, 10)))
    threads = [
        threading.Thread(target=lambda: [failures.add(place, ValueError("x")) for place in places])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(failures.found) == places


@pytest.mark.parametrize(
    ("shape", "dtype", "sentence"),
    [
        ((0, 5, 3), "u1", "a: is 5 x 0, but at least one pixel is needed"),
        ((5, 0, 3), "u1", "a: is 0 x 5, but"),
        ((5, 5, 0), "u1", "a: has 0 bands"),
        ((5, 5, 5), "u1", "a: has 5 bands; larger than memory are read 1 "),
        ((5, 5, 3), "i4", "a: has samples of int32; larger than memory are read bool, uint8, "),
        ((5, 5, 3), "i1", "a: has samples of int8"),
        ((5, 5, 3), "u4", "a: has samples of uint32"),
        ((5, 5, 3), "c8", "a: has samples of complex64"),
        ((5, 5, 3), "V", "a: has samples of "),
        ((5, 5, 3), "O", "a: has samples of object"),
    ],
)
def test_samples_that_are_no_colours_are_refused(shape, dtype, sentence):
    with pytest.raises(ImageReadError) as caught:
        check_samples("a", shape, np.dtype(dtype), (5, 5))
    assert str(caught.value).startswith(sentence)


def test_pieces_of_more_than_a_gibibyte_are_refused():
    side = int((MAX_CHUNK_BYTES // 4) ** 0.5)
    check_samples("a", (10**6, 10**6, 4), np.dtype("u1"), (side, side))
    with pytest.raises(ImageReadError, match=r"is stored in pieces of .*, more than the 1,07"):
        check_samples("a", (10**6, 10**6, 4), np.dtype("u1"), (side, side + 1))
    with pytest.raises(ImageReadError, match="store it in tiles"):
        check_samples("a", (2**40, 2**40, 4), np.dtype("u1"), (2**40, 2**40))


def test_an_image_of_which_all_is_missing_is_clear():
    image = of_array(noise(8, 10), missing=np.ones((8, 10), dtype=bool))
    assert not whole_of(image)[..., 3].any()

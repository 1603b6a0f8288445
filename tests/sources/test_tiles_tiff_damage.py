"""TIFF files that lack pieces, have damaged ones or are cut off."""

import sys

import numpy as np
import pytest

from smalti.exceptions import ImageReadError, MissingExtraError
from smalti.sources.note import UNREAD
from smalti.sources.tiles.window import Window
from tests.sources.tiff_tags import (
    COUNTS,
    HEIGHT,
    OFFSETS,
    RGB,
    STRIPS,
    TILED,
    WIDTH,
    opened,
    rewritten,
    tag_of,
)
from tests.sources.tile_checks import as_pixels, assert_is, assert_same, whole_of

tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[large]")
pytest.importorskip("imagecodecs", reason="needs the extra smalti[large]")

pytestmark = pytest.mark.usefixtures("silent_tifffile")


def without(*numbers):
    """What sets values to 0."""
    return lambda values: [0 if i in numbers else value for i, value in enumerate(values)]


def tile_masks(*numbers):
    """The pixels of tiles by their numbers: 3 across and 3 down."""
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    for number in numbers:
        row, column = divmod(number, 3)
        mask[16 * row : 16 * row + 16, 32 * column : 32 * column + 32] = True
    return mask


# Pieces that the file does not have


@pytest.mark.parametrize("numbers", [(0,), (4,), (2, 8), tuple(range(9))])
@pytest.mark.parametrize("zeroed", ["counts", "both"])
def test_missing_tiles_are_clear_and_no_failure(path, numbers, zeroed):
    tifffile.imwrite(path, RGB, compression="deflate", **TILED)
    rewritten(path, COUNTS, without(*numbers))
    if zeroed == "both":
        rewritten(path, OFFSETS, without(*numbers))
    image = opened(path)
    assert_is(image, RGB, missing=tile_masks(*numbers))
    assert image.all_notes() == ()
    assert image.region(Window(17, 33, 20, 40)).shape[2] == (4 if 4 in numbers else 3)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "?"])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
def test_missing_tiles_are_clear_in_every_kind_of_samples(path, dtype, photometric):
    grey = RGB[..., 0].astype(dtype)
    grey = grey / np.float32(255) if dtype == "f4" else grey
    options = {**TILED, "photometric": photometric}
    tifffile.imwrite(path, grey, compression="deflate", **options)
    rewritten(path, COUNTS, without(4))
    if photometric == "miniswhite":
        largest = {"u1": 255, "u2": 65535}.get(dtype, 1)
        grey = ~grey if dtype == "?" else (largest - grey).astype(dtype)
    assert_is(opened(path), grey, missing=tile_masks(4))


def test_a_tile_of_which_one_plane_is_missing_is_clear(path):
    tifffile.imwrite(path, np.moveaxis(RGB, 2, 0), planarconfig="separate", **TILED)
    rewritten(path, COUNTS, without(9 + 4, 18 + 0))
    assert_is(opened(path), RGB, missing=tile_masks(0, 4))


def test_a_missing_strip_is_clear(path):
    tifffile.imwrite(path, RGB, compression="deflate", **STRIPS)
    rewritten(path, COUNTS, without(1))
    missing = np.zeros((HEIGHT, WIDTH), dtype=bool)
    missing[16:32] = True
    assert_is(opened(path), RGB, missing=missing)


# Pieces that cannot be read


@pytest.mark.parametrize("compression", ["deflate", "zstd", "lzw", "webp", "jpeg2000", "png"])
def test_a_damaged_tile_is_clear_and_named(path, compression):
    tifffile.imwrite(path, RGB, compression=compression, **TILED)
    expected = tifffile.imread(path)
    (_, places), (_, counts) = tag_of(path, OFFSETS), tag_of(path, COUNTS)
    data = bytearray(path.read_bytes())
    data[places[5] : places[5] + counts[5]] = b"\xff" * counts[5]
    path.write_bytes(data)
    image = opened(path)
    for _ in range(2):
        found = whole_of(image)
        assert_same(found, as_pixels(expected, tile_masks(5)))
    assert list(image.failures.found) == [Window(16, 64, 32, 71)]
    (note,) = image.all_notes()
    assert note.kind == UNREAD
    sentence = "a.tif: rows 16 to 31, columns 64 to 70 cannot be read, and count as clear: "
    assert sentence in note.text
    assert image.region(Window(0, 0, 16, 71)).shape[2] == 3


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("layout", [TILED, STRIPS])
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_a_file_that_is_cut_off_has_its_first_pieces(path, keep, layout, compression):
    tifffile.imwrite(path, RGB, compression=compression, **layout)
    (_, places), (_, counts) = tag_of(path, OFFSETS), tag_of(path, COUNTS)
    length = int(keep * path.stat().st_size)
    path.write_bytes(path.read_bytes()[:length])
    lost = [
        i for i, (at, count) in enumerate(zip(places, counts, strict=True)) if at + count > length
    ]
    assert lost
    image = opened(path)
    found = whole_of(image)
    across = 3 if layout is TILED else 1
    sides = (16, 32) if layout is TILED else (16, WIDTH)
    missing = np.zeros((HEIGHT, WIDTH), dtype=bool)
    for number in lost:
        top, left = number // across * sides[0], number % across * sides[1]
        missing[top : top + sides[0], left : left + sides[1]] = True
    assert_same(found, as_pixels(RGB, missing))
    assert len(image.failures.found) == len(lost)
    assert "the file ends before it" in image.all_notes()[0].text


@pytest.mark.parametrize("count", [2**31 - 1, 2**32 - 1])
def test_a_piece_that_says_it_is_huge_is_a_failure(path, count):
    tifffile.imwrite(path, RGB, compression="deflate", **TILED)
    rewritten(path, COUNTS, lambda values: [count, *values[1:]])
    image = opened(path)
    assert_same(whole_of(image), as_pixels(RGB, tile_masks(0)))


def test_a_piece_that_lies_outside_the_file_is_a_failure(path):
    tifffile.imwrite(path, RGB, bigtiff=True, compression="deflate", **TILED)
    rewritten(path, OFFSETS, lambda values: [2**63 - 1, 2**62, 10**9, *values[3:]])
    image = opened(path)
    assert_same(whole_of(image), as_pixels(RGB, tile_masks(0, 1, 2)))
    assert len(image.failures.found) == 3


def test_an_image_larger_than_its_list_of_tiles_is_clear_beyond(path):
    tifffile.imwrite(path, RGB, compression="deflate", **TILED)
    rewritten(path, "ImageLength", lambda _: [HEIGHT + 16])
    try:
        image = opened(path)
    except ImageReadError:
        return  # to refuse it is right, too
    found = whole_of(image)
    assert not found[48:, :, 3].any()
    np.testing.assert_array_equal(found[:HEIGHT, :, :3], RGB)


# What is not installed


def test_without_tifffile_the_extra_is_named(path, monkeypatch):
    tifffile.imwrite(path, RGB, **TILED)
    monkeypatch.setitem(sys.modules, "tifffile", None)
    with pytest.raises(MissingExtraError) as caught:
        opened(path)
    assert str(caught.value) == (
        f"{path}: to read it by parts needs tifffile, which is not installed: "
        "pip install 'smalti[large]'"
    )


@pytest.mark.parametrize("compression", ["lzw", "jpeg", "webp", "jpeg2000", "zstd"])
def test_without_imagecodecs_the_extra_is_named(path, monkeypatch, compression):
    from tifffile import _imagecodecs
    from tifffile import tifffile as module

    tifffile.imwrite(path, RGB, compression=compression, **TILED)
    plain = path.with_name("plain.tif")
    tifffile.imwrite(plain, RGB, **TILED)
    monkeypatch.setattr(module, "imagecodecs", _imagecodecs)
    monkeypatch.setattr(module.TIFF.DECOMPRESSORS, "_codecs", {1: lambda data: data})
    sentence = (
        f"{path}: its {compression.upper()} tiles need imagecodecs, which is not installed: "
        "pip install 'smalti[large]'"
    )
    try:
        image = opened(path)
        whole_of(image)
    except MissingExtraError as error:
        assert str(error) == sentence  # noqa: PT017 - or else it is read, as Python 3.14 can
    else:
        assert compression == "zstd"
        assert image.all_notes() == ()
    assert_is(opened(plain), RGB)


def test_too_little_memory_is_no_damage(path, monkeypatch):
    tifffile.imwrite(path, RGB, **TILED)
    image = opened(path)

    def none_left(*_):
        raise MemoryError

    monkeypatch.setattr(tifffile.FileHandle, "read", none_left)
    with pytest.raises(MemoryError):
        whole_of(image)

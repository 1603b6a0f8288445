"""Zarr arrays read by parts: versions 2 and 3, shards, and what they lack."""

import gc
import hashlib
import shutil
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smalti.exceptions import ImageReadError, InvalidParameterError, MissingExtraError
from smalti.sources.note import UNREAD
from smalti.sources.tiles.open import opened_by_parts
from smalti.sources.tiles.window import Window
from tests.pictures import noise
from tests.sources.tile_checks import as_pixels, assert_is, assert_same, whole_of, windows

zarr = pytest.importorskip("zarr", minversion="3", reason="needs the extra smalti[large]")

HEIGHT, WIDTH = 45, 71
RGB = noise(HEIGHT, WIDTH)
VERSIONS = pytest.mark.parametrize("version", [2, 3])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.zarr"


def write(path, samples, chunks=None, *, version=3, **options):
    """Write an array, and return it."""
    chunks = (16, 32, *samples.shape[2:]) if chunks is None else chunks
    array = zarr.create_array(
        path, shape=samples.shape, dtype=samples.dtype, chunks=chunks, zarr_format=version,
        **options,
    )  # fmt: skip
    array[...] = samples
    return array


def opened(path):
    from smalti.sources.tiles.zarr_array import open_zarr

    return open_zarr(path)


def chunk_file(path, row, column, version=3):
    """The file of a chunk of an array of three dimensions."""
    name = f"c/{row}/{column}/0" if version == 3 else f"{row}.{column}.0"
    assert (path / name).is_file()
    return path / name


def mask_of(*places):
    """The pixels of chunks by their rows and columns."""
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    for row, column in places:
        mask[16 * row : 16 * row + 16, 32 * column : 32 * column + 32] = True
    return mask


# Layouts


@VERSIONS
@pytest.mark.parametrize(
    "chunks", [(16, 32, 3), (45, 71, 3), (1, 71, 3), (7, 5, 1), (16, 32, 2), (64, 128, 3)]
)
def test_chunks_need_not_divide_the_image(path, version, chunks):
    write(path, RGB, chunks, version=version)
    image = opened(path)
    assert image.store.chunk == (min(chunks[0], HEIGHT), min(chunks[1], WIDTH))
    assert_is(image, RGB)
    assert (image.name, image.pixel_size, image.all_notes()) == (str(path), None, ())


@pytest.mark.parametrize("shards", [(32, 64, 3), (48, 96, 3), (64, 32, 3)])
@pytest.mark.parametrize("compressors", ["auto", None])
def test_of_shards_the_inner_chunks_are_read(path, shards, compressors):
    write(path, RGB, shards=shards, compressors=compressors)
    image = opened(path)
    assert image.store.chunk == (16, 32)
    assert_is(image, RGB)


@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2", "?", "<f2", ">f8"])
@pytest.mark.parametrize(("bands", "version"), [(0, 2), (1, 3), (2, 2), (3, 2), (4, 3)])
def test_samples_are_of_every_kind(path, version, dtype, bands):
    samples = noise(HEIGHT, WIDTH, max(bands, 1))
    samples = samples / 255 if "f" in dtype else samples > 99 if dtype == "?" else samples
    samples = samples.astype(dtype)
    if "f" in dtype:
        samples[samples < 0.1] = np.nan
    samples = samples[..., 0] if bands == 0 else samples
    write(path, samples, version=version)
    assert_is(opened(path), samples)


@settings(max_examples=15)
@given(data=st.data(), rows=st.integers(1, 60), columns=st.integers(1, 60), shards=st.booleans())
def test_any_window_is_that_of_the_whole(tmp_path_factory, data, rows, columns, shards):
    height, width = data.draw(st.integers(1, 50)), data.draw(st.integers(1, 50))
    samples = noise(height, width, seed=rows)
    path = tmp_path_factory.mktemp("any") / "a.zarr"
    chunks = (min(rows, height), min(columns, width), 3)
    write(path, samples, chunks, shards=(3 * chunks[0], 2 * chunks[1], 3) if shards else None)
    window = data.draw(windows(height, width))
    np.testing.assert_array_equal(opened(path).region(window), samples[window.slices])


def test_a_trailing_slash_and_a_path_object_are_the_same(path):
    write(path, RGB)
    assert_is(opened(path), RGB)
    assert_is(opened_by_parts(f"{path}/"), RGB)
    assert_is(opened_by_parts(path), RGB)


def test_a_folder_of_another_name_is_known_by_its_files(tmp_path):
    for version in (2, 3):
        path = tmp_path / f"slide{version}"
        write(path, RGB, version=version)
        assert_is(opened_by_parts(path), RGB)
    assert opened_by_parts(tmp_path) is None


@pytest.mark.parametrize("name", ["a.zarr.zip", "a.ZARR.ZIP"])
def test_an_archive_is_read(tmp_path, name):
    path = tmp_path / name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        store = zarr.storage.ZipStore(path, mode="w")
        write(store, RGB)
        store.close()
    assert_is(opened_by_parts(path), RGB)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        opened(path).region(Window(0, 0, 4, 4))
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


def test_a_url_is_read(path):
    fsspec = pytest.importorskip("fsspec")
    write(path, RGB)
    folder = f"/{hashlib.sha256(str(path).encode()).hexdigest()}.zarr"
    memory = fsspec.filesystem("memory")
    memory.put(f"{path}/", folder, recursive=True)
    try:
        image = opened_by_parts(f"memory:/{folder}")
        assert_is(image, RGB)
        (chunk,) = memory.glob(f"{folder}/c/1/2/0")
        memory.pipe(chunk, b"broken")
        assert_same(whole_of(image), as_pixels(RGB, mask_of((1, 2))))
    finally:
        memory.rm(folder, recursive=True)
    with pytest.raises(ImageReadError, match=r"memory://none\.zarr: cannot be read as Zarr: "):
        opened_by_parts("memory://none.zarr")


# Chunks that are missing or damaged


@VERSIONS
@pytest.mark.parametrize("fill", [0, 77])
def test_a_chunk_that_is_not_stored_has_the_value_that_the_array_names(path, version, fill):
    write(path, RGB, version=version, fill_value=fill)
    chunk_file(path, 1, 2, version).unlink()
    expected = np.where(mask_of((1, 2))[..., np.newaxis], np.uint8(fill), RGB)
    image = opened(path)
    assert_is(image, expected)
    assert image.all_notes() == ()


@VERSIONS
def test_a_chunk_that_is_not_stored_of_an_array_of_nan_is_clear(path, version):
    samples = (RGB / 255).astype(np.float32)
    write(path, samples, version=version, fill_value=np.nan)
    chunk_file(path, 0, 1, version).unlink()
    assert_is(opened(path), samples, missing=mask_of((0, 1)))


def test_a_chunk_that_vanishes_while_the_image_is_read_is_not_stored(path):
    write(path, RGB, fill_value=5)
    image = opened(path)
    assert_is(image, RGB)
    chunk_file(path, 2, 0).unlink()
    assert_is(image, np.where(mask_of((2, 0))[..., np.newaxis], np.uint8(5), RGB))
    shutil.rmtree(path)
    assert (whole_of(image) == 5).all()


@VERSIONS
@pytest.mark.parametrize("data", [b"", b"broken", bytes(3000)])
@pytest.mark.parametrize("places", [[(1, 2)], [(0, 0), (2, 2)]])
def test_a_damaged_chunk_is_clear_and_named(path, version, data, places):
    write(path, RGB, version=version)
    for row, column in places:
        chunk_file(path, row, column, version).write_bytes(data)
    image = opened(path)
    for _ in range(2):
        assert_same(whole_of(image), as_pixels(RGB, mask_of(*places)))
    expected = [
        Window(16 * r, 32 * c, min(16 * r + 16, 45), min(32 * c + 32, 71)) for r, c in places
    ]
    assert sorted(image.failures.found) == expected
    (note,) = image.all_notes()
    assert note.kind == UNREAD
    assert f"a.zarr: {expected[0]}" in note.text
    assert " cannot be read, and count as clear: " in note.text


def test_a_damaged_chunk_is_one_however_it_is_read(path):
    write(path, RGB)
    chunk_file(path, 1, 1).write_bytes(b"broken")
    image = opened(path)
    for window in (Window(0, 0, 20, 40), Window(20, 40, 45, 71), Window(17, 33, 18, 34)):
        expected = as_pixels(RGB, mask_of((1, 1)))[window.slices]
        assert_same(image.region(window), expected)
    assert list(image.failures.found) == [Window(16, 32, 32, 64)]


def test_chunks_of_damaged_shards_are_clear(path):
    write(path, RGB, shards=(32, 64, 3))
    chunk_file(path, 0, 1).write_bytes(b"broken")
    image = opened(path)
    missing = mask_of((0, 2), (1, 2))
    assert_same(whole_of(image), as_pixels(RGB, missing))
    assert sorted(image.failures.found) == [Window(0, 64, 16, 71), Window(16, 64, 32, 71)]


def test_an_image_of_damaged_chunks_alone_is_clear(path):
    write(path, RGB, (64, 128, 3))
    chunk_file(path, 0, 0).write_bytes(b"broken")
    image = opened(path)
    assert not whole_of(image)[..., 3].any()
    assert list(image.failures.found) == [Window(0, 0, 45, 71)]


# What is refused


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (np.zeros((4, 4), np.int32), "has samples of int32; larger than memory are read bool"),
        (np.zeros((4, 4), np.int64), "has samples of int64"),
        (np.zeros((4, 4), np.complex64), "has samples of complex64"),
        (np.zeros((4, 4, 5), np.uint8), "has 5 bands"),
        (np.zeros((4, 4, 0), np.uint8), "has 0 bands"),
        (np.zeros((0, 4), np.uint8), "is 4 x 0, but at least one pixel is needed"),
        (np.zeros((4, 0, 3), np.uint8), "is 0 x 4, but"),
        (np.zeros(4, np.uint8), "has shape (4,); (H, W) or (H, W, C) are read"),
        (np.zeros((2, 4, 4, 3), np.uint8), "has shape (2, 4, 4, 3); (H, W) or"),
    ],
)
def test_arrays_that_are_no_pictures_are_refused(path, samples, sentence):
    write(path, samples, tuple(max(side, 1) for side in samples.shape))
    with pytest.raises(ImageReadError) as caught:
        opened(path)
    assert str(caught.value).startswith(f"{path}: {sentence}")


def test_floats_outside_0_to_1_are_refused_where_they_are_read(path):
    samples = np.full((HEIGHT, WIDTH), 0.5, dtype=np.float32)
    samples[44, 70] = 2
    write(path, samples)
    image = opened(path)
    assert (image.region(Window(0, 0, 32, 71)) == 32768).all()
    with pytest.raises(InvalidParameterError, match=r"a\.zarr, rows 32 to 44, columns 0 to 70: "):
        image.region(Window(32, 0, 45, 71))


@pytest.mark.parametrize("file", ["zarr.json", ".zarray", ".zgroup"])
@pytest.mark.parametrize("text", ["", "{", "[]", '{"zarr_format": 9, "node_type": "array"}'])
def test_metadata_that_are_none_are_one_sentence(path, file, text):
    path.mkdir()
    (path / file).write_text(text)
    with pytest.raises(ImageReadError, match=r"a\.zarr: (cannot be read as|is a) Zarr"):
        opened_by_parts(path)


def test_what_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(ImageReadError) as caught:
        opened_by_parts(tmp_path / "none.zarr")
    assert str(caught.value) == f"{tmp_path}/none.zarr: no such file"
    with pytest.raises(ImageReadError, match=r"none\.zarr\.zip: no such file"):
        opened_by_parts(tmp_path / "none.zarr.zip")
    for name in ("a.zarr", "a.zarr.zip"):
        (tmp_path / name).write_bytes(b"no archive")
        with pytest.raises(ImageReadError, match="cannot be read as Zarr: "):
            opened_by_parts(tmp_path / name)
    (tmp_path / "empty.zarr").mkdir()
    with pytest.raises(ImageReadError, match=r"empty\.zarr: cannot be read as Zarr: "):
        opened_by_parts(tmp_path / "empty.zarr")


def test_chunks_up_to_a_gibibyte_are_read(path):
    shape = (50_000, 50_000, 3)
    zarr.create_array(path, shape=shape, chunks=(11_000, 11_000, 3), dtype="u1")
    assert opened(path).shape == (50_000, 50_000)


def test_larger_chunks_are_refused_with_their_size(path):
    shape = (50_000, 50_000, 3)
    zarr.create_array(path, shape=shape, chunks=(20_000, 20_000, 3), dtype="u1")
    with pytest.raises(
        ImageReadError, match="is stored in pieces of 1,200,000,000 bytes, more than"
    ):
        opened(path)


def test_an_array_of_any_size_opens_and_is_read_where_it_is_asked(path):
    shape = (2**40, 2**40, 3)
    zarr.create_array(path, shape=shape, chunks=(64, 64, 3), dtype="u1", fill_value=9)
    image = opened(path)
    assert image.shape == shape[:2]
    assert (image.region(Window(2**40 - 3, 2**39, 2**40, 2**39 + 70)) == 9).all()


def test_without_zarr_the_extra_is_named(path, monkeypatch):
    write(path, RGB)
    monkeypatch.setitem(sys.modules, "zarr", None)
    for name in (path, path.with_name("none.zarr")):
        with pytest.raises(MissingExtraError) as caught:
            opened_by_parts(name)
        assert str(caught.value) == (
            f"{name}: needs zarr 3, for Python 3.11 and later, which is not installed: "
            "pip install 'smalti[large]'"
        )

"""Arrays that are computed or read by chunks: dask's, Zarr's, and files mapped to memory."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.sources.read import read
from smalti.sources.tiles.lazy_array import is_lazy, is_mapped, open_lazy
from smalti.sources.tiles.open import opened_by_parts
from smalti.sources.tiles.window import Window
from tests.pictures import noise
from tests.sources.tile_checks import as_pixels, assert_is, assert_same, whole_of, windows

HEIGHT, WIDTH = 45, 71
RGB = noise(HEIGHT, WIDTH)
# Rows and columns of chunks of many sizes.
IRREGULAR = ((1, 20, 4, 20), (64, 7))


@pytest.fixture
def da():
    return pytest.importorskip("dask.array")


def mapped(path, samples):
    """A file of samples, mapped to memory."""
    array = np.memmap(path, dtype=samples.dtype, mode="w+", shape=samples.shape)
    array[...] = samples
    array.flush()
    return np.memmap(path, dtype=samples.dtype, mode="r", shape=samples.shape)


# Dask


@pytest.mark.parametrize("chunks", [-1, (16, 32, 3), (16, 32, 1), (*IRREGULAR, 3), (1, 71, 3)])
def test_an_array_of_dask_is_read_by_its_chunks(da, chunks):
    array = da.from_array(RGB, chunks=chunks)
    image = opened_by_parts(array)
    assert_is(image, RGB)
    assert image.store.chunk == tuple(max(sides) for sides in array.chunks[:2])
    assert (image.name, image.pixel_size, image.all_notes()) == ("the image array", None, ())


@pytest.mark.parametrize("dtype", ["u1", ">u2", "?", "<f2", ">f8"])
@pytest.mark.parametrize("bands", [0, 1, 2, 4])
def test_samples_are_of_every_kind(da, dtype, bands):
    samples = noise(HEIGHT, WIDTH, max(bands, 1))
    samples = samples / 255 if "f" in dtype else samples > 99 if dtype == "?" else samples
    samples = samples.astype(dtype)
    if "f" in dtype:
        samples[samples < 0.1] = np.nan
    samples = samples[..., 0] if bands == 0 else samples
    image = opened_by_parts(da.from_array(samples, chunks=(16, 32, 2)[: samples.ndim]))
    assert_is(image, samples)
    assert_same(whole_of(image), read(samples).pixels)


@given(data=st.data())
def test_any_window_of_any_chunks_is_that_of_the_whole(data):
    da = pytest.importorskip("dask.array")

    def parts(length):
        cuts = data.draw(st.sets(st.integers(1, length - 1), max_size=4))
        places = [0, *sorted(cuts), length]
        return tuple(np.diff(places).tolist())

    array = da.from_array(RGB, chunks=(parts(HEIGHT), parts(WIDTH), 3))
    image = open_lazy(array)
    window = data.draw(windows(HEIGHT, WIDTH))
    np.testing.assert_array_equal(image.region(window), RGB[window.slices])
    seen = np.zeros((HEIGHT, WIDTH), dtype=int)
    for part in image.parts():
        seen[part.slices] += 1
    assert (seen == 1).all()


def test_masked_samples_are_clear(da):
    samples = np.ma.masked_greater(RGB, 200)
    image = opened_by_parts(da.from_array(samples, chunks=(16, 32, 3)))
    missing = samples.mask.any(axis=2)
    assert_same(whole_of(image), as_pixels(RGB, missing))
    assert_same(whole_of(image), read(samples).pixels)


def test_only_the_chunks_of_a_window_are_computed(da):
    computed = []

    def chunk(block_info=None):
        computed.append(block_info[None]["chunk-location"][:2])
        return np.full(block_info[None]["chunk-shape"], 7, dtype=np.uint8)

    array = da.map_blocks(chunk, chunks=((16, 16, 13), (32, 32, 7), (3,)), dtype=np.uint8, meta=RGB)
    computed.clear()
    image = opened_by_parts(array)
    assert computed == []
    assert (image.region(Window(17, 33, 18, 64)) == 7).all()
    assert set(computed) == {(1, 1)}


def test_a_chunk_that_cannot_be_computed_is_one_sentence(da):
    def chunk(block, block_info=None):
        if block_info[0]["chunk-location"][:2] == (1, 2):
            raise RuntimeError("the scanner is off")
        return block

    array = da.from_array(RGB, chunks=(16, 32, 3)).map_blocks(chunk, dtype=np.uint8, meta=RGB)
    image = opened_by_parts(array)
    np.testing.assert_array_equal(image.region(Window(0, 0, 16, 71)), RGB[:16])
    sentence = "rows 20 to 44, columns 60 to 70 cannot be computed: the scanner is off"
    with pytest.raises(ImageReadError) as caught:
        image.region(Window(20, 60, 45, 71))
    assert str(caught.value) == f"the image array: {sentence}"
    assert isinstance(caught.value.__cause__, RuntimeError)


def test_an_error_without_a_sentence_is_told_by_its_kind(da):
    def chunk(_block):
        raise KeyError

    array = da.from_array(RGB, chunks=(16, 32, 3)).map_blocks(chunk, dtype=np.uint8, meta=RGB)
    with pytest.raises(ImageReadError, match=r"cannot be computed: KeyError$"):
        whole_of(opened_by_parts(array))


@pytest.mark.parametrize("wrong", [(5, 5, 3), (16, 32), (16, 32, 4)])
def test_chunks_of_another_shape_are_one_sentence(da, wrong):
    array = da.from_array(RGB[:16, :32], chunks=(16, 32, 3))
    array = array.map_blocks(lambda _: np.zeros(wrong, np.uint8), dtype=np.uint8, meta=RGB)
    with pytest.raises((ImageReadError, InvalidParameterError), match="the image array"):
        whole_of(opened_by_parts(array))


def test_unknown_sizes_are_refused(da):
    array = da.from_array(RGB[..., 0], chunks=(16, 71))
    unknown = array[array[:, 0] > 5]
    assert math.isnan(unknown.shape[0])
    with pytest.raises(InvalidParameterError, match="the image array must have a known shape, got"):
        opened_by_parts(unknown)


@pytest.mark.parametrize(
    ("shape", "dtype", "sentence"),
    [
        ((4,), "u1", "the image array must have shape (H, W) or (H, W, C), got (4,)"),
        ((2, 4, 4, 3), "u1", "the image array must have shape (H, W) or (H, W, C), got (2, 4, 4"),
        ((4, 4, 5), "u1", "the image array: has 5 bands"),
        ((0, 4), "u1", "the image array: is 4 x 0, but at least one pixel is needed"),
        ((4, 0, 3), "u1", "the image array: is 0 x 4, but"),
        ((4, 4, 0), "u1", "the image array: has 0 bands"),
        ((4, 4), "i4", "the image array: has samples of int32; larger than memory are read bool"),
        ((4, 4), "c8", "the image array: has samples of complex64"),
        ((4, 4), "O", "the image array: has samples of object"),
        ((60_000, 60_000), "f8", "the image array: is stored in pieces of 28,800,000,000 bytes"),
    ],
)
def test_arrays_that_are_no_pictures_are_refused(da, shape, dtype, sentence):
    chunks = tuple(max(side, 1) for side in shape)
    array = da.zeros(shape, dtype=dtype, chunks=chunks)
    with pytest.raises((ImageReadError, InvalidParameterError)) as caught:
        opened_by_parts(array)
    assert str(caught.value).startswith(sentence)


def test_floats_outside_0_to_1_are_refused_where_they_are_read(da):
    samples = np.full((HEIGHT, WIDTH), 0.5)
    samples[44, 70] = -1
    image = opened_by_parts(da.from_array(samples, chunks=(16, 32)))
    assert (image.region(Window(0, 0, 32, 71)) == 32768).all()
    with pytest.raises(InvalidParameterError, match="image array, rows 32 to 44, columns 0 to 70"):
        image.region(Window(32, 0, 45, 71))


def test_the_identity_of_a_graph_is_its_name(da):
    array = da.from_array(RGB, chunks=(16, 32, 3))
    assert opened_by_parts(array).identify() == array.name
    assert opened_by_parts(array).identify() != opened_by_parts(255 - array).identify()


# Files mapped to memory


@pytest.mark.parametrize("bands", [0, 1, 3, 4])
def test_a_mapped_array_is_read_by_parts_beyond_the_limit(tmp_path, bands):
    samples = noise(HEIGHT, WIDTH, max(bands, 1))
    array = mapped(tmp_path / "a.raw", samples if bands else samples[..., 0])
    assert is_mapped(array)
    assert opened_by_parts(array, max_pixels=HEIGHT * WIDTH) is None
    assert opened_by_parts(array) is None
    image = opened_by_parts(array, max_pixels=HEIGHT * WIDTH - 1)
    assert image is not None
    assert_is(image, array)
    assert image.store.chunk == (HEIGHT, WIDTH)


def test_a_mapped_array_of_many_rows_is_read_by_some_of_them(tmp_path):
    samples = noise(200, 10, 1)[..., 0]
    image = open_lazy(mapped(tmp_path / "a.raw", samples))
    assert image.store.chunk == (64, 10)
    assert_is(image, samples)
    np.save(tmp_path / "a.npy", samples)
    assert_is(open_lazy(np.load(tmp_path / "a.npy", mmap_mode="r")), samples)


def test_parts_of_a_mapped_array_are_mapped_too(tmp_path):
    array = mapped(tmp_path / "a.raw", RGB)[5:30, 10:60]
    image = opened_by_parts(array, max_pixels=100)
    assert_is(image, RGB[5:30, 10:60])
    flipped = opened_by_parts(array[::-1, ::2], max_pixels=100)
    assert_is(flipped, RGB[29:4:-1, 10:60:2])


# A mapped array that is no picture is refused as any other array is.
@pytest.mark.parametrize("shape", [(200,), (2, 5, 5, 3)])
def test_mapped_arrays_of_other_dimensions_are_none(tmp_path, shape):
    array = mapped(tmp_path / "a.raw", np.zeros(shape, np.uint8))
    assert opened_by_parts(array, max_pixels=1) is None


def test_a_part_is_no_window_to_the_file(tmp_path):
    samples = noise(8, 8)
    path = tmp_path / "a.raw"
    image = open_lazy(mapped(path, samples))
    part = image.region(Window(0, 0, 8, 8))
    path.write_bytes(bytes(8 * 8 * 3))
    assert (image.region(Window(0, 0, 8, 8)) == 0).all()
    assert part.shape == samples.shape


# Others


def test_arrays_of_zarr_and_others_with_chunks_are_lazy(tmp_path):
    zarr = pytest.importorskip("zarr", minversion="3")
    array = zarr.create_array(tmp_path / "a", shape=RGB.shape, chunks=(16, 32, 3), dtype="u1")
    array[...] = RGB
    assert is_lazy(array)
    image = opened_by_parts(array)
    assert_is(image, RGB)
    assert image.store.chunk == (16, 32)


class Chunkless:
    """An array as h5py has them, which may have no chunks."""

    chunks = None

    def __init__(self, samples):
        self.samples, self.shape, self.dtype = samples, samples.shape, samples.dtype

    def __getitem__(self, places):
        return self.samples[places]


def test_an_array_without_chunks_is_read_by_rows():
    image = opened_by_parts(Chunkless(noise(200, 10)))
    assert image.store.chunk == (64, 10)
    assert_is(image, noise(200, 10))


@pytest.mark.parametrize(
    "source", [RGB, RGB.tolist(), b"bytes", None, 7, np.ma.array(RGB), np.float32(3), object()]
)
def test_everything_else_is_read_as_a_whole(source):
    assert opened_by_parts(source, max_pixels=1) is None

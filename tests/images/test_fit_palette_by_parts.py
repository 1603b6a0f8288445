"""`smalti.fit_palette` of images that are read by parts gives the palette of the whole."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smalti
from smalti import fit_palette
from smalti.exceptions import ImageReadError, ImageReadWarning, InvalidParameterError
from smalti.images.color_sum import ColorSum
from smalti.options import CompressOptions
from smalti.parallel import Threads
from smalti.sources.tiles import tiled_image
from smalti.sources.tiles.lazy_array import open_lazy
from tests.pictures import noise

HEIGHT, WIDTH = 45, 71
ORANGE, LIME = "#ff8000", "#00ff00"
LIMIT = {"max_pixels": 100}


class Chunked:
    """An array that knows chunks, and the windows that were taken out of it."""

    def __init__(self, samples, chunks=(16, 32)):
        self.samples, self.shape, self.dtype = samples, samples.shape, samples.dtype
        self.ndim, self.chunks, self.taken = samples.ndim, chunks, []

    def __getitem__(self, places):
        self.taken.append(places)
        return self.samples[places]


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    """Let parts have some 256 pixels, so that small images have many."""
    monkeypatch.setattr(tiled_image, "_COUNTED", 256)


def picture(kind, seed=0):
    """A picture of few colours, of one kind."""
    samples = noise(HEIGHT, WIDTH, 4, seed=seed) // 32 * 32
    match kind:
        case "grey":
            return samples[..., 0]
        case "rgb":
            return samples[..., :3]
        case "rgba":
            samples[..., 3] = np.where(samples[..., 3] < 128, 0, 255)
            return samples
        case "deep":
            return samples[..., :3].astype(np.uint16) * 257
        case "float":
            floats = samples[..., :3] / np.float32(255)
            floats[:20, 40:] = np.nan
            return floats
    raise AssertionError(kind)


KINDS = ["grey", "rgb", "rgba", "deep", "float"]


def check_same(palette, other):
    """Palettes are equal, and so are their weights and their colours before rounding."""
    assert palette == other
    assert palette.weights.tolist() == other.weights.tolist()
    np.testing.assert_array_equal(palette.centroids, other.centroids)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("chunks", "k"),
    [((16, 32), 1), ((16, 32), 400), ((45, 71), 12), ((1, 71), 400), ((7, 5), 12), ((64, 64), 400)],
)
def test_parts_give_the_palette_of_the_whole(kind, chunks, k):
    samples = picture(kind)
    array = Chunked(samples, chunks)
    check_same(fit_palette(array, k), fit_palette(samples, k))
    if chunks == (7, 5):
        assert len(array.taken) > 6


@given(
    kind=st.sampled_from(KINDS),
    chunks=st.tuples(st.integers(1, 50), st.integers(1, 80)),
    k=st.integers(1, 40),
    space=st.sampled_from(["oklab", "srgb", "linear"]),
)
def test_any_chunks_give_the_palette_of_the_whole(kind, chunks, k, space):
    samples = picture(kind, seed=k)
    expected = fit_palette(samples, k, space=space)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiled_image, "_COUNTED", 400)
        check_same(fit_palette(Chunked(samples, chunks), k, space=space), expected)


def test_every_pixel_is_taken_once():
    array = Chunked(picture("rgb"))
    palette = fit_palette(array, 5)
    seen = np.zeros((HEIGHT, WIDTH), dtype=int)
    for places in array.taken:
        seen[places] += 1
    assert (seen == 1).all()
    assert palette.weights.sum() == HEIGHT * WIDTH


def test_arrays_of_dask_are_images_and_stacks_of_them_are_many():
    da = pytest.importorskip("dask.array")
    first, second = picture("rgb"), picture("rgb", seed=1)
    one = da.from_array(first, chunks=((1, 20, 4, 20), (64, 7), 3))
    check_same(fit_palette(one, 9), fit_palette(first, 9))
    stack = da.from_array(np.stack([first, second]), chunks=(1, 16, 32, 3))
    check_same(fit_palette(stack, 9), fit_palette([first, second], 9))
    grey = da.from_array(first[..., 0], chunks=16)
    check_same(fit_palette(grey, 9), fit_palette(first[..., 0], 9))


@pytest.mark.parametrize("kind", ["rgb", "rgba", "deep", "float", "grey"])
def test_a_tiff_file_gives_the_palette_of_the_whole(tmp_path, kind):
    tifffile = pytest.importorskip("tifffile")
    pytest.importorskip("imagecodecs")
    samples = picture(kind)
    extra = ["unassalpha"] * (kind == "rgba")
    photometric = "minisblack" if kind == "grey" else "rgb"
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, samples, photometric=photometric, extrasamples=extra, tile=(16, 32))
    for given_path in (path, str(path)):
        check_same(fit_palette(given_path, 9, **LIMIT), fit_palette(samples, 9))
    if kind != "float":
        check_same(fit_palette(path, 9, **LIMIT), fit_palette(path, 9))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shards", [None, (32, 64)])
def test_a_zarr_array_gives_the_palette_of_the_whole(tmp_path, kind, shards):
    zarr = pytest.importorskip("zarr", minversion="3")
    samples = picture(kind)
    bands = samples.shape[2:]
    path = tmp_path / "a.zarr"
    array = zarr.create_array(
        path,
        shape=samples.shape,
        dtype=samples.dtype,
        chunks=(16, 32, *bands),
        shards=None if shards is None else (*shards, *bands),
    )
    array[...] = samples
    check_same(fit_palette(path, 9), fit_palette(samples, 9))
    check_same(fit_palette(array, 9), fit_palette(samples, 9))


def test_mapped_arrays_give_the_palette_of_the_whole(tmp_path):
    for kind in ("rgb", "grey"):
        samples = picture(kind)
        np.save(tmp_path / "a.npy", samples)
        array = np.load(tmp_path / "a.npy", mmap_mode="r")
        check_same(fit_palette(array, 9, **LIMIT), fit_palette(samples, 9))
        check_same(fit_palette(array, 9), fit_palette(samples, 9))


# Among others, with weights and colours to keep


@pytest.mark.parametrize("weights", [None, [1, 1, 1], [0.5, 2, 3.25], [0, 1, 0], [1, 0, 1]])
def test_images_by_parts_stand_beside_others_and_have_weights(weights):
    first, second, third = picture("rgb"), picture("rgba", seed=1), picture("grey", seed=2)
    expected = fit_palette([first, second, third], 12, weights=weights)
    found = fit_palette([Chunked(first), second, Chunked(third)], 12, weights=weights)
    check_same(found, expected)


def test_an_image_that_does_not_count_is_not_read():
    array = Chunked(picture("rgb"))
    palette = fit_palette([array, picture("grey")], 5, weights=[0, 1])
    assert array.taken == []
    check_same(palette, fit_palette(picture("grey"), 5))
    with pytest.raises(InvalidParameterError, match="images: there is none that counts"):
        fit_palette([array], 5, weights=[0])


@pytest.mark.parametrize("kind", KINDS)
def test_colours_are_kept_exactly(kind):
    samples = picture(kind)
    options = {"k": 6, "keep_colors": [ORANGE, LIME]}
    palette = fit_palette(Chunked(samples), **options)
    assert {ORANGE, LIME} <= {code[:7] for code in palette.hex}
    check_same(palette, fit_palette(samples, **options))


@pytest.mark.parametrize("jobs", [1, 2, 5, None])
def test_the_palette_does_not_depend_on_the_threads(jobs):
    samples = picture("rgba")
    colors = ColorSum()
    assert colors.is_empty
    colors.add_parts(open_lazy(Chunked(samples)), workers=Threads(jobs))
    assert not colors.is_empty
    check_same(colors.palette(CompressOptions(k=7)), fit_palette(samples, 7))


def test_progress_is_told_up_to_the_end():
    calls = []
    fit_palette(Chunked(picture("rgb")), 5, progress=lambda *call: calls.append(call))
    read = [fraction for stage, fraction in calls if stage == "histogram"]
    assert read[-1] == 1
    assert read == sorted(set(read))
    assert len(read) > 4


def test_what_progress_raises_stops_the_work():
    def stop(*_):
        raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        fit_palette(Chunked(picture("rgb")), 5, progress=stop)


# What is wrong, and what is told


def damaged(path, samples):
    """A Zarr array of which the chunk at row 1, column 2 is damaged."""
    zarr = pytest.importorskip("zarr", minversion="3")
    array = zarr.create_array(path, shape=samples.shape, dtype="u1", chunks=(16, 32, 3))
    array[...] = samples
    (path / "c/1/2/0").write_bytes(b"broken")
    return path


def test_what_cannot_be_read_is_clear_and_a_warning_at_the_line_of_the_caller(tmp_path):
    samples = picture("rgb")
    path = damaged(tmp_path / "a.zarr", samples)
    with pytest.warns(ImageReadWarning, match="rows 16 to 31, columns 64 to 70 cannot") as caught:
        palette = fit_palette(path, 9)
    assert [warning.filename for warning in caught] == [__file__]
    holed = np.dstack([samples, np.full((HEIGHT, WIDTH), 255, np.uint8)])
    holed[16:32, 64:] = 0
    check_same(palette, fit_palette(holed, 9))
    assert palette.hex[0] == "#00000000"


def test_an_image_of_which_nothing_can_be_read_is_refused(tmp_path):
    path = damaged(tmp_path / "a.zarr", picture("rgb"))
    for file in (path / "c").rglob("*"):
        if file.is_file():
            file.write_bytes(b"broken")
    with pytest.raises(ImageReadError, match=r"a\.zarr: "):
        fit_palette(path, 9)


def test_what_cannot_be_computed_is_one_sentence():
    class Broken(Chunked):
        def __getitem__(self, places):
            if places[0].start >= 32:
                raise RuntimeError("no signal")
            return super().__getitem__(places)

    with pytest.raises(ImageReadError, match=r"rows 32 to .* cannot be computed: no signal"):
        fit_palette(Broken(picture("rgb")), 5)


def test_floats_outside_0_to_1_are_one_sentence():
    samples = picture("float")
    samples[44, 70] = 1.5
    sentence = re.escape("the image array, rows 32 to 44, columns 64 to 70: has float values from ")
    with pytest.raises(InvalidParameterError, match=sentence):
        fit_palette(Chunked(samples), 5)


def test_an_image_that_is_refused_midway_does_not_count():
    samples = picture("float")
    samples[44, 70] = 1.5
    colors = ColorSum()
    for jobs in (1, 3):
        with pytest.raises(InvalidParameterError):
            colors.add_parts(open_lazy(Chunked(samples)), workers=Threads(jobs))
    assert colors.is_empty
    colors.add_parts(open_lazy(Chunked(picture("grey"))))
    check_same(colors.palette(CompressOptions(k=5)), fit_palette(picture("grey"), 5))


@pytest.mark.parametrize("limit", [0, -1, 2.5, "many"])
@pytest.mark.parametrize("kind", ["array", "tiff", "zarr"])
def test_a_limit_that_is_none_is_one_sentence(tmp_path, kind, limit):
    source = Chunked(picture("rgb"))
    if kind == "tiff":
        tifffile = pytest.importorskip("tifffile")
        source = tmp_path / "a.tif"
        tifffile.imwrite(source, picture("rgb"), photometric="rgb")
    elif kind == "zarr":
        source = damaged(tmp_path / "a.zarr", picture("rgb"))
    with pytest.raises(InvalidParameterError, match="max_pixels must be a"):
        fit_palette(source, 5, max_pixels=limit)


def test_other_files_are_limited_as_before(tmp_path):
    path = tmp_path / "a.png"
    smalti.compress(picture("rgb"), 4).save(path)
    with pytest.raises(ImageReadError, match=r"a\.png: .*100"):
        fit_palette(path, 5, **LIMIT)

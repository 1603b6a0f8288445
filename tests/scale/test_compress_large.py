"""`smalti.compress_large` gives every pixel the colour that it has in the whole image."""

import gc
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import smalti
from smalti.scale import sample
from smalti.sources.tiles import tiled_image
from tests.pictures import noise
from tests.scale.checks import (
    HEIGHT,
    SOURCES,
    WIDTH,
    Chunked,
    blots,
    check_levels,
    files_in,
    levels_in,
    litter,
    mapped,
    source_of,
)

ENDINGS = [".ome.zarr", ".tif", ".png"]


def indices_in(path):
    """Indices, from 0 on, of an output of any kind."""
    if path.is_dir():
        return levels_in(path)[0].astype(int) - 1
    with Image.open(path) as image:
        assert image.mode == "P"
        return np.asarray(image).astype(int)


@pytest.fixture(scope="module")
def kept():
    """Outputs of a picture in memory, on one thread, by their endings."""
    return {}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("k", [1, 2, 23, 256])
def test_labels_are_those_of_the_whole(tmp_path, ending, k):
    image = blots()
    path = tmp_path / f"a{ending}"
    found = smalti.compress_large(image, path, k)
    palette = smalti.fit_palette(image, k)
    assert found.palette == palette
    assert (found.path, found.shape, found.notes) == (path, (HEIGHT, WIDTH), ())
    assert found.original_bits == image.size * 8
    assert found.output_bytes == sum(map(len, files_in(path).values()))
    np.testing.assert_array_equal(indices_in(path), mapped(image, palette))
    assert litter(tmp_path) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("kind", "jobs"), [*((kind, 2) for kind in SOURCES), ("zarr", 1), ("dask", 4), ("tiff", 4)]
)
def test_bytes_do_not_depend_on_the_source_or_threads(tmp_path, kept, kind, jobs):
    if kind == "tiff":
        pytest.importorskip("imagecodecs")
    elif kind in ("dask", "one chunk", "columns"):
        pytest.importorskip("dask.array")
    source, options = source_of(kind, blots(), tmp_path)
    for ending in ENDINGS:
        path = tmp_path / f"a{ending}"
        if ending not in kept:
            smalti.compress_large(blots(), path, 23, jobs=1)
            kept[ending] = files_in(path)
        smalti.compress_large(source, path, 23, jobs=jobs, **options)
        assert files_in(path) == kept[ending]
    del source
    gc.collect()


def test_a_tiff_file_is_closed_at_the_end(tmp_path):
    psutil = pytest.importorskip("psutil")
    pytest.importorskip("imagecodecs")
    source, options = source_of("tiff", blots(), tmp_path)
    gc.disable()
    try:
        smalti.compress_large(source, tmp_path / "a.png", 3, **options)
        opened = [file.path for file in psutil.Process().open_files()]
    finally:
        gc.enable()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()
    assert [path for path in opened if path.endswith("in.tiff")] == []


@given(
    rows=st.sets(st.integers(1, 65), max_size=4), columns=st.sets(st.integers(1, 69), max_size=4)
)
@settings(max_examples=20)
def test_any_chunks_of_dask_give_the_same_bytes(tmp_path_factory, kept, rows, columns):
    da = pytest.importorskip("dask.array")
    image = blots(66, 70)
    folder = tmp_path_factory.mktemp("out")
    chunks = tuple(
        tuple(np.diff([0, *sorted(cuts), side]).tolist())
        for cuts, side in ((rows, 66), (columns, 70))
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiled_image, "_COUNTED", 1024)
        smalti.compress_large(da.from_array(image, chunks=(*chunks, 3)), folder / "a.ome.zarr", 9)
    if "chunks" not in kept:
        smalti.compress_large(image, folder / "b.ome.zarr", 9, jobs=1)
        kept["chunks"] = files_in(folder / "b.ome.zarr")
    assert files_in(folder / "a.ome.zarr") == kept["chunks"]


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        ("grey", ".ome.zarr"),
        ("rgba", ".png"),
        ("alpha", ".ome.zarr"),
        ("deep", ".tif"),
        ("deep alpha", ".png"),
        ("float", ".ome.zarr"),
    ],
)
def test_samples_of_every_kind_have_the_labels_of_the_whole(tmp_path, kind, ending):
    image = {
        "grey": blots()[..., 0],
        "rgba": blots(channels=4),
        "alpha": np.dstack([blots(), blots(seed=1)[..., 0]]),
        "deep": blots().astype(np.uint16) * 257 + noise(HEIGHT, WIDTH) % 7,
        "deep alpha": blots(channels=4).astype(np.uint16) * 257,
        "float": blots() / np.float32(255),
    }[kind]
    if kind == "float":
        image[70:100, 50:90] = np.nan
    path = tmp_path / f"a{ending}"
    palette = smalti.fit_palette(image, 30)
    expected = mapped(image, palette)
    for source in (image, Chunked(image)):
        found = smalti.compress_large(source, path, 30, jobs=2)
        assert found.palette == palette
        np.testing.assert_array_equal(indices_in(path), expected)


@pytest.mark.parametrize(("space", "effort"), [("oklab", 9), ("srgb", 1), ("linear", 5)])
def test_options_of_the_palette_are_those_of_fit_palette(tmp_path, space, effort):
    image = blots()
    options = {"space": space, "effort": effort, "seed": 5}
    found = smalti.compress_large(Chunked(image), tmp_path / "a.ome.zarr", 12, **options)
    palette = smalti.fit_palette(image, 12, **options)
    assert found.palette == palette
    whole = smalti.compress(image, palette=palette, space=space, rate_weight=0, dither=0)
    np.testing.assert_array_equal(indices_in(found.path), whole.indices)
    as_one_value = smalti.CompressOptions(k=12, **options)
    smalti.compress_large(image, tmp_path / "b.ome.zarr", options=as_one_value)
    assert files_in(tmp_path / "a.ome.zarr") == files_in(tmp_path / "b.ome.zarr")


@pytest.mark.parametrize(("k", "version"), [(255, "0.5"), (256, "0.4"), (300, "0.4"), (300, "0.5")])
def test_many_colours_need_16_bits(tmp_path, k, version):
    image = noise(100, 90)
    found = smalti.compress_large(image, tmp_path / "a.ome.zarr", k, ome_version=version)
    palette = smalti.fit_palette(image, k)
    assert len(palette) == k
    assert found.palette == palette
    levels = levels_in(found.path)
    assert levels[0].dtype == (np.uint8 if k == 255 else np.uint16)
    assert levels[0].min() == 1
    assert levels[0].max() == k
    check_levels(levels, mapped(image, palette).astype(levels[0].dtype) + 1)


def test_colours_are_kept_exactly(tmp_path):
    kept = ["#ff8000", "#00ff00"]
    image = blots()
    image[3, 3] = 255, 128, 0
    found = smalti.compress_large(Chunked(image), tmp_path / "a.png", 6, keep_colors=kept)
    palette = smalti.fit_palette(image, 6, keep_colors=kept)
    assert found.palette == palette
    assert set(kept) <= set(found.palette.hex)
    np.testing.assert_array_equal(indices_in(found.path), mapped(image, palette))
    assert found.palette.hex[indices_in(found.path)[3, 3]] == "#ff8000"


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_given_palette_is_taken_as_it_is(tmp_path, ending):
    given_colors = ["ffffff", "000000", "808080", "c02020", "20c020"]
    image = blots()
    found = smalti.compress_large(Chunked(image), tmp_path / f"a{ending}", palette=given_colors)
    assert found.palette.hex == [f"#{color}" for color in given_colors]
    np.testing.assert_array_equal(indices_in(found.path), mapped(image, found.palette))


@pytest.mark.parametrize("alpha", [False, True])
def test_clear_pixels_and_a_given_palette_are_as_in_the_whole(tmp_path, alpha):
    image = blots(channels=4)
    assert (image[..., 3] == 0).any()
    given_colors = ["ffffff", "000000", "808080", "c02020", *["00000000"] * alpha]
    whole = smalti.compress(image, palette=given_colors, rate_weight=0, dither=0)
    found = smalti.compress_large(image, tmp_path / "a.ome.zarr", palette=given_colors)
    assert [code[1:7] for code in found.palette.hex] == [color[:6] for color in given_colors]
    np.testing.assert_array_equal(indices_in(found.path), whole.indices)


@pytest.mark.parametrize("method", ["blue-noise", "ordered"])
@pytest.mark.parametrize("channels", [3, 4])
def test_dithering_by_a_mask_is_that_of_the_whole(tmp_path, method, channels):
    image = blots(channels=channels)
    options = {"dither": 0.8, "dither_method": method}
    palette = smalti.fit_palette(image, 7)
    expected = smalti.compress(image, palette=palette, rate_weight=0, **options).indices
    first = smalti.compress_large(image, tmp_path / "first.ome.zarr", 7, jobs=1, **options)
    assert first.palette == palette
    np.testing.assert_array_equal(indices_in(first.path), expected)
    assert (expected != mapped(image, palette)).any()
    for number, chunks in enumerate([(16, 32), (150, 7), (1, 203)]):
        source = Chunked(image, chunks)
        path = tmp_path / f"{number}.ome.zarr"
        smalti.compress_large(source, path, 7, jobs=3, **options)
        assert files_in(path) == files_in(first.path)


@pytest.mark.parametrize(
    ("shape", "ending"),
    [
        *(((1, 1), ending) for ending in ENDINGS),
        *(((1, 150), ending) for ending in ENDINGS),
        ((150, 1), ".png"),
        ((64, 64), ".tif"),
        ((65, 63), ".png"),
        ((128, 64), ".ome.zarr"),
    ],
)
def test_images_of_odd_sizes_have_the_labels_of_the_whole(tmp_path, shape, ending):
    image = noise(*shape)
    found = smalti.compress_large(Chunked(image), tmp_path / f"a{ending}", 5)
    expected = mapped(image, smalti.fit_palette(image, 5))
    np.testing.assert_array_equal(indices_in(found.path), expected)


def test_an_image_of_one_clear_colour_is_written(tmp_path):
    image = np.zeros((70, 70, 4), dtype=np.uint8)
    found = smalti.compress_large(image, tmp_path / "a.png", 4)
    assert found.palette.hex == ["#00000000"]
    with Image.open(found.path) as written:
        assert (np.asarray(written.convert("RGBA"))[..., 3] == 0).all()


def test_progress_goes_from_0_to_1_in_every_stage(tmp_path):
    image = noise(7 * 64, 7 * 64)
    for ending in (".ome.zarr", ".tif"):
        calls = []
        path = tmp_path / f"a{ending}"
        smalti.compress_large(
            Chunked(image, (64, 64)), path, 4, progress=lambda *call, to=calls: to.append(call)
        )
        stages = dict.fromkeys(stage for stage, _ in calls)
        assert next(iter(stages)) == "histogram"
        assert [s for s in stages if s in ("labels", "pyramid")] == ["labels", "pyramid"]
        assert all(0 <= fraction <= 1 for _, fraction in calls)
        for stage in ("histogram", "labels", "pyramid"):
            assert [fraction for name, fraction in calls if name == stage][-1] == 1


def test_the_pyramid_tells_of_all_its_levels_together(tmp_path):
    calls = []
    image = noise(300, 300)
    smalti.compress_large(
        image, tmp_path / "a.ome.zarr", 4, progress=lambda *call: calls.append(call)
    )
    told = [fraction for stage, fraction in calls if stage == "pyramid"]
    assert told == sorted(told)


def test_the_sample_of_a_large_image_does_not_concern_palettes(tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "SAMPLE", 256)
    image = blots()
    found = smalti.compress_large(image, tmp_path / "a.png", 9)
    assert found.palette == smalti.fit_palette(image, 9)

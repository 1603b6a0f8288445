"""Which pages of a TIFF file are read by parts, and what the file tells of its pixels."""

import contextvars
import gc
import hashlib
import logging
import struct
import warnings

import numpy as np
import pytest

import smalti
from smalti.exceptions import ImageReadError
from smalti.sources.note import FRAMES
from smalti.sources.tiles.window import Window, grid
from tests.pictures import noise
from tests.sources.test_pixel_size import APERIO, FEET, GEOGRAPHIC, NANOMETRES, OME, PROJECTED
from tests.sources.tiff_tags import opened, tag_of
from tests.sources.tile_checks import assert_is, assert_same, whole_of

tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[large]")
pytest.importorskip("imagecodecs", reason="needs the extra smalti[large]")

HEIGHT, WIDTH = 45, 71
TILED = {"tile": (16, 32), "metadata": None}


def kinds(image):
    return [note.kind for note in image.all_notes()]


# Channels in pages of their own


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("options", [{}, {"tile": (16, 32)}, {"tile": (16, 16), "bigtiff": True}])
def test_a_page_for_each_channel_of_ome_tiff(tmp_path, dtype, options):
    samples = noise(HEIGHT, WIDTH).astype(dtype)
    samples = samples / dtype(255) if dtype == np.float32 else samples
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(
        path, np.moveaxis(samples, 2, 0), metadata={"axes": "CYX"}, photometric="minisblack",
        **options,
    )  # fmt: skip
    with tifffile.TiffFile(path) as file:
        assert len(file.pages) == 3
        assert file.series[0].axes == "CYX"
    image = opened(path)
    assert_is(image, samples)
    assert kinds(image) == []


@pytest.mark.parametrize("kind", ["imagej", "shaped"])
def test_channels_of_other_files_are_bands(path, kind):
    samples = noise(HEIGHT, WIDTH)
    options = {"metadata": {"axes": "CYX"}, "imagej": kind == "imagej"}
    tifffile.imwrite(path, np.moveaxis(samples, 2, 0), photometric="minisblack", **options)
    assert_is(opened(path), samples)


@pytest.mark.parametrize("kind", ["imagej", "shaped"])
def test_channels_without_pages_of_their_own_are_bands_or_told_of(path, kind):
    samples = noise(HEIGHT, WIDTH)
    options = {"metadata": {"axes": "CYX"}, "imagej": kind == "imagej", "truncate": True}
    tifffile.imwrite(path, np.moveaxis(samples, 2, 0), photometric="minisblack", **options)
    image = opened(path)
    if image.store.shape[2] == 3:
        assert_is(image, samples)
    else:
        assert kinds(image) == [FRAMES]


@pytest.mark.parametrize("axes", ["TCYX", "ZCYX", "CZYX"])
def test_of_planes_and_moments_the_first_is_read_with_all_channels(tmp_path, axes):
    first = noise(HEIGHT, WIDTH)
    second = noise(HEIGHT, WIDTH, seed=1)
    stack = np.moveaxis(np.stack([first, second]), 3, 1)
    stack = stack if axes[0] != "C" else np.moveaxis(stack, 1, 0)
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(
        path, stack, metadata={"axes": axes}, photometric="minisblack", tile=(16, 16), ome=True
    )
    image = opened(path)
    assert FRAMES in kinds(image)
    assert_is(image, first)


@pytest.mark.parametrize("channels", [2, 4])
def test_channels_are_no_alpha(tmp_path, channels):
    samples = noise(channels, HEIGHT, WIDTH)
    path = tmp_path / "a.ome.tif"
    tifffile.imwrite(path, samples, metadata={"axes": "CYX"}, photometric="minisblack", ome=True)
    try:
        image = opened(path)
    except ImageReadError as error:
        assert "a.ome.tif" in str(error)  # noqa: PT017 - or else it is read
        return
    assert whole_of(image).shape[2] == 3


def test_five_channels_are_refused(tmp_path):
    path = tmp_path / "a.ome.tif"
    samples = noise(5, HEIGHT, WIDTH)
    tifffile.imwrite(path, samples, metadata={"axes": "CYX"}, photometric="minisblack", ome=True)
    with pytest.raises(ImageReadError, match=r"a\.ome\.tif: has 5 bands"):
        opened(path)


# Pyramids


@pytest.mark.parametrize("ome", [False, True])
def test_of_a_pyramid_in_subifds_the_full_size_is_read(tmp_path, ome):
    samples = noise(HEIGHT, WIDTH)
    path = tmp_path / ("a.ome.tif" if ome else "a.tif")
    with tifffile.TiffWriter(path, ome=ome, bigtiff=True) as file:
        metadata = {"axes": "YXS", "PhysicalSizeX": 0.5, "PhysicalSizeY": 0.5} if ome else None
        options = {"photometric": "rgb", "tile": (16, 16)}
        file.write(samples, subifds=2, metadata=metadata, **options)
        file.write(samples[::2, ::2], subfiletype=1, metadata=None, **options)
        file.write(samples[::4, ::4], subfiletype=1, metadata=None, **options)
    image = opened(path)
    assert_is(image, samples)
    assert kinds(image) == []
    assert image.pixel_size == (0.5 if ome else None)


def test_further_pictures_are_told_of_once(path):
    with tifffile.TiffWriter(path) as file:
        file.write(noise(HEIGHT, WIDTH), photometric="rgb", **TILED)
        file.write(noise(20, 20), photometric="rgb", **TILED)
    image = opened(path)
    assert_is(image, noise(HEIGHT, WIDTH))
    assert kinds(image) == [FRAMES]
    assert "has 2 pictures; only the first is read" in image.all_notes()[0].text


def test_a_stack_and_a_further_picture_are_told_of_once(path):
    with tifffile.TiffWriter(path) as file:
        for seed in range(3):
            file.write(noise(HEIGHT, WIDTH, seed=seed), photometric="rgb", **TILED)
        file.write(noise(20, 20), photometric="rgb", **TILED)
        file.write(noise(20, 20, seed=1), photometric="rgb", **TILED)
    image = opened(path)
    assert_is(image, noise(HEIGHT, WIDTH))
    assert kinds(image) == [FRAMES]


def test_of_a_stack_the_first_is_read(path):
    stack = np.stack([noise(HEIGHT, WIDTH, seed=seed) for seed in range(3)])
    tifffile.imwrite(path, stack, photometric="rgb", **TILED)
    image = opened(path)
    assert_is(image, stack[0])
    assert kinds(image) == [FRAMES]


def test_reduced_pages_after_the_first_are_no_pictures(path):
    with tifffile.TiffWriter(path) as file:
        samples = noise(64, 128)
        file.write(samples, photometric="rgb", **TILED)
        for step in (2, 4):
            file.write(samples[::step, ::step], photometric="rgb", subfiletype=1, **TILED)
    image = opened(path)
    assert_is(image, samples)
    assert kinds(image) == []


# The size of pixels


@pytest.mark.parametrize(
    ("tags", "size"),
    [
        ({"description": APERIO}, 0.499),
        ({"description": "Aperio without a size"}, None),
        ({"resolution": (40000, 40000), "resolutionunit": 3}, 0.25),
        ({"resolution": (101600, 101600), "resolutionunit": 2}, 0.25),
        ({"resolution": (40000.5, 40000.5), "resolutionunit": 3}, 0.25),
        ({"resolution": (300, 300), "resolutionunit": 2}, None),
        ({"resolution": (40000, 40000), "resolutionunit": 1}, None),
        ({"resolution": ((0, 1), (0, 1)), "resolutionunit": 2}, None),
        ({"scale": (10.0, 10.0, 0.0), "keys": PROJECTED}, 1e7),
        ({"scale": (0.0001, 0.0001, 0.0), "keys": GEOGRAPHIC}, None),
        ({"scale": (10.0, 10.0, 0.0), "keys": FEET}, None),
        ({}, None),
    ],
)
def test_files_tell_the_size_of_their_pixels(path, tags, size):
    extra = [
        (code, kind, len(tags[name]), tags[name], True)
        for name, code, kind in (("scale", 33550, "d"), ("keys", 34735, "H"))
        if name in tags
    ]
    options = {name: tags[name] for name in tags if name not in ("scale", "keys")}
    samples = noise(HEIGHT, WIDTH)
    tifffile.imwrite(path, samples, photometric="rgb", extratags=extra, **TILED, **options)
    found = opened(path)
    assert found.pixel_size is size is None or found.pixel_size == pytest.approx(size, rel=1e-4)
    assert found.part(Window(0, 0, 4, 4)).pixel_size == found.pixel_size


def test_without_a_unit_resolutions_are_those_of_inches(path):
    tifffile.imwrite(
        path, noise(HEIGHT, WIDTH), photometric="rgb", resolution=(101600, 101600), **TILED
    )
    place, _ = tag_of(path, "ResolutionUnit")
    data = bytearray(path.read_bytes())
    # A tag that nobody knows.
    struct.pack_into("<H", data, place, 297)
    path.write_bytes(data)
    assert opened(path).pixel_size == smalti.read(path).pixel_size == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("values", "size"),
    [({"unit": ""}, 0.25), ({"unit": NANOMETRES}, 0.00025), ({"y": 0.5, "unit": ""}, None)],
)
def test_a_description_that_is_not_all_ome_tiff_is_no_trouble(path, values, size):
    description = OME.format(**{"x": 0.25, "y": 0.25, **values})
    samples = noise(HEIGHT, WIDTH)
    tifffile.imwrite(path, samples, photometric="rgb", description=description, **TILED)
    assert smalti.read(path).pixel_size == size
    image = opened(path)
    assert image.pixel_size == size
    assert_is(image, samples)


@pytest.mark.parametrize(("unit", "size"), [("µm", 0.25), ("nm", 0.00025), ("mm", 250)])
def test_ome_tiff_of_tifffile_tells_it(tmp_path, unit, size):
    path = tmp_path / "a.ome.tif"
    metadata = {"axes": "YXS", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25}
    metadata |= {"PhysicalSizeXUnit": unit, "PhysicalSizeYUnit": unit}
    tifffile.imwrite(path, noise(HEIGHT, WIDTH), metadata=metadata, photometric="rgb")
    assert opened(path).pixel_size == pytest.approx(size)


# Real slides


def test_a_real_slide_is_what_tifffile_and_openslide_read(data):
    slide = data / "medical/CMU-1-Small-Region.svs"
    if not slide.exists():
        pytest.skip("the collection has no slide")
    image = opened(slide)
    assert (image.shape, image.store.chunk, image.pixel_size) == ((2967, 2220), (240, 240), 0.499)
    assert kinds(image) == []
    pixels = whole_of(image)
    np.testing.assert_array_equal(pixels, tifffile.imread(slide, key=0))
    window = Window(700, 230, 1211, 741)
    np.testing.assert_array_equal(image.region(window), pixels[window.slices])
    openslide = pytest.importorskip("openslide")
    with openslide.OpenSlide(slide) as other:
        read = np.asarray(other.read_region((230, 700), 0, (511, 511)))[..., :3]
    # Decoders of JPEG round in their own ways.
    assert np.abs(image.region(window).astype(int) - read).max() <= 3


def test_a_real_ome_tiff_is_what_tifffile_reads(data):
    slide = data / "medical/OS-1-detail.ome.tif"
    if not slide.exists():
        pytest.skip("the collection has no such file")
    image = opened(slide)
    expected = tifffile.imread(slide)
    expected = np.moveaxis(expected, 0, 2) if expected.shape[0] == 3 else expected
    assert_same(whole_of(image), expected)
    assert image.pixel_size == pytest.approx(0.2270972)


def test_what_tifffile_logs_for_others_is_logged(path, caplog, monkeypatch):
    # Other tests' libraries configure logging, too.
    monkeypatch.setattr(logging.getLogger("tifffile"), "disabled", False)
    caplog.set_level(logging.WARNING)
    caplog.set_level(logging.WARNING, logger="tifffile")
    tifffile.imwrite(path, noise(HEIGHT, WIDTH), photometric="rgb", **TILED)
    data = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<I", data, 4)
    (number,) = struct.unpack_from("<H", data, start)
    # The next page is said to be far behind the end.
    struct.pack_into("<I", data, start + 2 + 12 * number, 10**9)
    path.write_bytes(data)
    assert_is(opened(path), noise(HEIGHT, WIDTH))
    assert caplog.records == []
    assert contextvars.Context().run(_number_of_pages, path) == 1
    assert caplog.records != []


def _number_of_pages(path):
    with tifffile.TiffFile(path) as file:
        return len(file.pages)


# Many at a time


def test_threads_read_the_same(path):
    from concurrent.futures import ThreadPoolExecutor

    samples = noise(200, 300)
    tifffile.imwrite(path, samples, photometric="rgb", compression="deflate", **TILED)
    image = opened(path)
    places = list(grid(image.shape, (33, 47))) * 3
    with ThreadPoolExecutor(8) as pool:
        for place, found in zip(places, pool.map(image.region, places), strict=True):
            np.testing.assert_array_equal(found, samples[place.slices])


def test_the_identity_changes_with_the_file(path):
    tifffile.imwrite(path, noise(HEIGHT, WIDTH), photometric="rgb", **TILED)
    first = opened(path).identify()
    assert opened(path).identify() == first
    tifffile.imwrite(path, noise(HEIGHT, WIDTH + 1), photometric="rgb", **TILED)
    assert opened(path).identify() != first


def test_a_url_is_read_by_ranges(path):
    fsspec = pytest.importorskip("fsspec")
    samples = noise(HEIGHT, WIDTH)
    tifffile.imwrite(path, samples, photometric="rgb", compression="deflate", **TILED)
    memory = fsspec.filesystem("memory")
    name = f"/{hashlib.sha256(str(path).encode()).hexdigest()}.tif"
    memory.pipe(name, path.read_bytes())
    try:
        image = opened(f"memory:/{name}")
        assert_is(image, samples)
        assert image.identify() == opened(f"memory:/{name}").identify()
        with pytest.raises(ImageReadError, match=r"memory://none\.tif: "):
            opened("memory://none.tif")
    finally:
        memory.rm(name)


def test_files_are_closed_when_nobody_reads_them_any_more(path, tmp_path):
    tifffile.imwrite(path, noise(HEIGHT, WIDTH), photometric="rgb", **TILED)
    wrong = tmp_path / "wrong.tif"
    tifffile.imwrite(wrong, noise(HEIGHT, WIDTH, 4), photometric="separated", **TILED)
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        image = opened(path)
        image.region(Window(0, 0, 4, 4))
        with pytest.raises(ImageReadError):
            opened(wrong)
        del image
        gc.collect()
    assert [str(warning.message) for warning in caught] == []

"""Palettes for arrays of dask, and their indices: those of the picture in one piece."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smalti
from smalti.exceptions import ChunkError
from tests.dask.arrays import chunkings, failing, killing
from tests.pictures import encoded, noise

da = pytest.importorskip("dask.array", reason="needs the extra smalti[dask]")

import dask  # noqa: E402

import smalti.dask  # noqa: E402

RGB = noise(60, 70) // 16 * 16
PALETTE = smalti.fit_palette(RGB, 9)
INDICES = smalti.compress(RGB, palette=PALETTE, rate_weight=0, dither=0).indices


def masked():
    """A picture that has pixels without data."""
    return np.ma.masked_array(RGB, np.broadcast_to(RGB[..., :1] > 200, RGB.shape))


PICTURES = {
    "colours": RGB,
    "grey": RGB[..., 0],
    "grey with alpha": RGB[..., :2],
    "alpha": noise(60, 70, 4) // 32 * 32,
    "16 bits": noise(60, 70).astype(np.uint16) * 200,
    "floats": (RGB / 255).astype(np.float32),
    "booleans": RGB[..., 0] > 90,
    "without data": masked(),
}


def cut(picture, chunks):
    return da.from_array(picture, chunks=chunks, asarray=False)


# Palettes


@pytest.mark.usefixtures("scheduler")
@pytest.mark.parametrize("kind", PICTURES)
def test_a_palette_is_that_of_the_picture(kind):
    picture = PICTURES[kind]
    array = cut(picture, (17, 40, 2)[: picture.ndim])
    assert smalti.dask.fit_palette(array, 9) == smalti.fit_palette(picture, 9)


@settings(deadline=None)
@given(chunks=chunkings(RGB.shape))
def test_chunks_make_no_difference(chunks):
    with dask.config.set(scheduler="sync"):
        array = cut(RGB, chunks)
        assert smalti.dask.fit_palette(array, 9) == PALETTE
        np.testing.assert_array_equal(smalti.dask.encode(array, PALETTE), INDICES)


@settings(deadline=None, max_examples=20)
@given(
    heights=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    data=st.data(),
)
def test_many_images_have_the_palette_that_they_have_without_dask(heights, data):
    ends = np.cumsum(heights)
    images = [RGB[end - height : end] for end, height in zip(ends, heights, strict=True)]
    weights = data.draw(
        st.none() | st.lists(st.floats(0.1, 9), min_size=len(images), max_size=len(images))
    )
    arrays = [cut(image, data.draw(chunkings(image.shape))) for image in images]
    with dask.config.set(scheduler="sync"):
        found = smalti.dask.fit_palette(arrays, 7, weights=weights)
    assert found == smalti.fit_palette(images, 7, weights=weights)


@pytest.mark.usefixtures("scheduler")
def test_chunks_may_be_empty():
    array = cut(RGB, ((0, 20, 0, 40, 0), (70, 0), (0, 3)))
    assert smalti.dask.fit_palette(array, 9) == PALETTE
    np.testing.assert_array_equal(smalti.dask.encode(array, PALETTE), INDICES)
    stack = da.stack([array, array])
    np.testing.assert_array_equal(smalti.dask.encode(stack, PALETTE)[1], INDICES)


@pytest.mark.usefixtures("scheduler")
def test_options_are_those_of_fit_palette():
    options = {"space": "srgb", "keep_colors": ["#ff8800"], "effort": 3, "seed": 5}
    found = smalti.dask.fit_palette(cut(RGB, 25), 6, **options)
    assert found == smalti.fit_palette(RGB, 6, **options)


@pytest.mark.usefixtures("scheduler")
@pytest.mark.parametrize("chunks", [(1, 60, 70, 3), (2, 20, 30, 1)])
def test_an_array_of_many_pictures(chunks):
    pictures = np.stack([RGB, RGB[::-1], RGB // 2])
    array = cut(pictures, chunks)
    palette = smalti.dask.fit_palette(array, 9)
    assert palette == smalti.fit_palette(list(pictures), 9)
    weighted = smalti.dask.fit_palette(array, 9, weights=[1, 2, 3])
    assert weighted == smalti.fit_palette(list(pictures), 9, weights=[1, 2, 3])
    for dither in (0.0, 0.5):
        options = {"dither": dither, "dither_method": "ordered"}
        indices = smalti.dask.encode(array, palette, **options)
        assert (indices.shape, indices.dtype) == (pictures.shape[:3], np.uint8)
        for found, picture in zip(indices.compute(), pictures, strict=True):
            whole = smalti.compress(picture, palette=palette, rate_weight=0, **options)
            np.testing.assert_array_equal(found, whole.indices)


@pytest.mark.usefixtures("scheduler")
def test_files_and_arrays_count_together(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(RGB))
    small = [encoded(RGB[i : i + 2]) for i in range(0, 40, 2)]
    images = [path, cut(RGB // 2, 30), str(path), RGB[:9], *small]
    plain = [path, RGB // 2, path, RGB[:9], *small]
    assert smalti.dask.fit_palette(images, 9) == smalti.fit_palette(plain, 9)


@pytest.mark.usefixtures("scheduler")
def test_large_files_are_read_by_parts(tmp_path, monkeypatch):
    from smalti.images import color_sum
    from smalti.sources.tiles import tiled_image
    from tests.cli.large_pictures import damage, put_zarr, tiff

    monkeypatch.setattr(tiled_image, "_COUNTED", 256)
    monkeypatch.setattr(color_sum, "_GROUP", 1000)
    images = [tiff(tmp_path / "a.tif", RGB), put_zarr(tmp_path / "b.zarr", RGB // 2)]
    found = smalti.dask.fit_palette(images, 9, max_pixels=500)
    assert found == smalti.fit_palette([RGB, RGB // 2], 9)
    damage(images[0], 0, 5)
    with pytest.warns(smalti.exceptions.ImageReadWarning) as told:
        found = smalti.dask.fit_palette(images[0], 9, max_pixels=500)
    with pytest.warns(smalti.exceptions.ImageReadWarning) as expected:
        assert found == smalti.fit_palette(images[0], 9, max_pixels=500)
    assert [str(each.message) for each in told] == [str(each.message) for each in expected]


# Indices


@pytest.mark.usefixtures("scheduler")
@pytest.mark.parametrize("kind", PICTURES)
def test_indices_are_those_of_the_picture(kind):
    picture = PICTURES[kind]
    palette = smalti.fit_palette(picture, 9)
    indices = smalti.dask.encode(cut(picture, (17, 40, 2)[: picture.ndim]), palette)
    whole = smalti.compress(picture, palette=palette, rate_weight=0, dither=0)
    np.testing.assert_array_equal(indices, whole.indices)


def test_nothing_is_computed_before_it_is_asked_for():
    def never(_block):
        raise AssertionError

    array = cut(RGB, (20, 30, 3))
    array = array.map_blocks(never, meta=array._meta)
    indices = smalti.dask.encode(array, PALETTE)
    assert indices.chunks == array.chunks[:2]
    assert indices.dtype == np.uint8
    assert smalti.dask.segment(array, 3).chunks == array.chunks[:2]


@pytest.mark.usefixtures("scheduler")
def test_more_than_256_colours_have_16_bits():
    palette = smalti.fit_palette(noise(60, 70), 300)
    indices = smalti.dask.encode(cut(noise(60, 70), 33), palette)
    assert indices.dtype == np.uint16
    whole = smalti.compress(noise(60, 70), palette=palette, k=300, rate_weight=0, dither=0)
    np.testing.assert_array_equal(indices, whole.indices)


@settings(deadline=None, max_examples=10)
@given(chunks=chunkings((150, 170, 3)), method=st.sampled_from(["blue-noise", "ordered"]))
def test_masks_mix_colours_as_in_large_images(chunks, method):
    picture = noise(150, 170)
    options = {"dither": 0.7, "dither_method": method}
    whole = smalti.compress(picture, palette=PALETTE, rate_weight=0, **options)
    with dask.config.set(scheduler="sync"):
        found = smalti.dask.encode(cut(picture, chunks), PALETTE, **options)
        np.testing.assert_array_equal(found, whole.indices)


def test_a_palette_may_be_colours_or_a_file(tmp_path):
    PALETTE.save(tmp_path / "a.gpl")
    for palette in (tmp_path / "a.gpl", PALETTE.hex, PALETTE.colors):
        np.testing.assert_array_equal(smalti.dask.encode(cut(RGB, 50), palette), INDICES)


# A cluster


def test_a_cluster_gives_the_same_though_a_worker_is_killed(client, tmp_path):
    array = cut(RGB, (20, 30, 3))
    assert smalti.dask.fit_palette(array, 9) == PALETTE
    killed = array.map_blocks(killing, tmp_path / "first", meta=array._meta)
    assert smalti.dask.fit_palette(killed, 9) == PALETTE
    deep = PICTURES["16 bits"]
    palette = smalti.dask.fit_palette(cut(deep, (7, 9, 3)), 9)
    assert palette == smalti.fit_palette(deep, 9)
    whole = smalti.compress(deep, palette=palette, rate_weight=0, dither=0)
    scattered = client.persist(cut(deep, (7, 9, 3)).rechunk((20, 31, 3)))
    np.testing.assert_array_equal(smalti.dask.encode(scattered, palette), whole.indices)
    killed = array.map_blocks(killing, tmp_path / "second", meta=array._meta)
    np.testing.assert_array_equal(smalti.dask.encode(killed, PALETTE), INDICES)
    assert (tmp_path / "first").exists()
    assert (tmp_path / "second").exists()


@pytest.mark.usefixtures("client")
def test_workers_read_files_and_warn_of_nothing_they_should_not(tmp_path):
    paths = [tmp_path / f"{i}.png" for i in range(40)]
    for i, path in enumerate(paths):
        path.write_bytes(encoded(RGB[i : i + 3]))
    assert smalti.dask.fit_palette(paths, 9) == smalti.fit_palette(paths, 9)
    paths[7].write_bytes(b"broken")
    with pytest.raises(smalti.exceptions.ImageReadError, match=r"7\.png"):
        smalti.dask.fit_palette(paths, 9)


# What is refused


@pytest.mark.usefixtures("client")
def test_workers_read_the_files_of_this_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").write_bytes(encoded(RGB))
    assert smalti.dask.fit_palette(["a.png"], 9) == PALETTE


@pytest.mark.usefixtures("scheduler")
def test_an_image_of_no_weight_does_not_count(tmp_path):
    from tests.cli.large_pictures import put_zarr

    path = put_zarr(tmp_path / "a.zarr", RGB.astype(np.uint16))
    assert smalti.dask.fit_palette([path, RGB], 9, weights=[0, 1]) == PALETTE


@pytest.mark.usefixtures("scheduler")
def test_chunks_of_another_shape_are_refused():
    array = cut(RGB, (20, 30, 3))
    turned = array.map_blocks(_turned, meta=array._meta)
    sentence = "the array: rows 0 to 19, columns 0 to 29 are computed in shape (30, 20, 3) instead"
    with pytest.raises(ChunkError, match=f"^{re.escape(sentence)}"):
        smalti.dask.encode(turned, PALETTE)[:5, :5].compute()
    with pytest.raises(ChunkError, match="are computed in shape"):
        smalti.dask.fit_palette(turned, 9)


def _turned(block):
    return block.transpose(1, 0, 2)


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (da.zeros((9, 4, 4, 3), dtype="u1")[da.zeros(9) > 0], "the array must have a known shape"),
        (da.zeros((4, 4, 5), dtype="u1"), "the array: has 5 bands; "),
        (da.zeros((2, 3, 4, 4, 3), dtype="u1"), "the array must have shape (H, W) or (H, W, C)"),
        (da.zeros(4, dtype="u1"), "the array must have shape (H, W) or (H, W, C)"),
        (da.zeros((0, 4, 3), dtype="u1"), "the array: is 4 x 0, but at least one pixel"),
        (da.zeros((0, 4, 4, 3), dtype="u1"), "the array has no picture"),
        (da.zeros((4, 4), dtype="c16"), "the array: has samples of complex128"),
        (da.zeros((4, 4), dtype="i4"), "the array: has samples of int32"),
        (da.zeros(9)[da.zeros(9) > 0], "the array must have"),
        ("a.png", "the array must be an array, got str"),
    ],
)
def test_what_holds_no_colours_is_one_sentence(array, sentence):
    with pytest.raises(smalti.SmaltiError) as caught:
        smalti.dask.encode(array, PALETTE)
    assert str(caught.value).startswith(sentence)


@pytest.mark.usefixtures("scheduler")
def test_floats_outside_0_to_1_are_named_by_their_place():
    samples = np.full((60, 70, 3), 0.5, dtype=np.float32)
    samples[45, 65] = 2
    with pytest.raises(smalti.exceptions.InvalidParameterError) as caught:
        smalti.dask.encode(cut(samples, (20, 35, 3)), PALETTE).compute()
    assert str(caught.value).startswith("the array, rows 40 to 59, columns 35 to 69: has float ")


@pytest.mark.usefixtures("scheduler")
def test_errors_of_chunks_come_through():
    array = cut(RGB, (20, 30, 3))
    array = array.map_blocks(failing, (1, 1), meta=array._meta)
    with pytest.raises(ChunkError, match=r"^images cannot be computed: the disk is gone$"):
        smalti.dask.fit_palette(array, 9)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"palette": None}, "palette must be colours or a palette file, got None"),
        ({"dither": 2}, "dither must be a finite number between 0 and 1"),
        ({"dither": 0.5, "dither_method": "diffusion"}, "dither hands errors on through the whole"),
        ({"space": "xyz"}, "space must be one of"),
    ],
)
def test_options_outside_their_range_are_refused(options, sentence):
    with pytest.raises(smalti.exceptions.InvalidParameterError) as caught:
        smalti.dask.encode(cut(RGB, 30), **{"palette": PALETTE, **options})
    assert str(caught.value).startswith(sentence)


def test_many_pictures_are_one_array_alone():
    stack = cut(np.stack([RGB, RGB]), 30)
    with pytest.raises(smalti.exceptions.InvalidParameterError, match=r"must have shape \(H, W\)"):
        smalti.dask.fit_palette([stack], 9)


@pytest.mark.parametrize("images", [dask.delayed(RGB), [dask.delayed(RGB)]])
def test_what_dask_computes_must_be_an_array(images):
    with pytest.raises(smalti.exceptions.InvalidParameterError, match="must be an array, got Del"):
        smalti.dask.fit_palette(images, 9)


@pytest.mark.usefixtures("client")
def test_open_files_are_read_here(tmp_path):
    (tmp_path / "a.png").write_bytes(encoded(RGB))
    with (tmp_path / "a.png").open("rb") as file:
        assert smalti.dask.fit_palette([file], 9) == PALETTE


def test_no_image_is_refused():
    with pytest.raises(smalti.exceptions.InvalidParameterError, match="none that counts"):
        smalti.dask.fit_palette([], 9)

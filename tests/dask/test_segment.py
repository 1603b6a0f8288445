"""Classes for arrays of dask: those of the picture in one piece."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smalti
from smalti.exceptions import ChunkError, InvalidParameterError, SegmentationWarning
from tests.dask.arrays import chunkings, failing, killing
from tests.scale.checks import blots

da = pytest.importorskip("dask.array", reason="needs the extra smalti[dask]")

import dask  # noqa: E402

import smalti.dask  # noqa: E402
from smalti.dask import picture as room  # noqa: E402
from smalti.scale import pyramid_store, sample  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::smalti.exceptions.SegmentationWarning")

RGB = blots(150, 170)
WAYS = {
    "colours": {"k": 3},
    "another space": {"k": 3, "space": "srgb", "seed": 4},
    "given colours": {"k": 2, "init_colors": ["000000", "ff0000"], "names": ("dark", "red")},
    "normalised": {"k": 3, "normalize": "variance"},
    "boundaries": {"k": 3, "spatial_weight": 0.4},
    "small regions": {"k": 3, "min_region": 4},
    "a preset": {"preset": "hdab"},
    "all": {"preset": "hdab", "spatial_weight": 0.3, "min_region": 5},
}


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch):
    """Let windows be smaller than the picture."""
    for module in (room, pyramid_store):
        monkeypatch.setattr(module, "WINDOW", 64)
    monkeypatch.setattr(pyramid_store, "CHUNK", 32)


def cut(picture, chunks):
    return da.from_array(picture, chunks=chunks)


def segmented(array, k=None, **options):
    return smalti.dask.segment(array, k, **options)


@pytest.mark.usefixtures("scheduler")
@pytest.mark.parametrize("way", WAYS)
def test_classes_are_those_of_the_picture(way):
    options = WAYS[way]
    whole = smalti.segment(RGB, **options)
    array = cut(RGB, (40, 33, 2))
    labels = segmented(array, **options)
    assert (labels.shape, labels.dtype) == (RGB.shape[:2], np.uint8)
    np.testing.assert_array_equal(labels, whole.labels)
    options = {name: value for name, value in options.items() if name != "min_region"}
    classes = smalti.dask.fit_classes(array, **options)
    assert classes.to_bytes() == whole.classifier.to_bytes()


@pytest.mark.usefixtures("scheduler")
@pytest.mark.parametrize("way", ["colours", "boundaries", "all"])
def test_known_classes_are_found_again(tmp_path, way):
    options = {"spatial_weight": 0.0, "min_region": 0, **WAYS[way]}
    whole = smalti.segment(RGB, **options)
    neighbours = {name: options[name] for name in ("spatial_weight", "min_region")}
    other = blots(100, 120, seed=3)
    expected = whole.classifier.segment(other, **neighbours).labels
    whole.classifier.save(tmp_path / "classes.npz")
    for classes in (whole.classifier, tmp_path / "classes.npz", str(tmp_path / "classes.npz")):
        labels = smalti.dask.segment(cut(other, (30, 50, 3)), classes, **neighbours)
        np.testing.assert_array_equal(labels, expected)


@settings(deadline=None, max_examples=12)
@given(chunks=chunkings(RGB.shape), way=st.sampled_from(["colours", "boundaries", "a preset"]))
def test_chunks_make_no_difference(chunks, way):
    with dask.config.set(scheduler="sync"):
        found = segmented(cut(RGB, chunks), **WAYS[way]).compute()
    np.testing.assert_array_equal(found, smalti.segment(RGB, **WAYS[way]).labels)


@settings(deadline=None, max_examples=10)
@given(data=st.data(), way=st.sampled_from(["colours", "boundaries", "a preset"]))
def test_pixels_outside_a_mask_take_no_part(data, way):
    mask = np.hypot(*np.mgrid[-60:90, -80:90]) < 70
    array, inside = (cut(each, data.draw(chunkings(each.shape))) for each in (RGB, mask))
    with dask.config.set(scheduler="sync"):
        found = segmented(array, mask=inside, **WAYS[way]).compute()
    np.testing.assert_array_equal(found, smalti.segment(RGB, mask=mask, **WAYS[way]).labels)
    assert (found[~mask] == 255).all()


@pytest.mark.usefixtures("scheduler")
def test_pixels_without_data_take_no_part():
    picture = RGB.copy()
    picture[20:60, 30:90] = 7
    whole = smalti.segment(picture, 3, nodata=7, spatial_weight=0.3)
    array = cut(picture, (40, 41, 3))
    found = smalti.dask.segment(array, 3, nodata=7, spatial_weight=0.3)
    np.testing.assert_array_equal(found, whole.labels)
    classes = smalti.dask.fit_classes(array, 3, nodata=7, spatial_weight=0.3)
    assert classes.to_bytes() == whole.classifier.to_bytes()


@pytest.mark.usefixtures("scheduler")
def test_large_pictures_are_learnt_from_a_sample(monkeypatch, tmp_path):
    pytest.importorskip("zarr", minversion="3", reason="needs the extra smalti[large]")
    monkeypatch.setattr(sample, "SAMPLE", 1 << 12)
    monkeypatch.setattr(sample, "_SIDE", 16)
    for way in ("normalised", "boundaries"):
        found = smalti.dask.fit_classes(cut(RGB, (40, 33, 3)), **WAYS[way])
        large = smalti.segment_large(cut(RGB, (90, 90, 3)), tmp_path / "out", **WAYS[way])
        assert found.to_bytes() == large.classifier.to_bytes()


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("way", ["colours", "boundaries", "a preset"])
def test_a_cluster_gives_the_same_though_a_worker_is_killed(tmp_path, way):
    array = cut(RGB, (40, 33, 3))
    killed = array.map_blocks(killing, tmp_path / "marker", meta=array._meta)
    np.testing.assert_array_equal(
        segmented(killed, **WAYS[way]), smalti.segment(RGB, **WAYS[way]).labels
    )
    assert (tmp_path / "marker").exists()


def test_classes_that_are_lacking_are_warned_of():
    with pytest.warns(SegmentationWarning) as expected:
        smalti.segment(RGB[:40], preset="hdab")
    with pytest.warns(SegmentationWarning) as told:
        smalti.dask.fit_classes(cut(RGB[:40], 30), preset="hdab")
    sentences = [str(each.message).partition(": ")[2] for each in told]
    assert sentences == [str(each.message).partition(": ")[2] for each in expected]
    assert {each.filename for each in told} == {__file__}


@pytest.mark.usefixtures("scheduler")
def test_errors_of_chunks_come_through():
    array = cut(RGB, (40, 33, 3))
    array = array.map_blocks(failing, (1, 1), meta=array._meta)
    with pytest.raises(ChunkError, match=r"^the array cannot be computed: the disk is gone$"):
        smalti.dask.fit_classes(array, 3)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "classes must be a whole number between 1 and 255, got None"),
        ({"classes": 0}, "classes must be between 1 and 255, got 0"),
        ({"classes": 3, "texture": 1.0}, "texture is for images that are read as a whole"),
        ({"classes": 3, "space": "bands"}, "space='bands' is for images that are read as a whole"),
        ({"classes": 3, "spatial_weight": 9}, "spatial_weight=9.0 must be at most 8"),
        ({"classes": 3, "mask": da.zeros((3, 4), dtype="?")}, "mask must have the size of the "),
        ({"classes": 3, "mask": "mask.png"}, "mask must be an array, got str"),
        ({"classes": 3, "nodata": "x"}, "nodata must be a number, got 'x'"),
    ],
)
def test_what_cannot_be_is_refused_at_once(options, sentence):
    with pytest.raises(InvalidParameterError) as caught:
        smalti.dask.segment(cut(RGB, 50), **options)
    assert str(caught.value).startswith(sentence)


def test_regions_are_not_learnt():
    with pytest.raises(InvalidParameterError, match="min_region is for labels"):
        smalti.dask.fit_classes(cut(RGB, 50), 3, min_region=9)


def test_options_of_classes_that_are_given_are_refused():
    classes = smalti.dask.fit_classes(cut(RGB, 50), 3)
    with pytest.raises(InvalidParameterError, match="decided by the classes that are given"):
        smalti.dask.segment(cut(RGB, 50), classes, space="srgb")


def test_a_picture_of_which_nothing_takes_part_is_one_sentence():
    nothing = da.zeros(RGB.shape[:2], dtype="?")
    with pytest.raises(InvalidParameterError, match="the array has no pixel to segment"):
        smalti.dask.fit_classes(cut(RGB, 50), 3, mask=nothing)
    with pytest.raises(InvalidParameterError, match="the array has no pixel to segment"):
        smalti.dask.segment(cut(RGB, 50), 3, mask=nothing, spatial_weight=0.4).compute()

"""How much of each stain is in every pixel, in OME-Zarr beside the labels."""

import warnings
from itertools import pairwise

import numpy as np
import pytest

import smalti
from smalti.exceptions import ImageWriteError, InvalidParameterError
from smalti.segmentation.histology.stains import HDAB, Stains
from tests.scale.checks import Chunked, Stopped, files_in, levels_in, litter, stopping

NAME = "densities.ome.zarr"
USUAL = {"preset": "hdab", "densities": True}


@pytest.fixture(scope="module")
def slide():
    """Tissue in haematoxylin and DAB, 130 x 150."""
    skimage_data = pytest.importorskip("skimage.data", reason="needs the extra smalti[demo]")
    return np.ascontiguousarray(skimage_data.immunohistochemistry()[:390:3, :300:2])


@pytest.fixture(scope="module")
def kept():
    """What an undisturbed run has written."""
    return {}


@pytest.fixture
def undisturbed(kept, slide, tmp_path):
    """The bytes that an undisturbed run writes, by their names."""
    if not kept:
        smalti.segment_large(Chunked(slide), tmp_path / "undisturbed", jobs=1, **USUAL)
        kept.update(files_in(tmp_path / "undisturbed"))
    return kept


def steps_of(image, stains):
    """Densities in hundredths, one pixel after the other by the definition."""
    largest = np.iinfo(image.dtype).max
    white, inverse = stains.white / 255, np.linalg.inv(stains.vectors)
    found = np.zeros((2, *image.shape[:2]))
    for place in np.ndindex(image.shape[:2]):
        samples = np.maximum(image[place][:3].astype(float) / largest, 0.25 / 255)
        found[(slice(None), *place)] = (-np.log10(samples / white) @ inverse)[:2]
    return (100 * found).clip(0, 255)


def halved(plane):
    """Means of four, rounded half up; at an odd side the last row or column counts twice."""
    height, width = plane.shape
    padded = np.pad(plane, [(0, height % 2), (0, width % 2)], mode="edge").astype(int)
    four = padded[::2, ::2] + padded[::2, 1::2] + padded[1::2, ::2] + padded[1::2, 1::2]
    return (four + 2) // 4


def check_pyramid(levels):
    for below, level in pairwise(levels):
        np.testing.assert_array_equal(level, [halved(plane) for plane in below])


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_densities_are_those_of_the_stains_with_a_pyramid(tmp_path, slide, version):
    zarr = pytest.importorskip("zarr")
    found = smalti.segment_large(Chunked(slide), tmp_path / "out", ome_version=version, **USUAL)
    levels = levels_in(tmp_path / "out" / NAME)
    sides = [(130, 150), (65, 75), (33, 38), (17, 19)]
    assert [level.shape for level in levels] == [(2, *side) for side in sides]
    assert all(level.dtype == np.uint8 for level in levels)
    stains = found.classifier.features.stains
    # Half a step of rounding, and what single precision may add to it.
    assert np.abs(levels[0] - steps_of(slide, stains)).max() <= 0.5 + 1e-3
    assert levels[0].max() > 100
    check_pyramid(levels)
    attributes = zarr.open_group(tmp_path / "out" / NAME, mode="r").attrs
    assert Stains(**attributes["smalti"]["stains"]) == stains
    assert attributes["smalti"]["density_of_a_step"] == 0.01


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_ome_zarr_models_take_it_for_an_image_of_two_channels(tmp_path, slide, version):
    zarr = pytest.importorskip("zarr")
    pytest.importorskip("ome_zarr_models")
    smalti.segment_large(slide, tmp_path / "out", ome_version=version, **USUAL)
    group = zarr.open_group(tmp_path / "out" / NAME, mode="r")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if version == "0.4":
            from ome_zarr_models.v04.image import Image as Multiscale
        else:
            from ome_zarr_models.v05.image import Image as Multiscale
        image = Multiscale.from_zarr(group)
    attributes = image.attributes.ome if version == "0.5" else image.attributes
    assert [axis.name for axis in attributes.multiscales[0].axes] == ["c", "y", "x"]
    told = (group.attrs["ome"] if version == "0.5" else group.attrs)["omero"]
    assert [channel["label"] for channel in told["channels"]] == ["haematoxylin", "DAB"]
    if version == "0.5":
        for _, array in group.arrays():
            assert array.metadata.dimension_names == ("c", "y", "x")


def test_pixels_have_their_size_on_all_levels(tmp_path, slide):
    tifffile = pytest.importorskip("tifffile")
    zarr = pytest.importorskip("zarr")
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, slide, photometric="rgb", tile=(32, 32), resolution=(20_000, 20_000),
        resolutionunit="CENTIMETER",
    )  # fmt: skip
    smalti.segment_large(path, tmp_path / "out", max_pixels=1, **USUAL)
    multiscale = zarr.open_group(tmp_path / "out" / NAME).attrs["multiscales"][0]
    assert [axis.get("unit") for axis in multiscale["axes"]] == [None, "micrometer", "micrometer"]
    changes = [level["coordinateTransformations"] for level in multiscale["datasets"]]
    assert changes[0] == [{"type": "scale", "scale": [1.0, 0.5, 0.5]}]
    assert changes[2] == [
        {"type": "scale", "scale": [1.0, 2.0, 2.0]},
        {"type": "translation", "translation": [0.0, 0.75, 0.75]},
    ]


def test_labels_and_all_else_are_those_without_densities(tmp_path, slide, undisturbed):
    smalti.segment_large(slide, tmp_path / "out", preset="hdab")
    found = {name: data for name, data in undisturbed.items() if not name.startswith(NAME)}
    assert files_in(tmp_path / "out") == found


def test_sixteen_bits_have_the_densities_of_eight(tmp_path, slide):
    found = {}
    for samples in (slide, slide.astype(np.uint16) * 257):
        folder = tmp_path / samples.dtype.name
        smalti.segment_large(samples, folder, 3, space="hdab", stains=HDAB, densities=True)
        found[samples.dtype.name] = levels_in(folder / NAME)[0]
    np.testing.assert_array_equal(found["uint8"], found["uint16"])


def test_nothing_is_where_nothing_takes_part(tmp_path, slide):
    mask = np.zeros(slide.shape[:2], dtype=bool)
    mask[:90, :70] = True
    smalti.segment_large(slide, tmp_path / "out", 1, space="hdab", mask=mask, densities=True)
    densities = levels_in(tmp_path / "out" / NAME)[0]
    assert not densities[:, ~mask].any()
    assert densities[:, mask].any()
    # Windows of nothing are not stored.
    assert not (tmp_path / "out" / NAME / "0/0/4").exists()


def test_densities_are_of_the_stains_that_classes_know(tmp_path, slide):
    known = smalti.segment(slide[:60], 2, space="hdab").classifier
    smalti.segment_large(slide, tmp_path / "out", classifier=known, densities=True)
    found = levels_in(tmp_path / "out" / NAME)[0]
    assert np.abs(found - steps_of(slide, known.features.stains)).max() <= 0.5 + 1e-3


@pytest.mark.parametrize(("stage", "after"), [("labels", 4), ("pyramid", 2), ("regions", 1)])
def test_a_stopped_run_goes_on_to_the_same_bytes(tmp_path, slide, undisturbed, stage, after):
    out = tmp_path / "out"
    with pytest.raises(Stopped):
        smalti.segment_large(Chunked(slide), out, progress=stopping(stage, after), jobs=2, **USUAL)
    assert not (out / NAME).exists()
    smalti.segment_large(Chunked(slide), out, jobs=2, **USUAL)
    assert files_in(out) == undisturbed
    assert litter(tmp_path) == []


@pytest.mark.parametrize("is_cut_off", [False, True])
def test_a_url_gets_the_same_bytes(memory, monkeypatch, slide, undisturbed, is_cut_off):
    from smalti.scale.places import url_place

    if is_cut_off:
        copied = url_place.copy_names
        with monkeypatch.context() as patch:

            def stopping_copies(storage, targets):
                copied(storage, dict(list(targets.items())[:2]))
                raise KeyboardInterrupt

            patch.setattr(url_place, "copy_names", stopping_copies)
            with pytest.raises(KeyboardInterrupt):
                smalti.segment_large(Chunked(slide), f"{memory.url}/out", **USUAL)
    smalti.segment_large(
        Chunked(slide), f"{memory.url}/out", overwrite=not is_cut_off, jobs=2, **USUAL
    )
    assert memory.state() == {f"out/{name}": data for name, data in undisturbed.items()}


def test_an_old_image_is_replaced_and_removed_where_none_is_wanted(tmp_path, slide, undisturbed):
    out = tmp_path / "out"
    smalti.segment_large(slide, out, 3, space="he", densities=True, ome_version="0.5")
    with pytest.raises(ImageWriteError, match=r"exists already"):
        smalti.segment_large(Chunked(slide), out, overwrite=False, **USUAL)
    smalti.segment_large(Chunked(slide), out, **USUAL)
    assert files_in(out) == undisturbed
    smalti.segment_large(slide, out, preset="hdab")
    assert not (out / NAME).exists()
    assert (out / "labels.ome.zarr").exists()


def test_a_folder_of_others_is_not_replaced(tmp_path, slide):
    (tmp_path / "out" / NAME).mkdir(parents=True)
    (tmp_path / "out" / NAME / "mine").write_text("mine")
    with pytest.raises(ImageWriteError, match=rf"{NAME}: is there, but is no Zarr"):
        smalti.segment_large(slide, tmp_path / "out", **USUAL)
    assert (tmp_path / "out" / NAME / "mine").read_text() == "mine"


def test_classes_of_no_stains_have_none(tmp_path, slide):
    with pytest.raises(InvalidParameterError, match=r"densities .* but the space is 'oklab'$"):
        smalti.segment_large(slide, tmp_path / "out", 3, densities=True)
    known = smalti.segment(slide, 3, space="srgb").classifier
    with pytest.raises(InvalidParameterError, match=r"but the space is 'srgb'$"):
        smalti.segment_large(slide, tmp_path / "out", classifier=known, densities=True)
    assert not (tmp_path / "out").exists()

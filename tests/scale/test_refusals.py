"""What cannot be done is refused in one sentence, before any work, and nothing is left behind."""

import numpy as np
import pytest

import smalti
from smalti.exceptions import (
    ImageReadError,
    ImageWriteError,
    InvalidParameterError,
    OptionsError,
    SmaltiError,
)
from smalti.segmentation.classifier import PixelClassifier
from tests.pictures import noise
from tests.scale.checks import Chunked, blots, files_in

IMAGE = blots(90, 100)
CLEAR = blots(90, 100, channels=4)


def refused(call, folder):
    """Return the sentence of a refusal; the folder is as it was."""
    before = sorted(folder.rglob("*"))
    with pytest.raises(SmaltiError) as caught:
        call()
    assert sorted(folder.rglob("*")) == before
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "it was read" not in sentence
    return sentence


def unread():
    """An image that nobody may look at."""

    class Unread(Chunked):
        def __getitem__(self, places):
            raise AssertionError("it was read")

    return Unread(IMAGE)


# Compressing


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"quality": 80}, "quality is for images that are read as a whole"),
        ({"max_bytes": 900}, "max_bytes is for images that are read as a whole"),
        ({"rate_weight": 3}, "rate_weight is for images that are read as a whole"),
        ({"block": (2, 2)}, "block is for images that are read as a whole"),
        ({"dither": 1}, "dither hands errors on through the whole image; by parts, mix colours"),
    ],
)
@pytest.mark.parametrize("ending", [".png", ".tif", ".ome.zarr"])
def test_what_decides_on_the_whole_is_refused(tmp_path, options, sentence, ending):
    asked = smalti.CompressOptions(k=4, **options)
    path = tmp_path / f"a{ending}"
    told = refused(lambda: smalti.compress_large(unread(), path, options=asked), tmp_path)
    assert told.startswith(sentence)


@pytest.mark.parametrize(
    ("name", "k", "sentence"),
    [
        ("a.png", 300, "a.png: PNG holds at most 256 colours, got 300"),
        ("a.tif", 257, "a.tif: a palette TIFF holds at most 256 colours, got 257"),
        ("a.zarr", 65_536, "a.zarr: OME-Zarr holds at most 65535 colours, got 65536"),
        ("a.jpg", 4, "a.jpg: the ending of an image that is written by parts must be one of "),
        ("a", 4, "a: the ending of an image that is written by parts must be one of .ome.zarr"),
        ("none/a.png", 4, "none/a.png: there is no folder none"),
        ("none/a.zarr", 4, "none/a.zarr: there is no folder none"),
    ],
)
def test_outputs_that_cannot_be_are_refused(tmp_path, name, k, sentence):
    told = refused(lambda: smalti.compress_large(unread(), name, k), tmp_path)
    assert told.startswith(sentence)


@pytest.mark.parametrize(
    "options",
    [
        {"k": 0},
        {"jobs": 0},
        {"ome_version": "0.3"},
        {"space": "cmyk"},
        {"dither": 2},
        {"palette": []},
    ],
)
def test_arguments_outside_their_range_are_refused(tmp_path, options):
    with pytest.raises(InvalidParameterError, match=next(iter(options))):
        smalti.compress_large(unread(), "a.zarr", **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.ome.zarr"])
def test_an_output_that_is_not_to_be_replaced_stays(tmp_path, name):
    smalti.compress_large(IMAGE, name, 3)
    before = files_in(tmp_path)
    told = refused(lambda: smalti.compress_large(unread(), name, 3, overwrite=False), tmp_path)
    assert told == f"{name}: exists already; to replace it, use overwrite=True"
    assert files_in(tmp_path) == before
    smalti.compress_large(255 - IMAGE, name, 3)
    assert files_in(tmp_path) != before
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_a_folder_where_a_file_should_be_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "letters").write_text("dear to somebody")
    told = refused(lambda: smalti.compress_large(IMAGE, name, 3), tmp_path)
    assert name in told
    assert (tmp_path / name / "letters").read_text() == "dear to somebody"
    refused(lambda: smalti.compress_large(unread(), name, 3), tmp_path)


def test_a_folder_that_is_no_zarr_is_not_replaced(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    (tmp_path / "a.zarr/letters").write_text("dear to somebody")
    refused(lambda: smalti.compress_large(IMAGE, "a.zarr", 3), tmp_path)
    assert (tmp_path / "a.zarr/letters").read_text() == "dear to somebody"


def test_a_file_where_a_folder_should_be_is_refused(tmp_path):
    (tmp_path / "a.zarr").write_text("a letter")
    told = refused(lambda: smalti.compress_large(unread(), "a.zarr", 3), tmp_path)
    assert told.startswith("a.zarr: ")


def test_the_input_is_not_replaced(tmp_path):
    import zarr

    array = zarr.create_array(str(tmp_path / "a.zarr"), shape=IMAGE.shape, dtype="u1")
    array[...] = IMAGE
    before = files_in(tmp_path)
    refused(lambda: smalti.compress_large("a.zarr", "a.zarr", 3), tmp_path)
    assert files_in(tmp_path) == before


def test_clear_colours_are_refused_for_tiff(tmp_path):
    told = refused(lambda: smalti.compress_large(CLEAR, "a.tif", 4), tmp_path)
    assert told == (
        "a.tif: a palette TIFF holds no alpha, which the image array has; write .png or .ome.zarr"
    )


def test_a_given_palette_with_clear_colours_is_refused_for_tiff(tmp_path):
    colors = ["00000000", "ffffff"]
    told = refused(lambda: smalti.compress_large(IMAGE, "a.tif", palette=colors), tmp_path)
    assert "which the image array has" not in told


def test_images_that_cannot_be_read_are_refused(tmp_path):
    (tmp_path / "in.png").write_bytes(b"no picture")
    for source in ("in.png", "none.tif", "none.zarr"):
        with pytest.raises(ImageReadError, match=source):
            smalti.compress_large(source, "a.tif", 3)
        with pytest.raises(ImageReadError, match=source):
            smalti.segment_large(source, "out", 3)
    assert [path.name for path in tmp_path.iterdir()] == ["in.png"]


# Segmenting


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"superpixels": 50}, "superpixels is for images that are read as a whole"),
        ({"texture": 0.5}, "texture is for images that are read as a whole"),
        (
            {"spatial_weight": 0.5, "spatial_method": "position"},
            "spatial_method='position' is for images that are read as a whole",
        ),
        ({"space": "bands"}, "space='bands' is for images that are read as a whole"),
        ({"spatial_weight": 9}, "spatial_weight=9"),
        ({"min_region": 513}, "min_region=513 must be at most 512"),
    ],
)
def test_what_decides_on_a_whole_image_is_refused(tmp_path, options, sentence):
    asked = smalti.SegmentOptions(k=3, **options)
    told = refused(lambda: smalti.segment_large(unread(), "out", options=asked), tmp_path)
    assert told.startswith(sentence)


def test_classes_with_texture_are_refused(tmp_path):
    classifier = smalti.segment(IMAGE, 3, texture=0.5).classifier
    assert classifier.reach is None
    told = refused(lambda: smalti.segment_large(unread(), "out", classifier=classifier), tmp_path)
    assert told.startswith("the classes depend on a whole image")


def test_a_number_of_classes_is_needed(tmp_path):
    for options in ({}, {"k": 0}, {"k": 256}, {"preset": "he", "k": 3, "space": "srgb"}):
        with pytest.raises(InvalidParameterError):
            smalti.segment_large(unread(), "out", **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("options", [{"k": 5}, {"space": "srgb", "k": 3}, {"names": ["a", "b"]}])
def test_what_known_classes_contradict_is_refused(options):
    classifier = smalti.segment(IMAGE, 3).classifier
    assert isinstance(classifier, PixelClassifier)
    with pytest.raises(InvalidParameterError):
        smalti.segment_large(IMAGE, "out", classifier=classifier, **options)


@pytest.mark.parametrize("name", ["overlay.png", "areas.csv", "regions.csv", "classes.npz"])
def test_files_that_are_not_to_be_replaced_stay(tmp_path, name):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("a letter")
    told = refused(lambda: smalti.segment_large(unread(), "out", 3, overwrite=False), tmp_path)
    assert told == f"out/{name}: exists already; to replace it, use overwrite=True"
    assert (tmp_path / "out" / name).read_text() == "a letter"


@pytest.mark.parametrize("name", ["overlay.png", "areas.csv", "classes.npz"])
def test_folders_where_files_should_be_are_refused(tmp_path, name):
    (tmp_path / "out" / name).mkdir(parents=True)
    told = refused(lambda: smalti.segment_large(unread(), "out", 3), tmp_path)
    assert name in told


def test_a_file_where_the_labels_should_be_is_refused(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/labels.ome.zarr").write_text("a letter")
    refused(lambda: smalti.segment_large(unread(), "out", 3), tmp_path)


def test_a_file_where_the_folder_should_be_is_refused(tmp_path):
    (tmp_path / "out").write_text("a letter")
    for folder in ("out", "out/inner"):
        told = refused(lambda to=folder: smalti.segment_large(unread(), to, 3), tmp_path)
        assert told.startswith(f"{folder}: cannot be made a folder: ")


@pytest.mark.parametrize("ways", [{}, {"spatial_weight": 0.5}, {"preset": "he"}])
def test_an_image_of_which_no_pixel_takes_part_is_refused(tmp_path, ways):
    clear = np.zeros((90, 100, 4), dtype=np.uint8)
    outside = {"mask": np.zeros((90, 100), dtype=bool)}
    ways = {"k": None if ways.get("preset") else 3, **ways}
    for image, options in ((clear, {}), (IMAGE, outside), (np.zeros_like(IMAGE), {"nodata": 0})):
        for kind in (image, Chunked(image)):
            told = refused(
                lambda it=kind, more=options: smalti.segment_large(it, "out", **ways, **more),
                tmp_path,
            )
            assert told.startswith("the image array has no pixel to segment: all are ")


def test_a_mask_of_another_size_is_refused(tmp_path):
    mask = np.ones((90, 99), dtype=bool)
    told = refused(lambda: smalti.segment_large(unread(), "out", 3, mask=mask), tmp_path)
    assert told == (
        "mask must have the size of the image array, 100 x 90, but the image array is 99 x 90"
    )


def test_refusals_are_of_their_kind(tmp_path):
    with pytest.raises(OptionsError):
        smalti.compress_large(IMAGE, "a.png", dither=1)
    with pytest.raises(ImageWriteError):
        smalti.compress_large(IMAGE, "none/a.png")
    with pytest.raises(InvalidParameterError):
        smalti.compress_large(noise(9, 9), "a.bmp")
    assert list(tmp_path.iterdir()) == []

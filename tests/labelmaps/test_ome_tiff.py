"""OME-TIFF, read back by tifffile and by Pillow."""

import builtins
import io
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from smalti.exceptions import InvalidParameterError, MissingExtraError
from smalti.labelmaps.classes import OUTSIDE
from smalti.labelmaps.export import ome_tiff
from smalti.labelmaps.regions import PIXEL_SIZES, regions_of

tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[ome-tiff]")

LABELS = np.array([[0, 1, 1], [OUTSIDE, 1, 254]], dtype=np.uint8)
STORED = [[1, 2, 2], [0, 2, 255]]

OME = "{http://www.openmicroscopy.org/Schemas/OME/2016-06}"


def xml_of(data):
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        assert tiff.is_ome
        return ET.fromstring(tiff.pages[0].tags["ImageDescription"].value)


def test_classes_count_from_one_and_nothing_is_zero():
    data = ome_tiff.encode(LABELS)
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        (series,) = tiff.series
        assert (series.axes, series.dtype, series.kind) == ("YX", np.uint8, "ome")
        assert series.asarray().tolist() == STORED
        page = tiff.pages[0]
        assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        assert page.photometric == tifffile.PHOTOMETRIC.MINISBLACK
        assert "DateTime" not in page.tags
    with Image.open(io.BytesIO(data)) as image:
        assert np.asarray(image).tolist() == STORED


def test_the_size_of_pixels_is_told():
    data = ome_tiff.encode(LABELS, pixel_size=0.2528)
    pixels = xml_of(data).find(f"{OME}Image/{OME}Pixels")
    assert pixels.get("SizeX") == "3"
    assert pixels.get("SizeY") == "2"
    assert pixels.get("PhysicalSizeX") == pixels.get("PhysicalSizeY") == "0.2528"
    assert pixels.get("PhysicalSizeXUnit") == pixels.get("PhysicalSizeYUnit") == "µm"
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        page = tiff.pages[0]
        assert page.get_resolution("MICROMETER") == pytest.approx((1 / 0.2528,) * 2, rel=1e-5)


@pytest.mark.parametrize("size", PIXEL_SIZES)
def test_any_size_of_pixels_that_is_allowed_can_be_written(size):
    pixels = xml_of(ome_tiff.encode(LABELS, pixel_size=size)).find(f"{OME}Image/{OME}Pixels")
    assert float(pixels.get("PhysicalSizeX")) == size


def test_without_a_size_of_pixels_none_is_told():
    pixels = xml_of(ome_tiff.encode(LABELS)).find(f"{OME}Image/{OME}Pixels")
    assert pixels.get("PhysicalSizeX") is None


def test_names_and_colours_are_pairs_of_the_values_stored():
    colors = np.array([[102, 0, 204], [255, 255, 255]], dtype=np.uint8)
    root = xml_of(ome_tiff.encode(LABELS[:, :2], names=["µ <nuclei>", "stroma"], colors=colors))
    found = {
        annotation.get("Namespace"): {
            pair.get("K"): pair.text for pair in annotation.iter(f"{OME}M")
        }
        for annotation in root.iter(f"{OME}MapAnnotation")
    }
    assert found == {
        "smalti/classes/names": {"1": "µ <nuclei>", "2": "stroma"},
        "smalti/classes/colors": {"1": "#6600cc", "2": "#ffffff"},
    }
    references = [ref.get("ID") for ref in root.iter(f"{OME}AnnotationRef")]
    assert references == [a.get("ID") for a in root.iter(f"{OME}MapAnnotation")]


@pytest.mark.parametrize(("side", "dtype"), [(255, np.uint16), (256, np.uint32)])
def test_regions_are_stored_in_the_type_that_holds_them(side, dtype):
    y, x = np.ogrid[:side, :side]
    regions = regions_of(((x + y) % 2).astype(np.uint8), connectivity=4, pixel_size=2)
    assert len(regions) == side * side
    data = ome_tiff.encode_regions(regions)
    stored = tifffile.imread(io.BytesIO(data))
    assert stored.dtype == dtype
    assert np.array_equal(stored, regions.labels)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(np.asarray(image), regions.labels)
    assert xml_of(data).find(f"{OME}Image/{OME}Pixels").get("PhysicalSizeX") == "2.0"


def test_the_same_labels_give_the_same_bytes():
    labels = np.random.default_rng(1).integers(0, 3, (300, 200), dtype=np.uint8)
    first = ome_tiff.encode(labels, names=["a", "b", "c"], pixel_size=0.5)
    assert first == ome_tiff.encode(labels, names=["a", "b", "c"], pixel_size=0.5)
    assert b"UUID" not in first
    assert b"tifffile" not in first


def test_without_tifffile_it_says_what_to_install(monkeypatch):
    real_import = builtins.__import__

    def without_tifffile(name, *args, **options):
        if name == "tifffile":
            raise ImportError(name)
        return real_import(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", without_tifffile)
    with pytest.raises(MissingExtraError, match=r"pip install 'smalti\[ome-tiff\]'"):
        ome_tiff.encode(LABELS)


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        (LABELS.astype(int), {}, "labels must be a uint8 array"),
        (LABELS, {"pixel_size": -1}, "pixel_size must be"),
        (LABELS, {"colors": np.zeros((2, 4), dtype=np.uint8)}, "colors must be a uint8 array"),
    ],
)
def test_arguments_are_checked(labels, options, message):
    with pytest.raises(InvalidParameterError, match=message):
        ome_tiff.encode(labels, **options)

"""Nuclei, the other stain and glass: what K-Means starts from, and what it finds."""

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.exceptions import InvalidParameterError, SegmentationWarning
from smalti.segmentation.histology.stain_preset import stain_preset
from smalti.segmentation.histology.stains import HE
from tests.segmentation.slides import OTHER_HDAB, OTHER_HE, three_parts


@pytest.mark.parametrize("stains", [HE, OTHER_HE], ids=["he", "other he"])
def test_kmeans_finds_the_parts_that_a_slide_is_made_of(stains):
    slide, classes = three_parts(stains)
    found = smalti.segment(slide, preset="he")
    assert (found.labels == classes).mean() > 0.99
    assert found.names == ("nuclei", "stroma", "background")
    assert not found.notes


def test_a_slide_without_glass_still_has_its_nuclei():
    slide, classes = three_parts(OTHER_HE)
    found = smalti.segment(slide[:, 45:], preset="he")
    assert (found.labels == classes[:, 45:]).mean() > 0.98


def test_a_slide_without_tissue_is_all_glass():
    slide = np.full((20, 20, 3), 243, dtype=np.uint8)
    assert not stain_preset(slide).tissue.any()
    with pytest.warns(SegmentationWarning, match="preset 'he' found no tissue: all is background"):
        found = smalti.segment(slide, preset="he")
    assert found.areas.tolist() == [0, 0, 400]


def test_coordinates_are_the_scaled_densities():
    slide, _ = three_parts(OTHER_HDAB)
    preset = stain_preset(slide, "hdab")
    expected = preset.stains.densities(slide)[..., :2] / preset.scale
    np.testing.assert_allclose(preset.coordinates(slide), expected, atol=1e-5)


def test_16_bit_slides_have_the_preset_of_8_bits():
    slide, _ = three_parts(OTHER_HE)
    preset, deep = stain_preset(slide), stain_preset(slide.astype(np.uint16) * 257)
    np.testing.assert_allclose(deep.stains.vectors, preset.stains.vectors, atol=1e-4)
    np.testing.assert_array_equal(deep.tissue, preset.tissue)


def test_other_kinds_are_refused():
    with pytest.raises(InvalidParameterError, match="kind must be one of 'he', 'hdab'"):
        stain_preset(np.zeros((2, 2, 3), dtype=np.uint8), "pas")


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("demo/he-skin-cmu1-fullres", 0.10, 0.20),
        ("medical/high-nuclei-score-level0", 0.35, 0.50),
        ("medical/medium-nuclei-score-level1", 0.03, 0.08),
        ("medical/low-nuclei-score-level0", 0.015, 0.04),
        ("medical/tissue-level2-3000-7666-7096-11763", 0.10, 0.22),
    ],
)
def test_real_slides_have_as_many_nuclei_as_one_sees(data, name, low, high):
    with Image.open(data / f"{name}.png") as picture:
        slide = np.asarray(picture.convert("RGB"))
    found = smalti.segment(slide, preset="he")
    assert low <= found.shares[0] <= high
    assert not found.notes
    lightness = [slide[found.labels == i].mean() for i in range(3)]
    assert lightness == sorted(lightness)

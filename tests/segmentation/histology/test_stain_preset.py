"""Nuclei, the other stain and glass: what K-Means starts from, and what it finds."""

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.exceptions import InvalidParameterError
from smalti.segmentation.histology.stain_preset import LOCKED, stain_preset
from smalti.segmentation.histology.stains import HE
from tests.segmentation.slides import OTHER_HDAB, OTHER_HE, three_parts

HELD = 1e12  # A weight that holds the centroid of glass where it is.


def _classes(slide, preset):
    points = preset.coordinates(slide)
    tissue = points[preset.tissue]
    weights = np.append(np.ones(len(tissue)), HELD)
    result = smalti.kmeans(
        np.vstack([tissue, preset.centers[2]]), 3, sample_weight=weights, init=preset.centers
    )
    np.testing.assert_allclose(result.centroids[2], 0.0, atol=1e-6)
    distances = ((points[:, :, np.newaxis] - result.centroids) ** 2).sum(axis=-1)
    return distances.argmin(axis=-1)


@pytest.mark.parametrize("stains", [HE, OTHER_HE, OTHER_HDAB], ids=["he", "other he", "hdab"])
def test_kmeans_finds_the_parts_that_a_slide_is_made_of(stains):
    slide, classes = three_parts(stains)
    preset = stain_preset(slide, stains.name)
    assert (_classes(slide, preset) == classes).mean() > 0.99
    assert preset.names[0] == "nuclei"
    assert preset.names[2] == "background"
    assert LOCKED == (False, False, True)


def test_a_slide_without_glass_still_has_its_nuclei():
    slide, classes = three_parts(OTHER_HE)
    crop, expected = slide[:, 45:], classes[:, 45:]
    assert (_classes(crop, stain_preset(crop)) == expected).mean() > 0.98


def test_a_slide_without_tissue_is_all_glass():
    slide = np.full((20, 20, 3), 243, dtype=np.uint8)
    preset = stain_preset(slide)
    points = preset.coordinates(slide)
    distances = ((points[:, :, np.newaxis] - preset.centers) ** 2).sum(axis=-1)
    assert (distances.argmin(axis=-1) == 2).all()
    assert not preset.tissue.any()


def test_coordinates_are_the_scaled_densities():
    slide, _ = three_parts(OTHER_HDAB)
    preset = stain_preset(slide, "hdab")
    expected = preset.stains.densities(slide)[..., :2] / preset.scale
    np.testing.assert_allclose(preset.coordinates(slide), expected, atol=1e-5)


def test_16_bit_slides_have_the_preset_of_8_bits():
    slide, _ = three_parts(OTHER_HE)
    preset, deep = stain_preset(slide), stain_preset(slide.astype(np.uint16) * 257)
    np.testing.assert_allclose(deep.centers, preset.centers, atol=1e-4)
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
    classes = _classes(slide, stain_preset(slide))
    assert low <= (classes == 0).mean() <= high
    lightness = [slide[classes == i].mean() for i in range(3)]
    assert lightness == sorted(lightness)

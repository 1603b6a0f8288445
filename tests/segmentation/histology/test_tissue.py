"""Tissue against glass, on made slides and real ones."""

import numpy as np
import pytest
from PIL import Image

from smalti.exceptions import InvalidParameterError
from smalti.segmentation.histology.stains import HE
from smalti.segmentation.histology.tissue import tissue_mask, white_level
from tests.segmentation.slides import GLASS, OTHER_HDAB, OTHER_HE, mixed_slide, three_parts


def _square(color, *, glass=GLASS, size=60):
    slide = np.full((size, size, 3), np.rint(glass), dtype=np.uint8)
    slide[15:45, 15:45] = color
    return slide


# Off the border by the width of the smoothing.
INSIDE, BORDER = slice(18, 42), slice(0, 11)


@pytest.mark.parametrize("color", [(200, 120, 170), (90, 50, 120), (150, 110, 70), (180, 190, 215)])
def test_pink_purple_brown_and_blue_are_tissue(color):
    mask = tissue_mask(_square(color))
    assert mask[INSIDE, INSIDE].all()
    assert not mask[BORDER].any()


@pytest.mark.parametrize("color", [(40, 160, 140), (100, 195, 180), (0, 120, 120)])
def test_green_and_turquoise_ink_is_not_tissue(color):
    assert not tissue_mask(_square(color))[INSIDE, INSIDE].any()


@pytest.mark.parametrize("stains", [OTHER_HE, OTHER_HDAB], ids=["he", "hdab"])
def test_slides_are_divided_where_their_glass_ends(stains):
    slide, classes = three_parts(stains)
    wrong = tissue_mask(slide) != (classes != 2)
    assert wrong[:, :37].sum() == wrong[:, 43:].sum() == 0


def test_a_slide_full_of_tissue_is_all_tissue():
    slide = mixed_slide(OTHER_HE, glass_share=0.0)
    assert tissue_mask(slide).mean() > 0.995


def test_a_slide_of_glass_is_all_glass():
    slide = np.clip(np.random.default_rng(0).normal(243, 3, (80, 80, 3)), 0, 255).astype(np.uint8)
    assert not tissue_mask(slide).any()
    assert not tissue_mask(np.full((5, 7, 3), 250, dtype=np.uint8)).any()


def test_glass_given_is_used():
    dim = np.full((9, 9, 3), 200, dtype=np.uint8)
    assert not tissue_mask(dim, white=(200, 200, 200)).any()
    assert tissue_mask(dim, white=(255, 255, 255)).all()


def test_16_bit_slides_have_the_mask_of_8_bits():
    slide, _ = three_parts()
    np.testing.assert_array_equal(tissue_mask(slide.astype(np.uint16) * 257), tissue_mask(slide))


def test_transparent_pixels_are_no_tissue():
    slide = np.dstack([_square((200, 120, 170)), np.full((60, 60), 255, dtype=np.uint8)])
    slide[15:30, :, 3] = 0
    slide[:15, :, :3] = 0
    slide[:15, :, 3] = 0
    mask = tissue_mask(slide)
    assert not mask[:30].any()
    assert mask[33:42, INSIDE].all()


def test_gray_pictures_files_and_the_smallest_are_taken(tmp_path):
    path = tmp_path / "slide.png"
    slide = _square((200, 120, 170))
    Image.fromarray(slide).save(path)
    np.testing.assert_array_equal(tissue_mask(path), tissue_mask(slide))
    assert tissue_mask(np.zeros((1, 1), dtype=np.uint8)).tolist() == [[True]]


def test_large_slides_worked_on_in_bands_have_the_mask_of_their_parts():
    slide, _ = three_parts()
    parts = tissue_mask(np.tile(slide, (25, 1, 1))).reshape(25, *slide.shape[:2])
    assert (parts[1:-1] == parts[1]).all()


def test_the_level_of_glass_is_found():
    slide, _ = three_parts(OTHER_HE)
    np.testing.assert_allclose(white_level(slide), GLASS, atol=2)
    np.testing.assert_allclose(white_level(slide.astype(np.uint16) * 257), GLASS, atol=2)


def test_without_glass_white_is_255():
    purple = HE.colors(np.full((20, 20, 2), 0.5))
    assert white_level(purple).tolist() == [255.0, 255.0, 255.0]


def test_white_that_is_no_color_is_refused():
    with pytest.raises(InvalidParameterError, match="white must be red, green and blue"):
        tissue_mask(_square((0, 0, 0)), white=(255, 255))


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("almost-white-1", 0.0, 0.0),
        ("no-tissue-green-pen", 0.0, 0.01),
        ("low-nuclei-score-level0", 0.2, 0.4),
        ("medium-nuclei-score-level1", 0.55, 0.7),
        ("high-nuclei-score-level0", 0.95, 1.0),
        ("tissue-level2-3000-7666-7096-11763", 0.65, 0.85),
        ("diagnostic-slide-thumb-rgb", 0.6, 0.7),
        ("ihc", 0.6, 0.75),
    ],
)
def test_real_slides_have_as_much_tissue_as_one_sees(data, name, low, high):
    assert low <= tissue_mask(data / "medical" / f"{name}.png").mean() <= high

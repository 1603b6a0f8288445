"""Stains estimated from slides whose stains are known."""

import numpy as np
import pytest

from smalti.exceptions import InvalidParameterError
from smalti.segmentation.histology.stain_estimation import estimate_stains
from smalti.segmentation.histology.stains import HDAB, HE, Stains
from tests.segmentation.slides import (
    GLASS,
    OTHER_HDAB,
    OTHER_HE,
    degrees_between,
    mixed_slide,
)


def _errors(found, known):
    return [degrees_between(found.vectors[i], known.vectors[i]) for i in range(2)]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("known", [HE, HDAB, OTHER_HE, OTHER_HDAB])
def test_the_stains_that_a_slide_is_mixed_of_are_found(known, seed):
    found = estimate_stains(mixed_slide(known, seed=seed), known.name)
    assert max(_errors(found, known)) < 2.0
    np.testing.assert_allclose(found.white, known.white, atol=1.0)
    assert found.names == known.names


@pytest.mark.parametrize("known", [OTHER_HE, OTHER_HDAB])
def test_noise_moves_them_by_a_few_degrees(known):
    found = estimate_stains(mixed_slide(known, noise=3.0, side=300), known.name)
    assert max(_errors(found, known)) < 6.0


def test_ink_and_red_pen_do_not_count():
    slide = mixed_slide(OTHER_HE)
    slide[:20, 60:] = (40, 160, 140)
    slide[100:, 60:] = (225, 40, 50)
    assert max(_errors(estimate_stains(slide), OTHER_HE)) < 2.0


def test_the_mask_says_what_to_learn_from():
    left, right = mixed_slide(OTHER_HE, glass_share=0.0), mixed_slide(HE, glass_share=0.0)
    both = np.concatenate([left, right], axis=1)
    mask = np.zeros(both.shape[:2], dtype=bool)
    mask[:, :120] = True
    found = estimate_stains(both, mask=mask, white=GLASS)
    assert max(_errors(found, OTHER_HE)) < 2.0


def test_16_bit_slides_have_the_stains_of_8_bits():
    slide = mixed_slide(OTHER_HE)
    deep = estimate_stains(slide.astype(np.uint16) * 257)
    np.testing.assert_allclose(deep.vectors, estimate_stains(slide).vectors, atol=1e-5)


def test_of_large_slides_a_sample_is_enough():
    slide = np.tile(mixed_slide(OTHER_HE), (7, 6, 1))
    assert max(_errors(estimate_stains(slide), OTHER_HE)) < 2.0


def test_estimates_are_the_same_every_time():
    slide = mixed_slide(OTHER_HE, noise=2.0)
    first, again = estimate_stains(slide), estimate_stains(slide)
    np.testing.assert_array_equal(first.vectors, again.vectors)


@pytest.mark.parametrize(("known", "alone"), [(OTHER_HE, 0), (OTHER_HE, 1), (OTHER_HDAB, 1)])
def test_where_one_stain_is_alone_the_other_is_the_published_one(known, alone):
    random = np.random.default_rng(0)
    amounts = np.zeros((80, 80, 2))
    amounts[:, 20:, alone] = random.uniform(0.3, 1.0, (80, 60))
    found = estimate_stains(known.colors(amounts), known.name)
    published = {"he": HE, "hdab": HDAB}[known.name]
    assert degrees_between(found.vectors[alone], known.vectors[alone]) < 2.0
    np.testing.assert_allclose(found.vectors[1 - alone], published.vectors[1 - alone], atol=1e-6)


def test_one_color_is_one_stain():
    found = estimate_stains(np.full((10, 10, 3), (120, 70, 150), dtype=np.uint8))
    assert isinstance(found, Stains)
    np.testing.assert_allclose(found.vectors[1], HE.vectors[1], atol=1e-6)


@pytest.mark.parametrize(
    "slide",
    [
        np.full((50, 50, 3), 245, dtype=np.uint8),
        np.full((50, 50, 3), (40, 160, 140), dtype=np.uint8),
        np.full((5, 5, 3), (120, 70, 150), dtype=np.uint8),
    ],
    ids=["glass", "ink", "few pixels"],
)
def test_a_slide_without_tissue_is_refused(slide):
    with pytest.raises(InvalidParameterError, match="fewer than the 32 pixels of stained tissue"):
        estimate_stains(slide)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "hed"}, "kind must be one of 'he', 'hdab'"),
        ({"percentile": 30}, "percentile must be a finite number between 0 and 25"),
        ({"mask": np.ones((3, 3), dtype=bool)}, r"mask must be boolean of shape \(120, 120\)"),
        ({"mask": np.ones((120, 120))}, "mask must be boolean"),
    ],
)
def test_arguments_outside_their_range_are_refused(options, message):
    with pytest.raises(InvalidParameterError, match=message):
        estimate_stains(mixed_slide(HE), **options)


@pytest.mark.parametrize(
    "name",
    [
        "demo/he-skin-cmu1",
        "demo/he-skin-cmu1-fullres",
        "medical/high-nuclei-score-level0",
        "medical/medium-nuclei-score-level1",
        "medical/low-nuclei-score-level0",
        "medical/tissue-level2-3000-7666-7096-11763",
        "medical/diagnostic-slide-thumb-rgb",
    ],
)
def test_stains_of_real_slides_are_near_those_of_laboratories(data, name):
    haematoxylin, eosin = _errors(estimate_stains(data / f"{name}.png"), OTHER_HE)
    assert haematoxylin < 20
    assert eosin < 12


def test_stains_of_a_real_h_dab_slide_are_near_the_published(data):
    assert max(_errors(estimate_stains(data / "medical" / "ihc.png", "hdab"), HDAB)) < 12

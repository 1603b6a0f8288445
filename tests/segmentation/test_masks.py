"""What takes no part decides nothing: outside a mask, and under full transparency."""

import numpy as np
import pytest

import smalti
from smalti.exceptions import InvalidParameterError
from smalti.labelmaps.classes import OUTSIDE
from smalti.segmentation.features.texture import texture_features
from smalti.segmentation.histology.sample_slide import SampleSlide, sample_slide
from smalti.segmentation.histology.stain_estimation import estimate_stains
from smalti.segmentation.histology.stain_preset import stain_preset
from smalti.segmentation.histology.stains import HDAB
from smalti.segmentation.histology.tissue import tissue_mask, white_level
from tests.pictures import noise

# An odd boundary that no blocks of pixels follow.
ROWS, COLUMNS = np.mgrid[:150, :203]
INSIDE = np.hypot(ROWS - 70, COLUMNS - 100) < 66

OUTSIDE_COLORS = {
    "white": np.full(3, 255),
    "black": np.zeros(3),
    "red pen": np.array([220, 20, 30]),
    "green ink": np.array([40, 160, 140]),
    "noise": noise(150, 203),
}

WAYS = {
    "he": {"preset": "he"},
    "he, smooth": {"preset": "he", "spatial_weight": 0.3, "min_region": 9},
    "hdab": {"preset": "hdab"},
    "estimate": {"k": 3, "space": "he", "stains": "estimate"},
    "estimate hdab": {"k": 3, "space": "hdab", "stains": "estimate", "spatial_weight": 0.2},
    "texture": {"k": 3, "texture": 1.0},
    "texture of stains": {"k": 3, "space": "he", "stains": "estimate", "texture": 0.5},
    "texture, smooth": {"k": 4, "texture": 1.0, "spatial_weight": 0.3, "normalize": "local"},
    "position": {"k": 4, "spatial_method": "position", "spatial_weight": 0.5},
    "variance": {"k": 4, "normalize": "variance", "spatial_weight": 0.4},
    "superpixels": {"k": 4, "superpixels": 150},
}


@pytest.fixture(scope="module")
def slide():
    return sample_slide(*INSIDE.shape)


def h_dab_slide(slide):
    """The slide with haematoxylin and DAB in place of its stains, and every other band pale."""
    amounts = np.array([[0.4, 0.05], [0.05, 0.5], [0.0, 0.0], [0.07, 0.03]])
    labels = slide.labels.copy()
    labels[(labels == 1) & (np.arange(labels.shape[1]) // 16 % 2 == 1)] = 3
    random = np.random.default_rng(0)
    noisy = HDAB.colors(amounts[labels]) + random.normal(0.0, 2.0, (*labels.shape, 3))
    return SampleSlide(np.rint(noisy).clip(0, 255).astype(np.uint8), labels)


def slide_for(way, slide):
    return h_dab_slide(slide) if way == "hdab" else slide


def painted(image, what):
    """The image with something else outside the mask."""
    unit = 257 if image.dtype == np.uint16 else 1
    shown = (OUTSIDE_COLORS[what].astype(int) * unit).astype(image.dtype)
    return np.where(INSIDE[..., np.newaxis], image, shown)


def clear(image):
    """The image, fully transparent outside the mask."""
    opaque = np.iinfo(image.dtype).max
    return np.dstack([image, np.where(INSIDE, opaque, 0).astype(image.dtype)])


@pytest.mark.parametrize("way", WAYS)
def test_labels_inside_a_mask_are_the_same_whatever_lies_outside(slide, way):
    slide = slide_for(way, slide)
    found = smalti.segment(slide.image, mask=INSIDE, **WAYS[way])
    assert ((found.labels == OUTSIDE) == ~INSIDE).all()
    assert (found.areas > 0).all()
    for what in OUTSIDE_COLORS:
        again = smalti.segment(painted(slide.image, what), mask=INSIDE, **WAYS[way])
        np.testing.assert_array_equal(again.labels, found.labels, err_msg=what)
        np.testing.assert_array_equal(again.colors, found.colors, err_msg=what)


@pytest.mark.parametrize("way", WAYS)
def test_hidden_colors_of_clear_pixels_are_outside_a_mask(slide, way):
    slide = slide_for(way, slide)
    expected = smalti.segment(slide.image, mask=INSIDE, **WAYS[way]).labels
    for what in OUTSIDE_COLORS:
        found = smalti.segment(clear(painted(slide.image, what)), **WAYS[way])
        np.testing.assert_array_equal(found.labels, expected, err_msg=what)


@pytest.mark.parametrize("way", ["he", "texture"])
def test_16_bits_are_masked_as_8_are(slide, way):
    deep = slide.image.astype(np.uint16) * 257
    expected = smalti.segment(deep, mask=INSIDE, **WAYS[way]).labels
    for picture in (painted(deep, "red pen"), clear(painted(deep, "noise"))):
        found = smalti.segment(picture, mask=INSIDE, **WAYS[way])
        np.testing.assert_array_equal(found.labels, expected)


@pytest.mark.parametrize("way", WAYS)
def test_a_mask_of_everything_is_none(slide, way):
    slide = slide_for(way, slide)
    everything = np.ones(INSIDE.shape, dtype=bool)
    np.testing.assert_array_equal(
        smalti.segment(slide.image, mask=everything, **WAYS[way]).labels,
        smalti.segment(slide.image, **WAYS[way]).labels,
    )


# Beside gaps, pale stroma and the rim that smoothing makes look alike on H-DAB slides.
@pytest.mark.parametrize(("kind", "least"), [("he", 0.98), ("hdab", 0.94)])
def test_a_pen_outside_the_mask_leaves_the_classes_as_they_are(kind, least):
    slide = slide_for(kind, sample_slide(192, 256))
    mask = np.zeros(slide.labels.shape, dtype=bool)
    mask[:, :128] = True
    written = slide.image.copy()
    written[~mask] = 220, 20, 30
    for picture in (slide.image, written):
        found = smalti.segment(picture, preset=kind, mask=mask)
        assert (found.labels[mask] == slide.labels[mask]).mean() > least


def test_classes_are_found_again_within_a_mask(slide):
    classifier = smalti.segment(slide.image, preset="he").classifier
    expected = classifier.segment(slide.image, mask=INSIDE).labels
    for what in OUTSIDE_COLORS:
        found = classifier.segment(painted(slide.image, what), mask=INSIDE)
        np.testing.assert_array_equal(found.labels, expected, err_msg=what)


def test_what_a_preset_learns_is_learnt_inside(slide):
    white = white_level(slide.image, mask=INSIDE)
    tissue = tissue_mask(slide.image, mask=INSIDE)
    stains = estimate_stains(slide.image, mask=INSIDE)
    preset = stain_preset(slide.image, "hdab", mask=INSIDE)
    assert not tissue[~INSIDE].any()
    for what in OUTSIDE_COLORS:
        other = painted(slide.image, what)
        for picture, mask in ((other, INSIDE), (clear(other), None)):
            assert white_level(picture, mask=mask).tolist() == white.tolist()
            assert (tissue_mask(picture, mask=mask) == tissue).all()
            assert (estimate_stains(picture, mask=mask).vectors == stains.vectors).all()
            again = stain_preset(picture, "hdab", mask=mask)
            assert (again.scale == preset.scale).all()
            assert (again.tissue == preset.tissue).all()


def test_glass_is_found_in_a_small_part_of_a_large_slide():
    slide = np.zeros((2100, 2100, 3), dtype=np.uint8)
    slide[1001, 1001:1101] = 240, 238, 236
    mask = slide[..., 0] > 0
    assert white_level(slide, mask=mask).tolist() == [240.0, 238.0, 236.0]


def test_a_mask_of_nothing_has_neither_glass_nor_tissue(slide):
    nothing = np.zeros(INSIDE.shape, dtype=bool)
    assert white_level(slide.image, mask=nothing).tolist() == [255.0, 255.0, 255.0]
    assert not tissue_mask(slide.image, mask=nothing).any()
    with pytest.raises(InvalidParameterError, match="at least one pixel that takes part"):
        texture_features(slide.image, mask=nothing)


@pytest.mark.parametrize("components", [6, None])
def test_texture_is_measured_inside(components):
    random = np.random.default_rng(0)
    lightness = random.random(INSIDE.shape, dtype=np.float32)
    features = texture_features(lightness, mask=INSIDE, components=components)
    assert not features[~INSIDE].any()
    within = features[INSIDE].astype(np.float64)
    np.testing.assert_allclose(within.mean(axis=0), 0.0, atol=0.05)
    if components is None:
        # Enlarged without steps, they vary a little less.
        assert 0.7 < within.var(axis=0).sum() < 1.1
    for value in (0.0, 5.0, np.nan):
        other = np.where(INSIDE, lightness, np.float32(value))
        again = texture_features(other, mask=INSIDE, components=components)
        np.testing.assert_array_equal(again, features)


def test_a_mask_of_one_lightness_has_no_texture():
    lightness = np.where(INSIDE, 0.7, noise(150, 203)[..., 0] / 255).astype(np.float32)
    assert not texture_features(lightness, mask=INSIDE).any()


@pytest.mark.parametrize("function", [white_level, tissue_mask, stain_preset, texture_features])
@pytest.mark.parametrize("mask", [np.ones((3, 3), dtype=bool), np.ones((150, 203))])
def test_masks_of_another_kind_are_refused(slide, function, mask):
    with pytest.raises(InvalidParameterError, match=r"mask must be boolean of shape \(150, 203\)"):
        function(slide.image, mask=mask)

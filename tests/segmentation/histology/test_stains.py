"""Stain densities: Beer and Lambert's law, there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from smalti.exceptions import InvalidParameterError
from smalti.segmentation.histology.stains import FLOOR_DENSITY, HDAB, HE, Stains, density_table
from tests.pictures import noise
from tests.segmentation.slides import OTHER_HDAB, OTHER_HE

ALL = [HE, HDAB, OTHER_HE, OTHER_HDAB]
NAMES = ["he", "hdab", "other he", "other hdab"]


def _grid(step):
    levels = np.append(np.arange(0, 256, step), 255).astype(np.uint8)
    return np.stack(np.meshgrid(levels, levels, levels), axis=-1)


def test_each_stain_alone_has_only_its_own_density():
    # Red 25.5 is density 1 against white 255.
    stains = Stains("he", [[1, 0, 0], [0, 1, 0]])
    colors = np.array([[51, 255, 255], [255, 51, 255], [255, 255, 51]], dtype=np.uint8)
    np.testing.assert_allclose(stains.densities(colors), np.eye(3) * np.log10(5), atol=1e-7)


@pytest.mark.parametrize("stains", ALL, ids=NAMES)
def test_colors_come_back(stains):
    colors = _grid(5)
    np.testing.assert_array_equal(stains.colors(stains.densities(colors)), colors)


@pytest.mark.parametrize("stains", ALL, ids=NAMES)
def test_the_color_of_one_unit_of_a_stain_is_its_vector(stains):
    color = stains.colors([[1.0, 0.0], [0.0, 1.0]])
    expected = stains.white * 10.0 ** -stains.vectors[:2]
    np.testing.assert_allclose(color, expected, atol=0.5)


@pytest.mark.parametrize("stains", ALL, ids=NAMES)
def test_densities_are_those_of_scikit_image_scaled_and_not_cut_off(stains):
    color = pytest.importorskip("skimage.color", reason="needs the extra smalti[demo]")
    colors = np.maximum(_grid(15), 1)
    relative = colors / stains.white
    if stains.white[0] != 255:  # scikit-image knows no glass and takes 0 to 1
        colors = np.floor(colors * stains.white / 255).astype(np.uint8)
        relative = colors / stains.white
    expected = 6 * color.separate_stains(relative, np.linalg.inv(stains.vectors))
    found = np.maximum(stains.densities(colors), 0)
    # Samples of 0 count as a quarter here and as 1e-6 there.
    some = colors.min(axis=-1) > 0
    np.testing.assert_allclose(found[some], expected[some], atol=2e-5)


def test_haematoxylin_and_eosin_are_those_of_scikit_image():
    color = pytest.importorskip("skimage.color", reason="needs the extra smalti[demo]")
    for ours, theirs in ((HE, color.rgb_from_hed), (HDAB, color.rgb_from_hdx)):
        published = theirs[:2] / np.linalg.norm(theirs[:2], axis=1, keepdims=True)
        np.testing.assert_allclose(ours.vectors[:2], published, atol=0.005)


def test_the_residual_is_at_right_angles_to_both_stains():
    for stains in ALL:
        gram = stains.vectors @ stains.vectors.T
        np.testing.assert_allclose(np.diag(gram), 1.0)
        np.testing.assert_allclose(gram[2, :2], 0.0, atol=1e-12)


def test_three_vectors_are_kept():
    hed = Stains("he", [[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
    np.testing.assert_array_equal(hed.colors(hed.densities(_grid(17))), _grid(17))
    np.testing.assert_allclose(hed.vectors[2], HDAB.vectors[1])


def test_glass_has_no_density():
    glass = np.array([[242, 240, 238]], dtype=np.uint8)
    np.testing.assert_allclose(OTHER_HE.densities(glass), 0.0, atol=1e-7)


def test_16_bit_samples_have_the_densities_of_the_same_8_bit_colors():
    colors = _grid(17)
    np.testing.assert_array_equal(
        HE.densities(colors.astype(np.uint16) * 257), HE.densities(colors)
    )


def test_16_bit_samples_between_two_of_8_bits_have_densities_between():
    dark, between, light = HE.densities(np.array([[0x6464] * 3, [0x64C8] * 3, [0x6565] * 3], "u2"))
    assert dark[0] > between[0] > light[0]


def test_black_has_the_density_of_a_quarter_of_a_step():
    assert pytest.approx(np.log10(255 / 0.25)) == FLOOR_DENSITY
    for dtype in (np.uint8, np.uint16):
        assert density_table(np.dtype(dtype))[0] == pytest.approx(FLOOR_DENSITY)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_the_logarithms_tabulated_are_far_from_a_tie_when_rounded(dtype):
    # A library's logarithm may be off by 1e-15: then all libraries give the same table.
    largest = np.iinfo(dtype).max
    samples = np.maximum(np.arange(largest + 1) * (255 / largest), 0.25)
    from_tie = np.abs((-np.log10(samples / 255) * 1e9) % 1 - 0.5) * 1e-9
    assert from_tie.min() > 5e-15


def test_more_pixels_than_a_band_are_the_same_as_one_by_one():
    colors = noise(300, 200)
    rows = np.stack([HE.densities(row) for row in colors])
    np.testing.assert_array_equal(HE.densities(colors), rows)
    np.testing.assert_array_equal(HE.colors(rows), colors)


def test_views_and_single_colors_are_taken():
    colors = noise(6, 8)
    np.testing.assert_array_equal(HE.densities(colors[::2, ::-1]), HE.densities(colors)[::2, ::-1])
    assert HE.densities(colors[0, 0]).shape == (3,)
    assert HE.densities(colors[:0]).shape == (0, 8, 3)


@given(
    colors=arrays(np.uint8, (7, 3)),
    vectors=arrays(np.float64, (2, 3), elements=st.floats(0.0, 1.0)),
    white=arrays(np.float64, 3, elements=st.floats(0.5, 255.0)),
)
def test_densities_of_any_color_and_stains_are_finite(colors, vectors, white):
    try:
        stains = Stains("he", vectors, white)
    except InvalidParameterError:
        return
    assert np.isfinite(stains.densities(colors)).all()
    assert np.isfinite(stains.densities(colors.astype(np.uint16) * 200)).all()


@given(densities=arrays(np.float64, (5, 3), elements=st.floats(-1e9, 1e9)))
def test_colors_of_any_densities_are_colors(densities):
    assert HE.colors(densities).dtype == np.uint8


def test_stains_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        HE.vectors[0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        HE.white[0] = 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("hex", [[1, 0, 0], [0, 1, 0]]), "name must be one of 'he', 'hdab', got 'hex'"),
        (("he", [[1, 0, 0]]), r"shape \(2, 3\) or \(3, 3\)"),
        (("he", [[1, 0, 0], [0, 0, 0]]), "longer than 0"),
        (("he", [[1, 0, 0], [0, np.nan, 0]]), "finite"),
        (("he", [[1, 0, 0], [2, 0, 0]]), "different directions"),
        (("he", [[1, 0, 0], [0, 1, 0], [1, 1, 0]]), "different directions"),
        (("he", [[1, 0, 0], [0, 1, 0]], (255, 0, 255)), "white must be red, green and blue"),
        (("he", [[1, 0, 0], [0, 1, 0]], 255), "white must be red, green and blue"),
    ],
)
def test_what_are_no_stains_is_refused(arguments, message):
    with pytest.raises(InvalidParameterError, match=message):
        Stains(*arguments)


@pytest.mark.parametrize("colors", [np.zeros((2, 4), np.uint8), np.zeros((2, 3))])
def test_what_are_no_colors_is_refused(colors):
    with pytest.raises(InvalidParameterError, match="colors must be uint8 or uint16"):
        HE.densities(colors)


@pytest.mark.parametrize("densities", [1.0, np.zeros((2, 4)), [[np.nan, 0.0]], [[np.inf, 0.0]]])
def test_what_are_no_densities_is_refused(densities):
    with pytest.raises(InvalidParameterError, match="densities must"):
        HE.colors(densities)

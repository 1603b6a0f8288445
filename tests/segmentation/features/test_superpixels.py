import io

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PIL import Image

import smalti
from smalti.exceptions import InvalidParameterError
from tests.pictures import noise

scipy_ndimage = pytest.importorskip("scipy.ndimage", reason="scikit-image brings scipy")


def assert_well_formed(labels, inside=True):
    """Every pixel inside is labelled, superpixels are connected and numbered as promised."""
    assert labels.dtype == np.uint32
    inside = np.broadcast_to(inside, labels.shape)
    np.testing.assert_array_equal(labels > 0, inside)
    names, firsts = np.unique(labels[inside], return_index=True)
    np.testing.assert_array_equal(names, np.arange(1, len(names) + 1))
    assert (np.diff(firsts) > 0).all()
    for name in names:
        assert scipy_ndimage.label(labels == name)[1] == 1, name


def halves(height=40, width=60, at=25):
    """Two colours side by side."""
    image = np.full((height, width, 3), (30, 60, 160), dtype=np.uint8)
    image[:, at:] = 200, 120, 40
    return image


@st.composite
def images_and_masks(draw):
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    channels, dtype = draw(st.sampled_from((3, 4))), draw(st.sampled_from((np.uint8, np.uint16)))
    patch = draw(st.integers(1, 9))
    colors = noise(
        -(-height // patch),
        -(-width // patch),
        channels,
        seed=draw(st.integers(0, 99)),
        dtype=dtype,
    )
    image = colors.repeat(patch, axis=0).repeat(patch, axis=1)[:height, :width]
    if channels == 4 and draw(st.booleans()):
        image[..., 3] *= image[..., 3] % 2
    mask = None
    if draw(st.booleans()):
        share = draw(st.sampled_from((0.1, 0.5, 0.9, 1.0)))
        random = np.random.default_rng(draw(st.integers(0, 99)))
        mask = random.random((height, width)) < share
    return image, mask


@given(images_and_masks(), st.integers(1, 60), st.sampled_from((0.0, 0.3, 1.0, 50.0)))
def test_every_visible_pixel_is_in_one_connected_superpixel(case, n, compactness):
    image, mask = case
    inside = np.ones(image.shape[:2], dtype=bool) if mask is None else mask
    if image.shape[2] == 4:
        inside = inside & (image[..., 3] > 0)
    assume(inside.any())
    labels = smalti.superpixels(image, n, compactness=compactness, mask=mask)
    assert labels.shape == image.shape[:2]
    assert_well_formed(labels, inside)


@pytest.mark.parametrize("space", ["oklab", "srgb", "linear"])
def test_no_superpixel_crosses_a_clear_edge(space):
    labels = smalti.superpixels(halves(), 6, space=space)
    assert not set(np.unique(labels[:, :25])) & set(np.unique(labels[:, 25:]))
    assert_well_formed(labels)


def test_one_colour_becomes_a_grid():
    labels = smalti.superpixels(np.full((20, 30, 3), 99, dtype=np.uint8), 6)
    rows, columns = np.mgrid[:20, :30]
    np.testing.assert_array_equal(labels, 1 + rows // 10 * 3 + columns // 10)


@pytest.mark.parametrize("n", [50, 200, 800])
def test_a_photograph_has_about_as_many_as_are_wanted(photo, n):
    labels = smalti.superpixels(photo, n)
    assert_well_formed(labels)
    assert int(labels.max()) == pytest.approx(n, rel=0.15)


def test_more_than_there_are_pixels_gives_each_its_own():
    labels = smalti.superpixels(noise(5, 7), 10**30)
    np.testing.assert_array_equal(labels, np.arange(1, 36).reshape(5, 7))
    assert smalti.superpixels(noise(1, 1), 1).tolist() == [[1]]


def test_compactness_makes_superpixels_rounder(photo):
    def borders(compactness):
        labels = smalti.superpixels(photo, 100, compactness=compactness)
        return (np.diff(labels, axis=0) != 0).sum() + (np.diff(labels, axis=1) != 0).sum()

    lengths = [borders(compactness) for compactness in (0.1, 0.3, 1.0, 5.0, 1e150)]
    assert lengths == sorted(lengths, reverse=True)
    # The squares of the grid have the shortest borders that there are.
    squares = smalti.superpixels(np.zeros_like(photo), 100)
    np.testing.assert_array_equal(smalti.superpixels(photo, 100, compactness=1e150), squares)


def test_colours_count_and_not_how_they_are_stored():
    image = noise(30, 40, seed=3)
    image = image.repeat(2, axis=0).repeat(2, axis=1)
    labels = smalti.superpixels(image, 40)
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    opaque = np.dstack([image, np.full(image.shape[:2], 255, dtype=np.uint8)])
    for same in (image.astype(np.uint16) * 257, Image.fromarray(image), file.getvalue(), opaque):
        np.testing.assert_array_equal(smalti.superpixels(same, 40), labels)
    grey = noise(30, 40, 1, seed=4)
    three = grey.repeat(3, axis=2)
    for same in (grey, grey[..., 0], grey / 255.0):
        np.testing.assert_array_equal(smalti.superpixels(same, 20), smalti.superpixels(three, 20))


def test_alpha_hides_only_where_it_is_0():
    image = np.dstack([halves(), np.full((40, 60), 255, dtype=np.uint8)])
    opaque = smalti.superpixels(image, 6)
    image[5:15, 5:15, 3] = 1
    np.testing.assert_array_equal(smalti.superpixels(image, 6), opaque)
    image[5:15, 5:15, 3] = 0
    hidden = smalti.superpixels(image, 6)
    assert_well_formed(hidden, image[..., 3] > 0)
    mask = np.ones((40, 60), dtype=bool)
    mask[:, :10] = False
    assert_well_formed(smalti.superpixels(image, 6, mask=mask), mask & (image[..., 3] > 0))
    image[..., 3] = 0
    with pytest.raises(InvalidParameterError, match="no pixel to segment: all are fully transp"):
        smalti.superpixels(image, 6)


def test_the_number_wanted_is_for_what_the_mask_leaves():
    mask = np.zeros((200, 300), dtype=bool)
    mask[40:120, 50:210] = True
    image = noise(200, 300) // 8
    labels = smalti.superpixels(image, 50, mask=mask)
    assert_well_formed(labels, mask)
    assert int(labels.max()) == pytest.approx(50, rel=0.15)
    np.testing.assert_array_equal(smalti.superpixels(image, 50, mask=mask * 255), labels)
    # What is outside has no influence.
    image[~mask] = 255
    np.testing.assert_array_equal(smalti.superpixels(image, 50, mask=mask), labels)
    np.testing.assert_array_equal(
        smalti.superpixels(image, 50, mask=np.asfortranarray(mask)), labels
    )


def test_islands_of_a_mask_stay_apart():
    mask = np.zeros((50, 50), dtype=bool)
    mask[2:20, 3:18] = mask[30:45, 28:44] = mask[25, 25] = True
    labels = smalti.superpixels(np.zeros((50, 50, 3), dtype=np.uint8), 4, mask=mask)
    assert_well_formed(labels, mask)
    assert labels[25, 25] not in labels[:20]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"k": 0}, "k must be at least 1, got 0"),
        ({"k": 2.5}, "k must be a whole number at least 1, got 2.5"),
        ({"compactness": -1}, "compactness must be a finite number of at least 0, got -1"),
        ({"compactness": float("nan")}, "compactness must be a finite number of at least 0, got"),
        ({"space": "lab"}, "space must be one of 'oklab', 'srgb', 'linear', 'bands', got 'lab'"),
        ({"mask": np.ones((4, 6), dtype=bool)}, r"shape of the image, \(6, 4\), got \(4, 6\)"),
        ({"mask": np.ones((6, 4))}, "mask must be of bool or whole numbers, .* got dtype float64"),
        ({"mask": np.zeros((6, 4), dtype=bool)}, "no pixel to segment: all are outside the mask"),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_allowed(arguments, message):
    with pytest.raises(InvalidParameterError, match=message):
        smalti.superpixels(noise(6, 4), **{"k": 3, **arguments})


def test_any_number_of_bands_is_compared():
    bands = np.zeros((40, 60, 7), dtype=np.float64)
    bands[:, 25:, 5] = 2.0
    labels = smalti.superpixels(bands, 6)
    assert np.unique(labels).tolist() == [1, 2, 3, 4, 5, 6]
    assert (labels[:, 24] != labels[:, 25]).all()
    np.testing.assert_array_equal(smalti.superpixels(bands * 1000 - 7, 6), labels)


def test_bands_without_data_are_left_out():
    bands = noise(20, 30, 5).astype(np.float32)
    bands[3:9, 4:12, 2] = np.nan
    mask = np.ones((20, 30), dtype=np.uint8)
    mask[15:] = 0
    outside = np.isnan(bands).any(axis=2) | (mask == 0)
    assert ((smalti.superpixels(bands, 8, mask=mask) == 0) == outside).all()
    masked = np.ma.masked_invalid(bands)
    np.testing.assert_array_equal(smalti.superpixels(masked, 8), smalti.superpixels(bands, 8))
    with pytest.raises(InvalidParameterError, match="no pixel to segment"):
        smalti.superpixels(np.full((4, 5, 6), np.nan), 2)


@pytest.mark.parametrize("bands", [np.full((4, 5, 6), np.inf), np.full((4, 5, 6), "a")])
def test_bands_that_are_no_finite_numbers_are_refused(bands):
    with pytest.raises(InvalidParameterError, match="the image array"):
        smalti.superpixels(bands, 2)

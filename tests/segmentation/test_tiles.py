"""Parts of an image that are segmented alone have the labels that they have in the whole."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smalti
from smalti.exceptions import InvalidParameterError
from smalti.labelmaps.classes import OUTSIDE
from smalti.segmentation.classifier import PixelClassifier
from smalti.segmentation.histology.sample_slide import sample_slide
from smalti.segmentation.histology.tissue import SMOOTHING_REACH, learn_tissue
from tests.pictures import noise
from tests.segmentation.slides import OTHER_HDAB, OTHER_HE, mixed_slide, three_parts

# Made-up pictures lack classes of the presets, and say so.
pytestmark = pytest.mark.filterwarnings("ignore::smalti.exceptions.SegmentationWarning")

TILES = [(128, 128), (67, 101)]

WAYS = {
    "he": {"preset": "he"},
    "hdab": {"preset": "hdab"},
    "plain": {"k": 4},
    "linear": {"k": 3, "space": "linear"},
    "stains": {"k": 3, "space": "he"},
    "variance": {"k": 4, "normalize": "variance"},
    "local": {"k": 3, "normalize": "local", "spatial_weight": 0.8},
    "init_colors": {"k": 4, "init_colors": ["f4f2ee", "2a1208"], "locked": [0]},
    "position": {"k": 5, "spatial_method": "position", "spatial_weight": 0.7},
}


def disc(shape):
    """A mask with an odd boundary."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    return np.hypot(rows - 0.4 * shape[0], columns - 0.6 * shape[1]) < 0.45 * max(shape)


def parts(shape, tile):
    """Rows and columns of the tiles of an image."""
    starts = product(range(0, shape[0], tile[0]), range(0, shape[1], tile[1]))
    for row, column in starts:
        yield (
            slice(row, min(row + tile[0], shape[0])),
            slice(column, min(column + tile[1], shape[1])),
        )


def wider(part, margin, shape):
    """A part with a margin on all sides, and where the part lies in it."""
    large = tuple(
        slice(max(span.start - margin, 0), min(span.stop + margin, size))
        for span, size in zip(part, shape, strict=True)
    )
    inner = tuple(
        slice(span.start - wide.start, span.stop - wide.start)
        for span, wide in zip(part, large, strict=True)
    )
    return large, inner


def assembled(classifier, image, tile, *, mask=None, margin=0):
    """Labels of an image that is segmented tile by tile; with a margin the tiles overlap."""
    shape = image.shape[:2]
    labels = np.full(shape, OUTSIDE, dtype=np.uint8)
    for part in parts(shape, tile):
        large, inner = wider(part, margin, shape)
        shown = None if mask is None else mask[large]
        # An image without a pixel that takes part is refused.
        if shown is None or shown.any():
            corner = large[0].start, large[1].start
            found = classifier.segment(image[large].copy(), mask=shown, corner=corner)
            labels[part] = found.labels[inner]
    return labels


def cut_rims(shape, tile, width):
    """The pixels within `width` of an edge where the image was cut."""
    rims = np.zeros(shape, dtype=bool)
    for axis in range(2):
        for edge in range(tile[axis], shape[axis], tile[axis]):
            band = slice(max(edge - width, 0), edge + width)
            rims[(band,) if axis == 0 else (slice(None), band)] = True
    return rims


def check_tiles(classifier, image, *, mask=None, tiles=TILES):
    whole = classifier.segment(image, mask=mask).labels
    for tile in tiles:
        alone = assembled(classifier, image, tile, mask=mask)
        rims = cut_rims(whole.shape, tile, classifier.reach)
        np.testing.assert_array_equal(alone[~rims], whole[~rims], err_msg=str(tile))
        overlapping = assembled(classifier, image, tile, mask=mask, margin=classifier.reach)
        np.testing.assert_array_equal(overlapping, whole, err_msg=str(tile))


@pytest.fixture(scope="module")
def pictures():
    return {
        "slide": sample_slide(200, 300).image,
        "mixed": mixed_slide(OTHER_HE, noise=3.0),
        "hdab": three_parts(OTHER_HDAB, noise=4.0)[0],
        "noise": noise(150, 170),
        "pale": (noise(140, 190) // 12 + 228).astype(np.uint8),
        "16 bits": noise(130, 140).astype(np.uint16) * 257,
    }


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["slide", "mixed", "hdab", "noise", "pale", "16 bits"])
def test_a_tile_alone_has_the_labels_of_the_whole(pictures, name, way):
    image = pictures[name]
    found = smalti.segment(image, **WAYS[way])
    assert found.classifier.reach == (SMOOTHING_REACH if way in ("he", "hdab") else 0)
    if way != "local":
        assert (found.apply(image).labels == found.labels).all()
    check_tiles(found.classifier, image)


@pytest.mark.parametrize("way", WAYS)
def test_a_tile_of_a_mask_has_the_labels_of_the_whole(pictures, way):
    image = pictures["slide"]
    mask = disc(image.shape[:2])
    found = smalti.segment(image, mask=mask, **WAYS[way])
    check_tiles(found.classifier, image, mask=mask)
    clear = np.dstack([image, np.where(mask, 255, 0).astype(np.uint8)])
    whole = found.apply(image, mask=mask).labels
    tile = clear[:128, 130:258]
    labels = found.apply(tile, corner=(0, 130)).labels
    rim = slice(0, 128 - SMOOTHING_REACH), slice(SMOOTHING_REACH, 128 - SMOOTHING_REACH)
    assert (labels[rim] == whole[:128, 130:258][rim]).all()


@pytest.mark.parametrize("way", ["he", "hdab", "plain", "position"])
def test_tiles_of_other_slides_have_the_labels_of_these(pictures, way):
    classifier = smalti.segment(pictures["slide"], **WAYS[way]).classifier
    for other in (sample_slide(150, 220, seed=3).image, pictures["mixed"], pictures["pale"]):
        check_tiles(classifier, other)


@pytest.mark.parametrize("preset", ["he", "hdab"])
def test_tiles_of_a_real_slide_have_the_labels_of_the_whole(preset):
    skimage_data = pytest.importorskip("skimage.data", reason="needs the extra smalti[demo]")
    image = skimage_data.immunohistochemistry()
    classifier = smalti.segment(image, preset=preset).classifier
    check_tiles(classifier, image)
    # 1 % of the pixels, with a white level and a threshold of each tile's own.
    whole = classifier.segment(image).labels
    assert (assembled(classifier, image, (128, 128)) != whole).mean() < 1e-3


@given(
    st.sampled_from(["he", "hdab", "plain", "variance", "position"]),
    st.tuples(st.integers(20, 60), st.integers(20, 60)),
    st.tuples(st.integers(3, 60), st.integers(3, 60)),
    st.integers(1, 255),
    st.integers(0, 99),
)
@settings(max_examples=40, deadline=None)
def test_any_tiles_of_any_noise_have_the_labels_of_the_whole(way, shape, tile, top, seed):
    image = (255 - noise(*shape, seed=seed) % top).astype(np.uint8)
    check_tiles(smalti.segment(image, **WAYS[way]).classifier, image, tiles=[tile])


def test_tissue_in_a_part_is_that_of_the_whole_beyond_the_reach(pictures):
    image = pictures["slide"]
    tissue, threshold = learn_tissue(image)
    assert (threshold.mask_of(image) == tissue).all()
    part = threshold.mask_of(image[50:140, 70:211])
    near = SMOOTHING_REACH
    assert (part[near:-near, near:-near] == tissue[50:140, 70:211][near:-near, near:-near]).all()


def test_positions_do_not_scale_with_the_image():
    # One colour: classes are the quarters of the image that they were learnt on.
    image = np.full((40, 40, 3), 200, dtype=np.uint8)
    image[::7, ::5] = 100
    options = {"spatial_method": "position", "spatial_weight": 50.0}
    found = smalti.segment(image, 4, **options)
    assert found.classifier.features.position_unit == 40.0
    assert (np.bincount(found.labels.ravel()) > 300).all()
    half = found.apply(image[:20])
    assert (half.labels == found.labels[:20]).all()
    lower = found.apply(image[20:], corner=(20, 0))
    assert (lower.labels == found.labels[20:]).all()
    assert (found.apply(image[20:]).labels != found.labels[20:]).any()


def test_an_image_of_another_size_has_classes_at_the_same_pixels():
    image = np.zeros((20, 60, 3), dtype=np.uint8)
    image[:, 30:] = 9
    found = smalti.segment(image, 2, spatial_method="position", spatial_weight=9.0)
    wide = np.zeros((20, 300, 3), dtype=np.uint8)
    labels = found.apply(wide).labels
    assert (labels[:, :25] == found.labels[0, 0]).all()
    assert (labels[:, 35:] == found.labels[0, 59]).all()


@pytest.mark.parametrize(
    "corner", [None, 3, (1,), (1, 2, 3), (-1, 0), (0, 0.5), ("a", 0), (2**70, 0)]
)
def test_a_corner_that_is_none_is_refused(corner):
    found = smalti.segment(noise(9, 9), 2)
    with pytest.raises(InvalidParameterError, match="corner must be"):
        found.apply(noise(9, 9), corner=corner)


def test_classes_whose_parts_depend_on_the_whole_have_no_reach():
    image = noise(40, 40)
    assert smalti.segment(image, 2, texture=1.0).classifier.reach is None
    known = smalti.segment(image, preset="he").classifier
    before = PixelClassifier(known.features, known.codebook, known.names, known.background)
    assert before.reach is None

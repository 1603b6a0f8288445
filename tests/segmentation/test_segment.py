import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smalti
from smalti.exceptions import InvalidParameterError
from smalti.labelmaps.classes import OUTSIDE
from tests.pictures import encoded, noise
from tests.segmentation.slides import BLUE, RED, stripes


def noisy_disc(size=96, deviation=60, seed=0):
    """A light disc on dark ground, and where it is."""
    rows, columns = np.mgrid[:size, :size]
    truth = (rows - 0.45 * size) ** 2 + (columns - 0.5 * size) ** 2 < (0.3 * size) ** 2
    random = np.random.default_rng(seed)
    levels = np.where(truth, 170.0, 90.0)[..., np.newaxis] + random.normal(
        0, deviation, (size, size, 3)
    )
    return levels.clip(0, 255).astype(np.uint8), truth


@pytest.fixture(scope="module")
def tissue():
    """H-DAB tissue, 170 x 170."""
    skimage_data = pytest.importorskip("skimage.data", reason="needs the extra smalti[demo]")
    return np.ascontiguousarray(skimage_data.immunohistochemistry()[::3, ::3])


def test_classes_are_ordered_by_lightness_darkest_first(photo):
    found = smalti.segment(photo, 5)
    # BT.601 luma is another measure of lightness: colours this far apart have the same order.
    luma = found.colors @ np.array([0.299, 0.587, 0.114])
    assert (np.diff(luma) > 0).all()
    shown = smalti.segment(stripes(colors=(RED, (0, 0, 0), (255, 255, 255))), 3)
    assert shown.labels[0, [0, 12, 24]].tolist() == [1, 0, 2]
    assert shown.colors.tolist() == [[0, 0, 0], list(RED), [255, 255, 255]]


def test_labels_mean_the_same_in_a_mirrored_and_a_turned_image(photo):
    labels = smalti.segment(photo, 4).labels
    assert (smalti.segment(photo[::-1], 4).labels == labels[::-1]).all()
    assert (smalti.segment(photo.transpose(1, 0, 2), 4).labels == labels.T).all()


def test_without_spatial_weight_every_pixel_has_the_nearest_centroid(photo):
    found = smalti.segment(photo, 6)
    features = found.classifier.features.of_image(photo)
    assert (found.codebook.encode(features) == found.labels).all()


def test_centroids_are_the_means_of_their_members(photo):
    found = smalti.segment(photo, 4)
    features = found.classifier.features.of_image(photo).astype(np.float64)
    for i in range(4):
        mean = features[found.labels == i].mean(axis=0)
        assert np.allclose(found.codebook.centroids[i], mean, atol=1e-5)


@pytest.mark.parametrize("space", ["oklab", "srgb", "linear", "he", "hdab"])
def test_every_space_tells_clear_colours_apart(space):
    picture = stripes(colors=((250, 250, 250), (90, 60, 140), (220, 120, 170)))
    found = smalti.segment(picture, 3, space=space)
    assert found.areas.tolist() == [96, 96, 96]
    assert found.labels[0, [0, 12, 24]].tolist() == [2, 0, 1]
    assert np.abs(found.colors[0].astype(int) - (90, 60, 140)).max() <= 45


def test_coherence_rises_with_the_spatial_weight(photo, tissue):
    for picture in (photo, tissue, noise(60, 80), noisy_disc()[0]):
        weights = (0.0, 0.2, 0.4, 0.8, 1.6)
        found = [smalti.segment(picture, 3, spatial_weight=w).coherence for w in weights]
        assert found == sorted(found)
        assert found[-1] > found[0]


def test_what_noise_hides_is_found_with_a_spatial_weight():
    picture, truth = noisy_disc()
    alone = smalti.segment(picture, 2)
    together = smalti.segment(picture, 2, spatial_weight=1.0)
    assert (alone.mask(1) == truth).mean() < 0.9
    assert (together.mask(1) == truth).mean() > 0.97


def test_position_makes_classes_compact(photo):
    def spread(found):
        rows, columns = np.mgrid[: found.shape[0], : found.shape[1]]
        return sum(
            (places[found.mask(i)].var() * found.areas[i])
            for i in range(found.k)
            for places in (rows, columns)
        )

    options = {"spatial_method": "position"}
    found = [smalti.segment(photo, 4, spatial_weight=w, **options) for w in (0.0, 0.5, 1.0, 4.0)]
    spreads = [spread(segmentation) for segmentation in found]
    assert spreads == sorted(spreads, reverse=True)
    assert (found[0].labels == smalti.segment(photo, 4).labels).all()


def test_position_on_an_image_of_one_colour_does_nothing():
    found = smalti.segment(stripes(colors=(RED,)), 2, spatial_weight=1.0, spatial_method="position")
    assert found.k == 1


def test_texture_tells_apart_what_colour_cannot():
    rows, columns = np.mgrid[:64, :64]
    wave = 128 + 80 * np.sin(np.where(columns < 32, rows, columns) * 1.1)
    picture = np.repeat(wave.astype(np.uint8)[..., np.newaxis], 3, axis=2)
    found = smalti.segment(picture, 2, texture=20.0)
    left = found.labels[8:56, 4:24]
    right = found.labels[8:56, 40:60]
    assert len({*left.ravel()}) == len({*right.ravel()}) == 1
    assert left[0, 0] != right[0, 0]
    with pytest.raises(InvalidParameterError, match="cannot be found again in another image"):
        found.apply(picture)


def test_without_chroma_only_lightness_counts():
    picture = stripes(colors=((120, 120, 120), (140, 100, 150), (250, 250, 250)))
    found = smalti.segment(picture, 2, chroma_weight=0)
    assert found.labels[0, ::12].tolist() == [0, 0, 1]
    assert (np.ptp(found.colors, axis=1) == 0).all()


@pytest.mark.parametrize("space", ["oklab", "srgb", "he"])
def test_uneven_light_counts_less_when_normalised_by_local_variation(space):
    # Two colours that differ little, in light that varies much.
    picture = np.zeros((64, 96, 3))
    picture[:, :48] = 150, 120, 130
    picture[:, 48:] = 130, 130, 110
    rows = np.linspace(0.6, 1.4, 64)[:, np.newaxis, np.newaxis]
    random = np.random.default_rng(1)
    picture = (picture * rows + random.normal(0, 2, picture.shape)).clip(0, 255).astype(np.uint8)
    truth = np.arange(96) >= 48

    def agreement(**options):
        found = smalti.segment(picture, 2, space=space, spatial_weight=0.5, **options)
        same = (found.mask(1) == truth).mean()
        return max(same, 1 - same)

    assert agreement() < 0.8
    assert agreement(normalize="local") > 0.97


@pytest.mark.parametrize("normalize", ["variance", "local"])
def test_normalised_classes_do_not_depend_on_contrast_and_are_found_again(photo, normalize):
    found = smalti.segment(photo, 3, space="srgb", normalize=normalize)
    fainter = smalti.segment((photo / 510.0), 3, space="srgb", normalize=normalize)
    assert (fainter.labels == found.labels).mean() > 0.995
    assert (found.apply(photo).labels == found.labels).all()


@pytest.mark.parametrize("normalize", ["variance", "local"])
def test_flat_and_tiny_images_can_be_normalised(normalize):
    for picture in (stripes(), stripes(colors=(RED,)), np.zeros((1, 1, 3), np.uint8), noise(3, 4)):
        found = smalti.segment(picture, 3, normalize=normalize, spatial_weight=0.1)
        assert found.labels.max() < found.k


def test_locked_colours_stay_and_the_others_are_learnt(photo):
    colors = ["ff0000", "#000000", (12, 200, 34)]
    found = smalti.segment(photo, 5, init_colors=colors, locked=True)
    listed = found.colors.tolist()
    assert [255, 0, 0] in listed
    assert [0, 0, 0] in listed
    assert [12, 200, 34] in listed
    for locked in ([1], [False, True, False], np.array([1])):
        found = smalti.segment(photo, 5, init_colors=colors, locked=locked)
        listed = found.colors.tolist()
        assert [0, 0, 0] in listed
        assert [255, 0, 0] not in listed


def test_classes_begin_with_the_colours_given():
    # Two greys and two reds: which pair is split into two depends on where one begins.
    picture = stripes(colors=((60, 60, 60), (90, 60, 60), (200, 200, 200), (200, 170, 170)))
    given = smalti.segment(picture, 2, init_colors=[(0, 0, 0), (255, 255, 255)])
    assert given.labels[0, ::12].tolist() == [0, 0, 1, 1]


def test_a_locked_class_without_pixels_has_area_0():
    found = smalti.segment(stripes(), 4, init_colors=["ffffff"], locked=True)
    assert found.areas.tolist() == [96, 96, 96, 0]
    assert found.shares.sum() == 1.0


def test_classes_found_in_one_image_are_found_again_in_others(photo, tmp_path):
    found = smalti.segment(photo[:, :80], 4, spatial_weight=0.4)
    whole = found.apply(photo, spatial_weight=0.4)
    assert whole.codebook == found.codebook
    assert (found.apply(photo[:, :80], spatial_weight=0.4).labels == found.labels).all()
    written = found.classifier.save(tmp_path / "classes.npz")
    assert written == (tmp_path / "classes.npz").stat().st_size
    loaded = smalti.PixelClassifier.load(tmp_path / "classes.npz")
    assert (loaded.segment(photo, spatial_weight=0.4).labels == whole.labels).all()
    assert repr(loaded) == repr(found.classifier)


def test_a_mask_leaves_pixels_out_of_fit_and_labels(photo):
    mask = np.zeros(photo.shape[:2], dtype=bool)
    mask[20:70, 30:120] = True
    for weight in (0.0, 0.5):
        found = smalti.segment(photo, 3, mask=mask, spatial_weight=weight)
        assert ((found.labels == OUTSIDE) == ~mask).all()
        assert found.areas.sum() == mask.sum()
        other = photo.copy()
        other[~mask] = 255 - other[~mask]
        again = smalti.segment(other, 3, mask=mask, spatial_weight=weight)
        assert (again.labels == found.labels).all()
    assert (
        smalti.segment(photo, 3, mask=mask.astype(np.uint8) * 255).labels
        == smalti.segment(photo, 3, mask=mask).labels
    ).all()


def test_clear_pixels_belong_to_no_class_and_other_alpha_does_not_count():
    picture = np.dstack([stripes(), np.full((8, 36), 255, dtype=np.uint8)])
    picture[:, 12:20, 3] = 0
    picture[:, 20:24, 3] = 9
    found = smalti.segment(picture, 3)
    assert (found.labels[:, 12:20] == OUTSIDE).all()
    assert sorted(found.areas.tolist()) == [4 * 8, 96, 96]
    assert np.count_nonzero(found.labels == found.labels[0, 20]) == 32


def test_small_regions_join_their_neighbours():
    picture = stripes()
    picture[3, 3] = BLUE
    assert smalti.segment(picture, 3).areas[0] == 97
    found = smalti.segment(picture, 3, min_region=2)
    assert sorted(found.areas.tolist()) == [96, 96, 96]


def test_superpixels_are_labelled_as_a_whole(photo):
    found = smalti.segment(photo, 3, superpixels=150)
    assert found.coherence > smalti.segment(photo, 3).coherence


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"spatial_weight": 0.2},
        {"spatial_weight": 0.3},
        {"spatial_weight": 0.3, "spatial_method": "position"},
    ],
)
def test_what_repeats_from_column_to_column_is_not_missed(dtype, options):
    # More pixels than are looked at, at even distances that columns of one colour repeat at.
    picture = np.zeros((1100, 2048, 3), dtype=dtype)
    picture[:, 1::2] = np.array([240, 200, 10]) * (np.iinfo(dtype).max // 255)
    found = smalti.segment(picture, 2, **options)
    assert found.k == 2
    assert found.colors.tolist() == [[0, 0, 0], [240, 200, 10]]


@pytest.mark.parametrize("weight", [0.05, 0.5, 1.0, 5.0])
def test_an_image_of_few_colours_has_no_others_with_a_weight(weight):
    picture = np.zeros((64, 67, 3), dtype=np.uint8)
    picture[:, 33:] = RED
    picture[10:13, 7:9] = RED
    found = smalti.segment(picture, 4, spatial_weight=weight)
    assert found.colors.tolist() == [[0, 0, 0], list(RED)]


@pytest.mark.parametrize("weight", [1e2, 1e38, 1e300])
def test_an_immense_weight_leaves_labels_that_there_are(photo, weight):
    clear = np.dstack([photo, np.full(photo.shape[:2], 255, dtype=np.uint8)])
    clear[:, :9, 3] = 0
    for picture in (photo, clear):
        found = smalti.segment(picture, 3, spatial_weight=weight)
        assert found.areas.sum() == (found.labels != OUTSIDE).sum()
        assert found.areas.max() == found.areas.sum()
        options = {"spatial_method": "position"}
        assert smalti.segment(picture, 3, spatial_weight=weight, **options).k == 3


@pytest.mark.parametrize(
    ("picture", "k"),
    [
        (np.full((1, 1, 3), 7, dtype=np.uint8), 3),
        (stripes(), 9),
        (np.full((5, 5), 9, dtype=np.uint8), 2),
        (np.zeros((1, 40, 3), dtype=np.uint8), 2),
    ],
)
def test_an_image_of_few_colours_has_a_class_for_each(picture, k):
    colors = len(np.unique(picture.reshape(-1, 3 if picture.ndim == 3 else 1), axis=0))
    for options in ({}, {"spatial_weight": 0.5}, {"spatial_weight": 3.0}):
        assert smalti.segment(picture, k, **options).k == colors


def test_other_kinds_of_images_are_taken(photo):
    labels = smalti.segment(photo, 3).labels
    assert (smalti.segment(encoded(photo), 3).labels == labels).all()
    assert (smalti.segment(photo.astype(np.uint16) * 257, 3).labels == labels).mean() > 0.999
    assert smalti.segment(photo[..., 0], 3).k == 3
    assert smalti.segment(photo / 255.0, 3).k == 3


@given(
    st.integers(1, 30), st.integers(1, 30), st.integers(1, 6), st.floats(0, 3), st.integers(0, 99)
)
@settings(max_examples=30)
def test_every_pixel_has_a_class_that_there_is(height, width, k, weight, seed):
    picture = noise(height, width, seed=seed) // 64 * 64
    found = smalti.segment(picture, k, spatial_weight=weight, seed=seed)
    assert found.k <= k
    assert int(found.labels.max()) < found.k
    assert found.areas.sum() == height * width
    assert (found.masks().sum(axis=0) == 1).all()
    again = smalti.segment(picture, k, spatial_weight=weight, seed=seed)
    assert (again.labels == found.labels).all()


def test_progress_is_reported_and_stops_the_work(photo):
    stages = []
    smalti.segment(photo, 3, spatial_weight=0.4, progress=lambda s, f: stages.append((s, f)))
    assert {"k-means", "mapping pixels"} <= {stage for stage, _ in stages}
    assert all(0.0 <= done <= 1.0 for _, done in stages)

    def stop(_stage, _done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        smalti.segment(photo, 3, spatial_weight=0.4, progress=stop)

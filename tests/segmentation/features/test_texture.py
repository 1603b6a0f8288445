"""Texture features: what differs in texture only is told apart."""

import warnings

import numpy as np
import pytest

import smalti
from smalti.exceptions import InvalidParameterError
from smalti.segmentation.features.texture import texture_features
from tests.pictures import noise

ROWS, COLUMNS = np.mgrid[:128, :160]
LEFT = COLUMNS < 80


def _grating(wavelength, degrees, contrast=0.2):
    angle = np.radians(degrees)
    along = COLUMNS * np.cos(angle) + ROWS * np.sin(angle)
    return (0.5 + contrast * np.sin(along * 2 * np.pi / wavelength)).astype(np.float32)


def _two_classes(features):
    points = features.reshape(-1, features.shape[-1])
    return smalti.kmeans(points, 2, n_init=3).labels.reshape(features.shape[:2])


def _agreement(labels, truth):
    share = (labels == truth).mean()
    return max(share, 1 - share)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((6, 0), (6, 90)),
        ((6, 45), (6, 135)),
        ((6, 30), (6, 60)),
        ((4, 20), (12, 20)),
        ((16, 0), (24, 90)),
        ((6, 0, 0.2), (6, 0, 0.05)),
    ],
)
def test_gratings_of_equal_mean_are_told_apart(one, other):
    picture = np.where(LEFT, _grating(*one), _grating(*other))
    features = texture_features(picture)
    assert _agreement(_two_classes(features), LEFT) > 0.92


def test_each_channel_answers_its_own_wavelength_and_direction_most():
    answers = []
    for wavelength in (2.83, 5.66, 11.3, 22.6):
        for degrees in (0, 45, 90, 135):
            # Grey beside the grating, and noise over both, so that every channel varies.
            picture = np.where(LEFT, _grating(wavelength, degrees), np.float32(0.5))
            noisy = picture + np.random.default_rng(0).normal(0, 0.02, picture.shape)
            features = texture_features(noisy, octaves=4, components=None)
            answers.append(features[40:88, 25:55].mean(axis=(0, 1)))
    assert np.argmax(answers, axis=0).tolist() == list(range(16))


def test_features_have_mean_0_and_variance_1_together():
    random = np.random.default_rng(0).random((120, 160), dtype=np.float32)
    channels = texture_features(random, components=None)
    np.testing.assert_allclose(channels.mean(axis=(0, 1)), 0.0, atol=0.02)
    np.testing.assert_allclose(channels.var(axis=(0, 1)).sum(), 1.0, atol=0.1)


def test_components_keep_the_distances_of_the_channels():
    picture = np.where(LEFT, _grating(6, 10), _grating(9, 80))
    channels = texture_features(picture, components=None)
    some = np.random.default_rng(0).integers(0, ROWS.size, (2, 200))

    def distances(features):
        points = features.reshape(-1, features.shape[-1])
        return np.linalg.norm(points[some[0]] - points[some[1]], axis=1)

    whole = texture_features(picture, components=channels.shape[2])
    np.testing.assert_allclose(distances(whole), distances(channels), atol=1e-4)
    first = texture_features(picture)
    np.testing.assert_array_equal(first, whole[..., :6])
    assert (np.diff(first.var(axis=(0, 1))) <= 0).all()


def test_brightness_alone_is_no_texture():
    assert not texture_features(np.full((64, 80), 0.7, dtype=np.float32)).any()
    # A step has texture at its edge only: far from it both sides are the same.
    step = np.where(LEFT, 0.2, 0.8).astype(np.float32)
    features = texture_features(step, octaves=2, components=None)
    np.testing.assert_allclose(features[64, 10], features[64, 150], atol=1e-4)


def test_tiles_leave_no_seams():
    random = np.random.default_rng(0).random((300, 700), dtype=np.float32)
    features = texture_features(random, octaves=1, components=None)
    # 256 pixels on, the same samples lie at another place of a tile.
    moved = texture_features(random[:, 100:], octaves=1, components=None)
    ratio = features[:, 130:-30].std(axis=(0, 1)) / moved[:, 30:-30].std(axis=(0, 1))
    expected = features[:, 130:-30] - features[:, 130:-30].mean(axis=(0, 1))
    found = (moved[:, 30:-30] - moved[:, 30:-30].mean(axis=(0, 1))) * ratio
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (7, 9), (33, 130)])
def test_pictures_of_any_shape_are_taken(shape):
    features = texture_features(np.random.default_rng(0).random(shape, dtype=np.float32))
    assert features.shape[:2] == shape
    assert features.dtype == np.float32
    assert features.flags.c_contiguous
    assert np.isfinite(features).all()


def test_of_colors_the_lightness_counts():
    picture = np.where(LEFT, _grating(6, 0), _grating(6, 90))
    gray = np.rint(picture * 255).astype(np.uint8)
    features = texture_features(gray)
    np.testing.assert_array_equal(features, texture_features(np.dstack([gray] * 3)))
    deep = texture_features(gray.astype(np.uint16) * 257)
    np.testing.assert_allclose(features, deep, atol=1e-4)
    opaque = np.dstack([gray] * 3 + [np.full_like(gray, 255)])
    np.testing.assert_array_equal(features, texture_features(opaque))


def test_features_are_the_same_every_time():
    picture = noise(90, 110)
    np.testing.assert_array_equal(texture_features(picture), texture_features(picture))


def test_real_textures_of_equal_mean_and_contrast_are_told_apart():
    skimage_data = pytest.importorskip("skimage.data", reason="needs the extra smalti[demo]")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = [skimage_data.brick(), skimage_data.grass()]
    brick, grass = (
        (t - t.mean()) / t.std() for t in (t[::2, ::2].astype(np.float32) for t in whole)
    )
    inside = np.hypot(*np.mgrid[-128:128, -128:128]) < 80
    picture = (0.5 + 0.15 * np.where(inside, grass, brick)).astype(np.float32)
    assert _agreement(_two_classes(texture_features(picture)), inside) > 0.93


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"octaves": 0}, "octaves must be between 1 and 5, got 0"),
        ({"octaves": 6}, "octaves must be between 1 and 5, got 6"),
        ({"orientations": 13}, "orientations must be between 1 and 12, got 13"),
        ({"components": 0}, "components must be at least 1, got 0"),
    ],
)
def test_arguments_outside_their_range_are_refused(options, message):
    with pytest.raises(InvalidParameterError, match=message):
        texture_features(_grating(6, 0), **options)


@pytest.mark.parametrize("lightness", [np.zeros((0, 3)), np.full((4, 4), np.nan)])
def test_lightness_must_be_finite_and_there(lightness):
    with pytest.raises(InvalidParameterError, match="lightness must have finite values"):
        texture_features(lightness)

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from smalti import metrics
from smalti.exceptions import ImageReadError, InvalidParameterError
from tests import reference
from tests.pictures import encoded, noise

pairs = st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
    lambda shape: st.tuples(
        hnp.arrays(np.uint8, (*shape, 3)),
        hnp.arrays(np.uint8, (*shape, 3)),
    )
)


@given(pairs)
def test_mse_and_psnr_agree_with_numpy(pair):
    expected = reference.mse(*pair)
    assert metrics.mse(*pair) == pytest.approx(expected, rel=1e-12)
    if expected > 0:
        psnr = 10 * math.log10(255**2 / expected)
        assert metrics.psnr(*pair) == pytest.approx(psnr, rel=1e-12)
    else:
        assert metrics.psnr(*pair) == math.inf


def test_mse_is_the_mean_over_all_samples():
    black = np.zeros((1, 2, 3), np.uint8)
    other = np.array([[[3, 0, 0], [0, 0, 6]]], dtype=np.uint8)
    assert metrics.mse(black, other) == (9 + 36) / 6


def test_black_and_white_are_as_far_apart_as_can_be():
    black = np.zeros((4, 4, 3), np.uint8)
    assert metrics.mse(black, ~black) == 255**2
    assert metrics.psnr(black, ~black) == 0.0


def test_16_bits_are_measured_on_the_scale_of_8():
    eight, other = noise(5, 6), noise(5, 6, seed=1)
    sixteen = eight.astype(np.uint16) * 257
    assert metrics.mse(sixteen, eight) == 0.0
    assert metrics.mse(sixteen, other) == pytest.approx(metrics.mse(eight, other))
    fine = np.full((2, 2, 3), 1, np.uint16)
    assert metrics.mse(fine, fine * 0) == pytest.approx((1 / 257) ** 2)


def test_alpha_is_premultiplied():
    clear = np.array([[[9, 9, 9, 0]]], dtype=np.uint8)
    red = np.array([[[200, 0, 0, 0]]], dtype=np.uint8)
    assert metrics.mse(clear, red) == 0.0
    half, solid = (np.array([[[100, 0, 0, a]]], dtype=np.uint8) for a in (51, 255))
    assert metrics.mse(half, solid) == pytest.approx((80**2 + 204**2) / 4)


def test_any_kind_of_image_is_measured(photo, tmp_path):
    Image.fromarray(photo).save(tmp_path / "photo.png")
    assert metrics.mse(tmp_path / "photo.png", encoded(photo)) == 0.0
    assert metrics.psnr(photo, Image.fromarray(photo)) == math.inf


@pytest.mark.parametrize("shape", [(1, 1), (1, 30), (5, 5), (16, 33)])
@pytest.mark.parametrize("channels", [3, 4])
def test_identical_images_score_100(shape, channels):
    image = noise(*shape, channels)
    assert metrics.ssimulacra2(image, image) == pytest.approx(100.0)


def test_the_score_falls_with_the_error(photo):
    scores = []
    for amplitude in (1, 4, 16, 64):
        error = np.random.default_rng(0).integers(-amplitude, amplitude + 1, photo.shape)
        distorted = np.clip(photo.astype(int) + error, 0, 255).astype(np.uint8)
        scores.append(metrics.ssimulacra2(photo, distorted))
    assert scores == sorted(scores, reverse=True)
    assert scores[0] < 100
    assert scores[-1] < 50


def test_scores_match_known_qualities_of_jpeg(photo):
    # J. Sneyers' scale: 90 is hardly distinguishable, 10 and below is bad.
    assert metrics.ssimulacra2(photo, encoded(photo, "JPEG", quality=98, subsampling=0)) > 80
    assert metrics.ssimulacra2(photo, encoded(photo, "JPEG", quality=5)) < 30


@pytest.mark.parametrize(
    "measure",
    [
        metrics.mse,
        metrics.psnr,
        metrics.ssimulacra2,
        metrics.worst_local_error,
        metrics.local_errors,
        metrics.difference_map,
    ],
)
def test_different_shapes_are_refused(measure):
    for first, second, word in (
        (noise(3, 4), noise(3, 5), "columns"),
        (noise(3, 4), noise(2, 4), "rows"),
        (noise(3, 4), noise(3, 4, 4), "channels"),
    ):
        with pytest.raises(InvalidParameterError, match=word):
            measure(first, second)
    with pytest.raises(ImageReadError):
        measure(noise(3, 4), b"nothing")

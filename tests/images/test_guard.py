"""Small regions of a colour of their own keep it."""

import numpy as np
import pytest

import smalti
from smalti.measure.metrics import worst_local_error

RED = (230, 20, 20)
SPOT = (slice(30, 36), slice(40, 46))


@pytest.fixture
def lamp(photo):
    """A red lamp of 6 x 6 pixels in a grey photograph."""
    grey = photo.mean(axis=2, keepdims=True).astype(np.uint8).repeat(3, axis=2)
    grey[SPOT] = RED
    return grey


def spot_error(image, compressed):
    return worst_local_error(
        *(np.ascontiguousarray(p[SPOT]) for p in (image, compressed.reconstruct()))
    )


@pytest.mark.parametrize("k", [8, 16, 256])
@pytest.mark.parametrize(
    "goal", [{}, {"rate_weight": 0.3}, {"rate_weight": 1.2}, {"quality": 50}, {"dither": 0}]
)
def test_a_lamp_keeps_its_colour(lamp, k, goal):
    assert spot_error(lamp, smalti.compress(lamp, k, **goal)) < 5


def test_a_lamp_in_a_large_picture_keeps_its_colour(lamp):
    # Above a megapixel nearest colours are looked at, and given, instead of searching again.
    height, width, _ = lamp.shape
    grey = lamp.copy()
    grey[SPOT] = grey[0, 0]
    large = np.tile(grey, (-(-1040 // height), -(-1040 // width), 1))
    large[:height, :width] = lamp
    assert large.shape[0] * large.shape[1] > 2**20
    for k, weight in ((16, 0.05), (256, 1.2)):
        compressed = smalti.compress(large, k, rate_weight=weight, effort=2)
        assert spot_error(large, compressed) < 5


def test_plain_k_means_is_not_guarded(lamp):
    plain = smalti.compress(lamp, 8, rate_weight=0, dither=0)
    assert spot_error(lamp, plain) > 15


def test_the_same_lamp_gives_the_same_bytes(lamp):
    first, second = (smalti.compress(lamp, 16, rate_weight=1).to_bytes("png") for _ in range(2))
    assert first == second

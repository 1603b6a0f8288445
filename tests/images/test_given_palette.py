"""Palettes that are given: of other images, or made by hand."""

import _thread
import os
import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import smalti
from smalti import _core
from smalti.exceptions import InvalidParameterError, TargetNotReachedError
from smalti.raw_array import RawArray
from tests.pictures import noise
from tests.reference import linear, oklab

PLAIN = {"rate_weight": 0, "dither": 0}
GOALS = [
    PLAIN,
    {"rate_weight": 0, "dither": 1},
    {"rate_weight": 0.3},
    {"rate_weight": 0.05, "dither": 0.5, "dither_method": "blue-noise"},
    {},
    {"quality": -300},
    {"max_bytes": 2500},
]
SPACES = ["oklab", "srgb", "linear"]
CLEAR, SHADOW, WHITE, BLUE = (9, 9, 9, 0), (0, 0, 0, 60), (255, 255, 255, 255), (0, 0, 200, 255)

samples = st.sampled_from([0, 1, 128, 254, 255]) | st.integers(0, 255)


def arrays(channels, most=8):
    shape = st.tuples(st.integers(1, most), st.integers(1, most), st.just(channels))
    return hnp.arrays(np.uint8, shape, elements=samples)


def coordinates(colors, space):
    """Coordinates of opaque colours, shape (..., 3)."""
    return {"srgb": np.asarray, "linear": linear, "oklab": oklab}[space](colors).astype(float)


def distances(image, palette, space):
    """Squared distances of pixels to colours, shape (H, W, K)."""
    points, colors = coordinates(image[..., :3], space), coordinates(palette[:, :3], space)
    return ((points[:, :, np.newaxis] - colors) ** 2).sum(axis=-1)


@pytest.fixture
def other():
    """A picture of other colours than the photograph has."""
    return noise(30, 40, seed=4) // 2 + 40


@pytest.mark.parametrize("goal", GOALS)
def test_the_palette_of_another_image_keeps_its_colours_and_their_order(photo, other, goal):
    palette = smalti.compress(other, 40, **PLAIN).palette
    compressed = smalti.compress(photo, palette=palette[::-1], **goal)
    np.testing.assert_array_equal(compressed.palette, palette[::-1])
    np.testing.assert_array_equal(compressed.centroids, palette[::-1].astype(float))
    assert compressed.indices.shape == photo.shape[:2]
    assert compressed.indices.dtype == np.uint8


@pytest.mark.parametrize("goal", GOALS)
def test_colours_without_pixels_stay_and_of_equal_colours_the_first_is_used(photo, goal):
    palette = ["000000", "ffffff", "00ff00", "000000", "808080", "b08040", "ff00ff", "ffffff"]
    compressed = smalti.compress(photo, palette=palette, **goal)
    expected = [[int(color[i : i + 2], 16) for i in (0, 2, 4)] for color in palette]
    assert compressed.palette.tolist() == expected
    assert not np.isin(compressed.indices, [3, 7]).any()


@pytest.mark.parametrize("format_name", ["png", "npz"])
def test_a_picture_of_a_given_palette_is_written_and_read(photo, tmp_path, format_name):
    palette = [(0, 0, 0), (255, 255, 255), (0, 0, 0), (1, 2, 3), (200, 150, 90)]
    compressed = smalti.compress(photo, palette=palette, dither=1, rate_weight=0)
    compressed.save(tmp_path / f"picture.{format_name}")
    loaded = smalti.load(tmp_path / f"picture.{format_name}")
    np.testing.assert_array_equal(loaded.reconstruct(), compressed.reconstruct())


@pytest.mark.parametrize("space", SPACES)
@given(image=arrays(3), palette=hnp.arrays(np.uint8, st.tuples(st.integers(1, 20), st.just(3))))
def test_plain_labels_are_those_of_a_slow_search(space, image, palette):
    compressed = smalti.compress(image, palette=palette, space=space, **PLAIN)
    far = distances(image, palette, space)
    found = np.take_along_axis(far, compressed.indices[..., np.newaxis].astype(int), axis=-1)
    if space == "srgb":
        np.testing.assert_array_equal(compressed.indices, far.argmin(axis=-1))
    np.testing.assert_allclose(found[..., 0], far.min(axis=-1), rtol=1e-6, atol=1e-9)


def test_three_hundred_colours_get_plain_labels(photo):
    palette = noise(1, 300, seed=2)[0]
    compressed = smalti.compress(photo, palette=palette, space="srgb")
    assert compressed.indices.dtype == np.uint16
    expected = distances(photo, palette, "srgb").argmin(axis=-1)
    np.testing.assert_array_equal(compressed.indices, expected)


@settings(max_examples=60)
@given(image=st.one_of(arrays(3), arrays(4)), k=st.integers(1, 12), space=st.sampled_from(SPACES))
def test_a_picture_mapped_to_its_own_palette_is_itself(image, k, space):
    first = smalti.compress(image, k, space=space, **PLAIN)
    again = smalti.compress(first.reconstruct(), palette=first.palette, space=space, **PLAIN)
    np.testing.assert_array_equal(again.indices, first.indices)
    np.testing.assert_array_equal(again.reconstruct(), first.reconstruct())


@settings(max_examples=60)
@given(image=arrays(3), k=st.integers(1, 12), space=st.sampled_from(SPACES))
def test_the_palette_learned_from_an_image_serves_it_no_worse_when_given(image, k, space):
    # Learned labels are nearest to the centroids before rounding, these to the colours themselves.
    learned = smalti.compress(image, k, space=space, **PLAIN)
    mapped = smalti.compress(image, palette=learned.palette, space=space, **PLAIN)
    far = distances(image, learned.palette, space)
    own, other = (
        np.take_along_axis(far, picture.indices[..., np.newaxis].astype(int), axis=-1)
        for picture in (mapped, learned)
    )
    assert (own <= other * (1 + 1e-6) + 1e-12).all()
    if len(np.unique(image.reshape(-1, 3), axis=0)) <= k:
        np.testing.assert_array_equal(mapped.reconstruct(), image)


@pytest.mark.parametrize("goal", GOALS)
@settings(max_examples=25)
@given(
    image=arrays(4),
    palette=hnp.arrays(np.uint8, st.tuples(st.integers(1, 20), st.just(4)), elements=samples),
)
def test_clear_and_opaque_pixels_stay_so_where_the_palette_has_such_colours(goal, image, palette):
    compressed = smalti.compress(image, palette=palette, **goal)
    shown, alpha = compressed.reconstruct()[..., 3], image[..., 3]
    np.testing.assert_array_equal(compressed.palette, palette)
    if (palette[:, 3] == 0).any():
        assert (shown[alpha == 0] == 0).all()
    if (palette[:, 3] == 255).any():
        assert (shown[alpha == 255] == 255).all()


def test_an_edge_takes_the_nearest_colour_not_the_only_translucent_one():
    image = np.array([[(255, 255, 255, alpha) for alpha in (255, 240, 10, 0)]], np.uint8)
    compressed = smalti.compress(image, palette=[CLEAR, SHADOW, WHITE, BLUE], **PLAIN)
    assert compressed.indices.tolist() == [[2, 2, 0, 0]]


@pytest.mark.parametrize("goal", GOALS)
def test_an_image_without_alpha_takes_the_opaque_colours_of_a_palette_with_alpha(photo, goal):
    compressed = smalti.compress(photo, palette=[CLEAR, SHADOW, WHITE, BLUE], **goal)
    assert compressed.palette.tolist() == [list(c) for c in (CLEAR, SHADOW, WHITE, BLUE)]
    assert np.isin(compressed.indices, [2, 3]).all()
    assert compressed.report().mse > 0
    assert compressed.difference_map().shape == photo.shape


def test_an_image_with_alpha_takes_what_an_opaque_palette_has(photo):
    image = np.dstack([photo, np.zeros(photo.shape[:2], np.uint8)])
    image[:20, :, 3] = 255
    compressed = smalti.compress(image, palette=["ff0000", "808080", "00ff00"], **PLAIN)
    assert (compressed.reconstruct()[..., 3] == 255).all()
    # Nothing looks like what is behind it: grey on average.
    assert (compressed.indices[20:] == 1).all()


def test_deep_samples_are_mapped_as_they_are():
    image = np.array([[[257 * 99 + 127] * 3, [257 * 99 + 130] * 3, [257 * 100] * 3]], np.uint16)
    palette = [(99, 99, 99), (100, 100, 100)]
    compressed = smalti.compress(image, palette=palette, space="srgb", **PLAIN)
    assert compressed.indices.tolist() == [[0, 1, 1]]


@pytest.mark.parametrize(
    "goal", [PLAIN, {"rate_weight": 0.3}, {"quality": -1e6}, {"max_bytes": 1000}]
)
def test_one_pixel_gets_one_colour(goal):
    image = np.array([[[250, 3, 4]]], np.uint8)
    compressed = smalti.compress(image, palette=["0000ff", "ff0000"], **goal)
    assert compressed.indices.tolist() == [[1]]
    assert len(compressed.palette) == 2


def test_a_quality_and_a_size_are_reached(photo):
    palette = smalti.compress(photo, 64, **PLAIN).palette
    free = smalti.compress(photo, palette=palette, rate_weight=0)
    quality = smalti.compress(photo, palette=palette, quality=free.report().ssimulacra2 - 10)
    assert quality.report().ssimulacra2 >= free.report().ssimulacra2 - 10
    assert len(quality.to_bytes()) < len(free.to_bytes())
    size = len(free.to_bytes()) * 2 // 3
    assert len(smalti.compress(photo, palette=palette, max_bytes=size).to_bytes()) <= size
    with pytest.raises(TargetNotReachedError, match="quality 99"):
        smalti.compress(photo, palette=palette[:4], quality=99)


def test_palettes_that_are_none_are_refused(photo):
    def refused(sentence, **arguments):
        with pytest.raises(InvalidParameterError, match=sentence):
            smalti.compress(photo, **arguments)

    refused("palette must have between 1 and 65536 colours, got 0", palette=[])
    refused("got 65537", palette=np.zeros((65537, 3), np.uint8))
    refused("palette must be a sequence of colours or a palette file, got 'ff", palette="ff0000")
    refused(r"palette\[1\]: 'red' is not a colour", palette=["ff0000", "red"])
    refused(r"palette\[0\] must be 3 or 4 whole numbers", palette=[[1, 2, 256]])
    refused("keep_colors cannot be given with palette", palette=["ff0000"], keep_colors=["00ff00"])
    refused(r"palette cannot be given with block=\(2, 2\)", palette=["ff0000"], block=(2, 2))
    refused("k=3 contradicts the 1 colours of palette", palette=["ff0000"], k=3)
    colors = np.zeros((257, 3), np.uint8)
    refused("palette has 257 colours: at most 256 colours are", palette=colors, rate_weight=0.1)


def test_the_same_bytes_come_from_any_number_of_threads():
    script = """
import hashlib, numpy as np, smalti
from tests.pictures import noise
slope = np.add.outer(np.arange(300), np.arange(200))[..., np.newaxis] // np.array([2, 3, 5])
image = (slope + noise(300, 200) % 16).astype(np.uint8)
for goal in ({}, {"rate_weight": 0}, {"rate_weight": 0.3}, {"quality": -500}, {"max_bytes": 9000}):
    c = smalti.compress(image, palette=noise(1, 50, seed=3)[0], effort=3, **goal)
    print(hashlib.sha256(c.indices.tobytes() + c.to_bytes()).hexdigest(), c.rate_weight)
"""
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "RAYON_NUM_THREADS": threads},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in ("1", "2")
    }
    assert len(outputs) == 1


def core_compress(image, count_bytes, palette=None, max_bytes=2000):
    return _core.compress(
        image,
        64,
        rate_weight=None,
        quality=None,
        max_bytes=max_bytes,
        dither=None,
        dither_method="diffusion",
        keep=[],
        order=None,
        space="oklab",
        effort=3,
        palette=palette,
        count_bytes=count_bytes,
    )


@pytest.mark.parametrize("palette", [None, noise(1, 20, 4)[0] | np.array([0, 0, 0, 255], np.uint8)])
def test_a_size_is_what_the_given_coder_counts(photo, palette):
    seen = []

    def count_changes(indices, colors):
        assert indices.shape == photo.shape[:2]
        assert colors.shape[1] == 3
        assert indices.max() < len(colors)
        seen.append(int((np.diff(indices.astype(int), axis=1) != 0).sum()))
        return seen[-1]

    raw, *_ = core_compress(photo, count_changes, palette)
    indices = RawArray(*raw).array()
    found = int((np.diff(indices.astype(int), axis=1) != 0).sum())
    assert found <= 2000
    assert found in seen
    assert len(seen) > 1


def test_a_coder_may_call_the_core_on_one_thread():
    script = """
import numpy as np, smalti
from smalti import _core
from tests.images.test_given_palette import core_compress
from tests.pictures import noise
def count(indices, palette):
    return len(_core.encode_png(indices, palette, effort=1, weighed=True))
core_compress(noise(40, 40), count)
"""
    env = {**os.environ, "RAYON_NUM_THREADS": "1"}
    subprocess.run([sys.executable, "-c", script], env=env, check=True, timeout=120)


@pytest.mark.parametrize(
    "raised", [KeyError("lost"), KeyboardInterrupt(), InvalidParameterError("no")]
)
def test_what_a_coder_raises_stops_the_work_and_is_raised(photo, raised):
    calls = []

    def count_bytes(indices, palette):
        calls.append((indices, palette))
        raise raised

    with pytest.raises(type(raised)) as caught:
        core_compress(photo, count_bytes)
    assert caught.value is raised
    assert len(calls) == 1


def test_a_coder_that_returns_no_number_is_refused(photo):
    with pytest.raises(TypeError):
        core_compress(photo, lambda *_: "many")


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_stops_the_work_while_a_coder_counts(photo):
    calls = []

    def count_bytes(indices, palette):
        calls.append(indices.size + len(palette))
        _thread.interrupt_main()
        time.sleep(0.2)  # longer than a signal waits to be seen
        return sys.maxsize

    with pytest.raises(KeyboardInterrupt):
        core_compress(photo, count_bytes)
    assert len(calls) == 1

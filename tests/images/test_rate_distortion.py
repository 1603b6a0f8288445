"""Labels that weigh bits against errors, and diffused errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import smalti
from smalti.exceptions import InvalidParameterError
from smalti.measure.metrics import ssimulacra2
from tests import reference
from tests.pictures import distinct_colors, noise, photographs_reduced

weights = st.sampled_from([None, 0.0, 0.02, 0.5, 10.0, 1e3, 1e9])
dithers = st.none() | st.floats(0, 1)
methods = st.sampled_from(["diffusion", "blue-noise", "ordered"])


def small_images(channels):
    shape = st.tuples(st.integers(1, 7), st.integers(1, 7), st.just(channels))
    return hnp.arrays(np.uint8, shape)


@pytest.fixture(scope="module")
def photographs():
    """Real pictures at a third of their size."""
    return photographs_reduced(3)


def _size(compressed):
    return len(compressed.to_bytes("png"))


def _check(compressed, image, k):
    """What every result promises."""
    palette, indices = compressed.palette, compressed.indices
    assert indices.shape == image.shape[:2]
    assert indices.dtype == np.uint8
    assert len(palette) <= k
    assert len(distinct_colors(palette)) == len(palette)
    np.testing.assert_array_equal(np.unique(indices), np.arange(len(palette)))
    assert np.abs(compressed.centroids - palette).max() <= 0.5 + 1e-9


@given(small_images(3), st.integers(1, 12), weights, dithers)
def test_the_palette_is_distinct_and_in_use(image, k, rate_weight, dither):
    compressed = smalti.compress(image, k, rate_weight=rate_weight, dither=dither)
    _check(compressed, image, k)
    if rate_weight is not None:
        assert compressed.rate_weight == rate_weight
    if dither is not None:
        assert compressed.dither == dither


@given(small_images(4), st.integers(2, 9), weights, dithers, methods)
def test_clear_stays_clear_and_solid_stays_solid(image, k, rate_weight, dither, method):
    image[..., 3] = np.where(image[..., 3] % 3 == 0, image[..., 3], image[..., 3] // 128 * 255)
    compressed = smalti.compress(
        image, k, rate_weight=rate_weight, dither=dither, dither_method=method
    )
    _check(compressed, image, k)
    alpha = compressed.reconstruct()[..., 3]
    assert (alpha[image[..., 3] == 0] == 0).all()
    assert (alpha[image[..., 3] == 255] == 255).all()


@given(small_images(3))
def test_an_image_of_few_colours_is_left_as_it_is(image):
    compressed = smalti.compress(image)
    np.testing.assert_array_equal(compressed.reconstruct(), image)
    assert (compressed.rate_weight, compressed.dither) == (0, 0)


@pytest.mark.parametrize("dither", [0.4, 1.0])
@pytest.mark.parametrize("shape", [(17, 23), (140, 4), (1, 60), (60, 1)])
def test_without_a_rate_weight_errors_are_diffused_as_by_the_reference(shape, dither):
    image = noise(*shape, seed=3)
    image = (image // 4 + np.linspace(0, 190, shape[0]).astype(np.uint8)[:, None, None]).clip(
        0, 255
    )
    compressed = smalti.compress(image.astype(np.uint8), 7, rate_weight=0, dither=dither)
    expected = reference.diffused(image, compressed.palette, dither)
    np.testing.assert_array_equal(compressed.reconstruct(), expected)


def test_dithering_brings_back_what_lies_between_the_colours():
    ramp = np.linspace(0, 255, 96).astype(np.uint8)[np.newaxis, :, np.newaxis]
    ramp = ramp.repeat(64, axis=0).repeat(3, axis=2)

    def error_of_means(dither):
        compressed = smalti.compress(ramp, 3, rate_weight=0, dither=dither)
        both = (reference.oklab(picture)[..., 0] for picture in (ramp, compressed.reconstruct()))
        first, second = (light.reshape(64, 12, 8).mean(axis=(0, 2)) for light in both)
        # Darker and lighter than all colours nothing can be made up for.
        return np.abs(first - second)[3:-3].max()

    assert error_of_means(1) < 0.3 * error_of_means(0)


@pytest.mark.parametrize("k", [16, 64, 256])
def test_the_default_costs_at_most_a_point_and_saves_bytes(photographs, k):
    sizes = np.zeros(2)
    for picture in photographs:
        free = smalti.compress(picture, k, rate_weight=0)
        default = smalti.compress(picture, k)
        best, found = (ssimulacra2(picture, one.reconstruct()) for one in (free, default))
        assert found >= best - 1.01
        assert _size(default) < _size(free)
        assert default.rate_weight > 0
        # Without dither if that looks better even where bits do not count.
        assert (default.dither > 0) == (free.dither > 0)
        assert default.dither < 1
        sizes += _size(free), _size(default)
    assert sizes[1] < (0.98 if k == 16 else 0.95) * sizes[0]


@pytest.mark.parametrize("effort", [1, 2])
def test_at_low_efforts_photographs_get_the_usual_weight_and_others_are_scored(effort):
    photographs = photographs_reduced(1)
    for photograph in photographs:
        assert smalti.compress(photograph, effort=effort).rate_weight == 0.02
    for picture, k in [(photographs[1], 12), *((small, 256) for small in photographs_reduced(8))]:
        free = smalti.compress(picture, k, rate_weight=0, effort=effort)
        default = smalti.compress(picture, k, effort=effort)
        best, found = (ssimulacra2(picture, one.reconstruct()) for one in (free, default))
        assert found >= best - 1.01


def test_dearer_bits_make_smaller_files_and_larger_errors(photo):
    found = [
        smalti.compress(photo, 64, rate_weight=weight, dither=0)
        for weight in (0, 0.02, 0.1, 0.5, 2, 10, 60)
    ]
    sizes = np.array([_size(compressed) for compressed in found])
    errors = np.array([compressed.report().mse for compressed in found])
    assert (sizes[1:] <= 1.01 * sizes[:-1]).all()
    assert (errors[1:] >= 0.98 * errors[:-1]).all()
    assert sizes[3] < 0.6 * sizes[0]


def test_the_file_gives_the_picture_back(photo, tmp_path):
    compressed = smalti.compress(photo, 64, rate_weight=0.2)
    for suffix in ("png", "npz"):
        compressed.save(tmp_path / f"photo.{suffix}")
        loaded = smalti.load(tmp_path / f"photo.{suffix}")
        np.testing.assert_array_equal(loaded.reconstruct(), compressed.reconstruct())


@pytest.mark.parametrize("rate_weight", [None, 0.3])
def test_calls_repeated_give_the_same_bytes_whatever_the_seed(photo, rate_weight):
    first, second, other = (
        smalti.compress(photo, 20, rate_weight=rate_weight, seed=seed) for seed in (5, 5, 6)
    )
    for again in (second, other):
        assert first.to_bytes("png") == again.to_bytes("png")
        np.testing.assert_array_equal(first.centroids, again.centroids)


def test_8_bits_written_as_16_give_the_same_picture(photo):
    for weight in (0.015, 0.3):
        eight = smalti.compress(photo, 16, rate_weight=weight)
        sixteen = smalti.compress(photo.astype(np.uint16) * 257, 16, rate_weight=weight)
        # The last digits of their distances differ, and so in time do diffused errors.
        same = (eight.reconstruct() == sixteen.reconstruct()).all(axis=2).mean()
        assert same > 0.8
        assert _size(sixteen) == pytest.approx(_size(eight), rel=0.05)


@pytest.mark.parametrize("arguments", [{}, {"rate_weight": 0.3}, {"quality": -1000}, {"dither": 1}])
@pytest.mark.parametrize(
    "image",
    [
        noise(1, 1),
        noise(1, 5000),
        noise(5000, 1),
        noise(2, 2500, 4),
        noise(40, 30, 1)[..., 0],
        noise(30, 40, dtype=np.uint16),
        noise(30, 40, 4, dtype=np.uint16),
        noise(30, 40) > 127,
    ],
    ids=["pixel", "row", "column", "clear rows", "grey", "16 bits", "16 bits and alpha", "bool"],
)
def test_images_of_every_shape_and_kind_are_compressed(image, arguments):
    for k in (1, 2, 20):
        compressed = smalti.compress(image, k, **arguments)
        _check(compressed, image, k)
        assert np.isfinite(compressed.centroids).all()


def _ramp():
    """From dark to light, two columns of each grey."""
    values = np.repeat(np.arange(32, 224), 2).astype(np.uint8)
    return np.broadcast_to(values[np.newaxis, :, np.newaxis], (64, 384, 3)).copy()


@pytest.mark.parametrize("method", ["blue-noise", "ordered"])
def test_masks_mix_the_colours_between_those_of_the_palette(method):
    ramp = _ramp()
    arguments = {"k": 4, "space": "srgb", "rate_weight": 0}
    mixed = smalti.compress(ramp, dither=1, dither_method=method, **arguments)
    plain = smalti.compress(ramp, dither=0, **arguments)

    def shift(compressed):
        columns = (compressed.reconstruct()[..., 0].astype(float) - ramp[..., 0]).mean(axis=0)
        # Beyond the outermost colours nothing can be mixed.
        return np.abs(np.convolve(columns, np.ones(32) / 32, "same"))[48:-48].max()

    assert shift(mixed) < 4
    assert shift(plain) > 15


@pytest.mark.parametrize("method", ["blue-noise", "ordered"])
def test_masks_stay_in_their_place(photo, method):
    """What changes in one part of a picture leaves the dots of another as they are."""
    arguments = {"k": 16, "rate_weight": 0, "dither": 1, "dither_method": method}
    first = smalti.compress(photo, **arguments)
    # The same colours, as often, elsewhere: rows of the lower half change places.
    half = len(photo) // 2
    other = smalti.compress(np.concatenate([photo[:half], photo[half:][::-1]]), **arguments)
    assert (first.palette == other.palette).all()
    assert (first.indices[: half - 1] == other.indices[: half - 1]).all()


@pytest.mark.parametrize("method", ["diffusion", "blue-noise", "ordered"])
def test_flat_areas_near_a_colour_have_no_dots(method):
    picture = np.full((40, 80, 3), 100, np.uint8)
    picture[:, 40:] = noise(40, 40)
    picture[:, :20] = 104
    compressed = smalti.compress(
        picture, 12, rate_weight=0, dither=1, dither_method=method, space="srgb"
    )
    left, right = compressed.indices[1:-1, :19], compressed.indices[1:-1, 21:39]
    assert len(np.unique(left)) == len(np.unique(right)) == 1


def test_a_grey_image_keeps_a_grey_palette():
    palette = smalti.compress(noise(40, 40, 1)[..., 0], 9, rate_weight=0.2).palette
    assert (palette == palette[:, :1]).all()


@pytest.mark.parametrize("effort", [1, 3, 7, 9])
def test_every_effort_weighs_bits(photo, effort):
    free, weighed = (
        smalti.compress(photo, 64, rate_weight=weight, effort=effort) for weight in (0, 0.3)
    )
    _check(weighed, photo, 64)
    assert _size(weighed) < 0.8 * _size(free)


def test_more_than_256_colours_have_their_nearest_unless_more_is_asked_for():
    image = noise(40, 40)
    plain = smalti.compress(image, 300, rate_weight=0, dither=0)
    default = smalti.compress(image, 300)
    np.testing.assert_array_equal(default.indices, plain.indices)
    assert (default.rate_weight, default.dither) == (0, 0)
    asked = {
        "rate_weight": 0.1,
        "dither": 0.5,
        "dither_method": "ordered",
        "quality": 1,
        "max_bytes": 9999,
    }
    for name, value in asked.items():
        with pytest.raises(InvalidParameterError) as caught:
            smalti.compress(image, 300, **{name: value})
        said = f"k=300: at most 256 colours are possible with {name}"
        assert str(caught.value) == said
    undithered = smalti.compress(image, 300, dither=0, dither_method="ordered")
    np.testing.assert_array_equal(undithered.indices, plain.indices)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"rate_weight": -0.1}, "rate_weight must be a finite number of at least 0, got -0.1"),
        ({"rate_weight": np.inf}, "rate_weight must be a finite number of at least 0, got inf"),
        ({"rate_weight": "a"}, "rate_weight must be a finite number of at least 0, got 'a'"),
        ({"dither": -0.5}, "dither must be a finite number between 0 and 1, got -0.5"),
        ({"dither": 1.5}, "dither must be a finite number between 0 and 1, got 1.5"),
        ({"dither": "a"}, "dither must be a finite number between 0 and 1, got 'a'"),
        (
            {"dither_method": "random"},
            "dither_method must be one of 'diffusion', 'blue-noise', 'ordered', got 'random'",
        ),
    ],
)
def test_bad_arguments_are_named_with_what_is_allowed(arguments, sentence):
    with pytest.raises(InvalidParameterError) as caught:
        smalti.compress(noise(3, 3), **arguments)
    assert str(caught.value) == sentence

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import smalti
from smalti.exceptions import ImageReadError, InvalidParameterError
from tests import reference
from tests.pictures import distinct_colors, encoded, noise, photographs_reduced

SPACES = ["oklab", "srgb", "linear"]
TO_SPACE = {
    "srgb": lambda colors: colors.astype(np.float64),
    "linear": reference.linear,
    "oklab": reference.oklab,
}


def nearest_colors(image, k, **arguments):
    """Plain K-Means: every pixel has its nearest colour."""
    return smalti.compress(image, k, rate_weight=0, dither=0, **arguments)


def images(channels, dtype=np.uint8, elements=None):
    shape = st.tuples(st.integers(1, 6), st.integers(1, 6), st.just(channels))
    return hnp.arrays(dtype, shape, elements=elements)


# Alpha that is often at its ends, where it must stay.
alphas = st.sampled_from([0, 0, 255, 255, 1, 2, 127, 128, 253, 254]) | st.integers(0, 255)


@st.composite
def rgba_images(draw):
    image = draw(images(4))
    image[..., 3] = draw(hnp.arrays(np.uint8, image.shape[:2], elements=alphas))
    return image


@pytest.mark.parametrize("space", SPACES)
@given(image=images(3), more=st.integers(0, 3), seed=st.integers(0, 2**64 - 1))
def test_enough_colours_give_exactly_the_picture(space, image, more, seed):
    k = len(distinct_colors(image)) + more
    compressed = smalti.compress(image, k, space=space, seed=seed)
    np.testing.assert_array_equal(compressed.reconstruct(), image)
    assert compressed.report().mse == 0.0
    assert len(compressed.palette) == len(distinct_colors(image))


@pytest.mark.parametrize("space", SPACES)
@given(image=rgba_images())
def test_enough_colours_give_exactly_what_can_be_seen(space, image):
    compressed = smalti.compress(image, len(distinct_colors(image)), space=space)
    rebuilt = compressed.reconstruct()
    np.testing.assert_array_equal(rebuilt[..., 3], image[..., 3])
    seen = image[..., 3] > 0
    np.testing.assert_array_equal(rebuilt[seen], image[seen])
    assert compressed.report().mse == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("space", SPACES)
@settings(max_examples=100)
@given(image=rgba_images(), k=st.integers(2, 6), effort=st.sampled_from([1, 5, 9]))
def test_clear_stays_clear_and_solid_stays_solid(space, image, k, effort):
    alpha = smalti.compress(image, k, space=space, effort=effort).reconstruct()[..., 3]
    assert (alpha[image[..., 3] == 0] == 0).all()
    assert (alpha[image[..., 3] == 255] == 255).all()


@settings(max_examples=60)
@given(
    images(4, np.uint16, st.sampled_from([0, 1, 100, 32767, 65534, 65535]) | st.integers(0, 65535)),
    st.integers(2, 6),
)
def test_clear_and_solid_stay_so_in_16_bits(image, k):
    alpha = smalti.compress(image, k).reconstruct()[..., 3]
    assert (alpha[image[..., 3] == 0] == 0).all()
    assert (alpha[image[..., 3] == 65535] == 255).all()


def test_soft_transparency_survives(photo):
    height, width = photo.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    distances = np.hypot(rows - height / 2, columns - width / 2)
    alpha = np.clip(400 - 10 * distances, 0, 255).astype(np.uint8)
    assert {0, 100, 255} <= set(alpha.ravel().tolist())
    rebuilt = smalti.compress(np.dstack([photo, alpha]), 64, effort=1).reconstruct()[..., 3]
    assert (rebuilt[alpha == 0] == 0).all()
    assert (rebuilt[alpha == 255] == 255).all()
    assert len(np.unique(rebuilt)) > 10


def test_colours_under_full_transparency_do_not_count():
    image = noise(8, 8, 4)
    image[..., 3] = 0
    image[0, 0] = 200, 100, 50, 255
    compressed = smalti.compress(image, 2)
    assert len(compressed.palette) == 2
    assert compressed.reconstruct()[0, 0].tolist() == [200, 100, 50, 255]


@pytest.mark.parametrize("space", SPACES)
@given(image=images(3), k=st.integers(1, 40))
def test_the_palette_is_distinct_used_and_goes_from_dark_to_light(space, image, k):
    compressed = nearest_colors(image, k, space=space)
    palette = compressed.palette
    assert palette.dtype == np.uint8
    assert palette.shape == compressed.centroids.shape
    assert len(palette) <= k
    assert len(np.unique(palette, axis=0)) == len(palette)
    assert (np.diff(reference.oklab(palette)[:, 0]) >= -1e-6).all()
    np.testing.assert_array_equal(np.unique(compressed.indices), np.arange(len(palette)))


@given(rgba_images(), st.integers(2, 12))
def test_see_through_colours_come_first_in_the_palette(image, k):
    palette = nearest_colors(image, k).palette
    opaque = palette[:, 3] == 255
    assert (np.diff(opaque.astype(int)) >= 0).all()
    assert len(np.unique(palette, axis=0)) == len(palette)


@given(images(3), st.integers(1, 9))
def test_palette_is_the_centroids_rounded(image, k):
    compressed = smalti.compress(image, k)
    assert np.abs(compressed.centroids - compressed.palette).max() <= 0.5 + 1e-9


@pytest.mark.parametrize(
    ("space", "effort"),
    [("oklab", 5), ("linear", 5), *(("srgb", effort) for effort in range(1, 10))],
)
def test_every_pixel_has_its_nearest_colour(photo, space, effort):
    compressed = nearest_colors(photo, 12, space=space, effort=effort)
    points = TO_SPACE[space](photo.reshape(-1, 3))
    centroids = TO_SPACE[space](compressed.centroids)
    distances = reference.squared_distances(points, centroids)
    own = distances[np.arange(len(points)), compressed.indices.ravel()]
    assert (own <= distances.min(axis=1) * (1 + 1e-5) + 1e-9).all()


def test_centroids_are_means_in_their_space(photo):
    # Effort 9 runs Lloyd's algorithm on this small picture to its end.
    compressed = nearest_colors(photo, 5, space="srgb", effort=9)
    for index, centroid in enumerate(compressed.centroids):
        members = photo[compressed.indices == index]
        np.testing.assert_allclose(centroid, members.mean(axis=0), rtol=1e-9)


@pytest.mark.parametrize(
    ("k", "dtype"), [(1, np.uint8), (256, np.uint8), (257, np.uint16), (1000, np.uint16)]
)
def test_indices_have_the_smallest_type(k, dtype):
    image = noise(50, 50)
    compressed = nearest_colors(image, k, effort=1)
    assert compressed.indices.dtype == dtype
    assert compressed.indices.shape == (50, 50)
    assert len(compressed.palette) == k
    np.testing.assert_array_equal(compressed.reconstruct(), compressed.palette[compressed.indices])


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (3, 2)])
def test_tiny_pictures_are_compressed(shape):
    for channels in (3, 4):
        compressed = smalti.compress(noise(*shape, channels), 2)
        assert compressed.indices.shape == shape
        assert compressed.report().compressed_bits > 0


def test_greyscale_has_a_grey_palette():
    compressed = nearest_colors(noise(20, 20, 1)[..., 0], 8)
    assert compressed.palette.shape == (8, 3)
    assert (compressed.palette == compressed.palette[:, :1]).all()


def test_one_colour_is_the_mean(photo):
    compressed = smalti.compress(photo, 1, space="srgb")
    np.testing.assert_allclose(compressed.centroids, [photo.reshape(-1, 3).mean(axis=0)])
    linear_mean = reference.linear(photo).reshape(-1, 3).mean(axis=0)
    compressed = smalti.compress(photo, 1, space="linear")
    np.testing.assert_allclose(reference.linear(compressed.centroids[0]), linear_mean, rtol=1e-5)


def test_16_bits_are_clustered_as_16():
    image = np.array([[[1000] * 3, [1010] * 3, [3000] * 3, [3010] * 3]], dtype=np.uint16)
    compressed = nearest_colors(image, 2, space="srgb")
    np.testing.assert_allclose(compressed.centroids[:, 0], [1005 / 257, 3005 / 257], rtol=1e-9)


def test_centroids_that_round_to_one_colour_become_their_mean():
    image = np.array([[[1000] * 3, [1010] * 3, [1100] * 3, [1110] * 3]], dtype=np.uint16)
    compressed = nearest_colors(image, 2, space="srgb")
    assert compressed.palette.tolist() == [[4, 4, 4]]
    np.testing.assert_allclose(compressed.centroids, [[1055 / 257] * 3], rtol=1e-9)


def test_8_bits_written_as_16_give_the_same_picture(photo):
    eight = nearest_colors(photo, 16)
    sixteen = nearest_colors(photo.astype(np.uint16) * 257, 16)
    np.testing.assert_array_equal(eight.reconstruct(), sixteen.reconstruct())
    assert sixteen.original_bits == 2 * eight.original_bits


def test_the_same_image_gives_the_same_bytes_whatever_the_seed(photo):
    first, second, other = (smalti.compress(photo, 20, seed=seed) for seed in (5, 5, 6))
    for again in (second, other):
        assert first.to_bytes("png") == again.to_bytes("png")
        assert first.to_bytes("npz") == again.to_bytes("npz")
        np.testing.assert_array_equal(first.centroids, again.centroids)


@pytest.mark.parametrize("effort", [1, 9])
def test_efforts_at_both_ends_work_and_more_is_no_larger(photo, effort):
    compressed = nearest_colors(photo, 16, effort=effort)
    assert len(compressed.palette) == 16
    assert compressed.effort == effort
    fast, best = (len(compressed.to_bytes("png", effort=level)) for level in (1, 9))
    assert best <= fast


def test_more_colours_leave_a_smaller_error(photo):
    errors = [nearest_colors(photo, k).report().mse for k in (2, 4, 16, 64)]
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("k", [4, 16, 64, 256])
def test_the_error_is_below_that_of_median_cut(photo, k):
    quantised = Image.fromarray(photo).quantize(k, dither=Image.Dither.NONE).convert("RGB")
    compressed = nearest_colors(photo, k, space="srgb")
    assert compressed.report().mse < reference.mse(photo, np.asarray(quantised))


def test_all_kinds_of_source_give_the_same_picture(photo, tmp_path):
    expected = smalti.compress(photo, 9).indices
    data = encoded(photo)
    (tmp_path / "photo.png").write_bytes(data)
    for source in (tmp_path / "photo.png", data, io.BytesIO(data), Image.fromarray(photo)):
        np.testing.assert_array_equal(smalti.compress(source, 9).indices, expected)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"k": 0}, ["k", "65536", "got 0"]),
        ({"k": 65537}, ["k", "65536", "got 65537"]),
        ({"k": -(2**80)}, ["k", str(-(2**80))]),
        ({"k": 2.0}, ["k must", "got 2.0"]),
        ({"k": "a"}, ["k", "'a'"]),
        ({"k": None}, ["k", "None"]),
        ({"space": "cmyk"}, ["space", "'oklab'", "'cmyk'"]),
        ({"space": None}, ["space", "None"]),
        ({"effort": 0}, ["effort", "between 1 and 9", "got 0"]),
        ({"effort": 10}, ["effort", "got 10"]),
        ({"effort": 5.5}, ["effort", "got 5.5"]),
        ({"seed": -1}, ["seed", "got -1"]),
        ({"seed": 2**64}, ["seed", str(2**64)]),
        ({"seed": "a"}, ["seed", "'a'"]),
        ({"rate_weight": -1.5}, ["rate_weight", "at least 0", "got -1.5"]),
        ({"rate_weight": np.ones(2)}, ["rate_weight"]),
        ({"dither": 1.5}, ["dither", "between 0 and 1", "got 1.5"]),
        ({"dither": "a"}, ["dither", "'a'"]),
    ],
)
def test_bad_arguments_are_named_with_their_values(arguments, words):
    with pytest.raises(InvalidParameterError) as caught:
        smalti.compress(noise(3, 3), **arguments)
    for word in words:
        assert word in str(caught.value)


def test_an_image_that_cannot_be_read_is_refused():
    with pytest.raises(ImageReadError):
        smalti.compress(b"nothing")


def test_a_report_never_compares_with_an_array_that_has_changed():
    image = noise(20, 20)
    kept = image.copy()
    compressed = smalti.compress(image, 8)
    image[:] = 0
    with pytest.raises(ImageReadError, match="the image array: has changed since it was read"):
        compressed.report()
    assert compressed.report(kept) == smalti.compress(kept, 8).report()
    # Measured once, it stays.
    assert compressed.report() == compressed.report(kept)


def test_more_colours_than_are_fitted_at_once_are_all_used():
    # 60,000 distinct colours; effort 1 fits 8,192 gathered ones.
    image = np.stack(np.meshgrid(np.arange(250), np.arange(240), [77]), axis=-1)
    image = image.reshape(240, 250, 3).astype(np.uint8)
    for k in (256, 2000):
        compressed = nearest_colors(image, k, effort=1)
        assert np.isfinite(compressed.centroids).all()
        assert len(np.unique(compressed.indices)) == len(compressed.palette)
        assert len(compressed.palette) > 0.98 * k


@pytest.mark.parametrize("options", [{"quality": 70}, {"k": 24}, {"k": 5, "dither": 0}])
def test_what_was_compressed_before_does_not_grow(options):
    once = smalti.compress(photographs_reduced(4)[0], **options).to_bytes("png")
    again = smalti.compress(once)
    assert np.array_equal(again.reconstruct(), smalti.load(once).reconstruct())
    assert len(again.to_bytes("png")) <= len(once)

"""The palettes that compress finds: at every effort, and along every way through the core."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import smalti
from tests import reference
from tests.pictures import distinct_colors, noise, photographs_reduced

EFFORTS = range(1, 10)


def _compress(picture, k, effort=5, space="srgb"):
    return smalti.compress(picture, k, space=space, rate_weight=0, dither=0, effort=effort)


def _as_row(picture):
    return picture.reshape(1, -1, picture.shape[-1])


def _few_colours(pixels, seed=0):
    """One row of so many pixels, in about a thousand colours."""
    return noise(1, pixels, seed=seed) // 26 * 26


def _error(picture, compressed):
    """Mean squared error of the colours before rounding."""
    return 3 * reference.mse(picture, compressed.centroids[compressed.indices])


def _same(a, b):
    np.testing.assert_array_equal(a.indices, b.indices)
    np.testing.assert_array_equal(a.palette, b.palette)
    np.testing.assert_array_equal(a.centroids, b.centroids)


def _cutout(side, bits=8):
    """Noise in a disc whose rim is soft; outside it is transparent."""
    picture = noise(side, side, 4, dtype=np.uint8 if bits == 8 else np.uint16)
    y, x = np.mgrid[:side, :side] - side / 2
    fraction = np.clip((0.4 * side - np.hypot(x, y)) / (0.1 * side) + 0.5, 0, 1)
    picture[..., 3] = np.rint(fraction * (2**bits - 1))
    return picture


@pytest.fixture(scope="module")
def photographs():
    """Real pictures at a quarter of their size."""
    return photographs_reduced(4)


@pytest.mark.parametrize("k", [3, 16, 48])
def test_more_effort_is_not_worse_and_the_most_is_better(photographs, k):
    totals = np.zeros(len(EFFORTS))
    for picture in photographs:
        found = [_compress(picture, k, effort) for effort in EFFORTS]
        assert {len(compressed.palette) for compressed in found} == {k}
        errors = np.array([_error(picture, compressed) for compressed in found])
        # The search works on gathered colours, so that all of them may show a trifle more.
        assert (errors <= 1.01 * np.minimum.accumulate(errors)).all()
        totals += errors / errors[0]
    assert totals[-1] < (0.995 if k > 3 else 1) * totals[0]


def test_colours_count_as_often_as_they_occur():
    # Nine tenths of the pixels share the colours of one small corner, the others have their own.
    picture = noise(200, 200)
    picture[:180] //= 16
    default, best = (_error(picture, _compress(picture, 32, effort)) for effort in (5, 9))
    points = picture.reshape(-1, 3)
    lloyd = min(smalti.kmeans(points, 32, seed=seed).inertia for seed in range(3)) / len(points)
    assert default < 1.02 * lloyd
    assert best < lloyd


@pytest.mark.parametrize("effort", EFFORTS)
def test_a_picture_of_many_colours_gets_all_that_are_asked_for(effort):
    for k in (1, 2, 7, 100):
        assert len(_compress(noise(50, 50), k, effort).palette) == k


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("k", [3, 5, 40])
@pytest.mark.parametrize("bits", [8, 16])
def test_clear_translucent_and_solid_pixels_stay_so(effort, k, bits):
    picture = _cutout(48, bits)
    before = picture[..., 3]
    compressed = _compress(picture, k, effort)
    assert len(compressed.palette) == k
    after = compressed.reconstruct()[..., 3]
    np.testing.assert_array_equal(after == 0, before == 0)
    np.testing.assert_array_equal(after == 255, before == 2**bits - 1)


@pytest.mark.parametrize("side", [127, 128, 129, 255, 256, 257])
def test_alpha_is_kept_by_every_way_to_count_and_to_map_pixels(side):
    picture = _cutout(side)
    after = _compress(picture, 9, 1).reconstruct()[..., 3]
    np.testing.assert_array_equal(after == 0, picture[..., 3] == 0)
    # Nobody sees that 253 is not 255.
    np.testing.assert_array_equal(after == 255, picture[..., 3] >= 253)


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize("k", [3, 8])
def test_one_clear_and_one_solid_pixel_stay_so_among_many_others(effort, k):
    # A colour of the palette each, which the many could use better.
    picture = _cutout(48)
    picture[..., 3] = picture[..., 3].clip(1, 252)
    picture[20, 20, 3], picture[30, 30, 3] = 0, 255
    after = _compress(picture, k, effort).reconstruct()[..., 3]
    assert np.argwhere(after == 0).tolist() == [[20, 20]]
    assert np.argwhere(after == 255).tolist() == [[30, 30]]


@pytest.mark.parametrize("effort", [1, 5, 9])
def test_every_see_through_pixel_has_its_nearest_colour(effort):
    picture = _cutout(48)
    compressed = _compress(picture, 40, effort)

    def places(colors):
        # Before mid-grey, and the standard deviation of three equal channels from 0 to 255.
        alpha = colors[..., 3:] / 255
        return np.concatenate([(colors[..., :3] - 127.5) * alpha, 127.5 * alpha], axis=-1)

    colors = picture.reshape(-1, 4).astype(float)
    distances = reference.squared_distances(places(colors), places(compressed.centroids))
    # Clear, translucent and solid colours have palettes of their own.
    kind = np.sign(colors[:, 3]) + (colors[:, 3] == 255)
    kind_of_color = np.sign(compressed.palette[:, 3]) + (compressed.palette[:, 3] == 255)
    distances[kind[:, np.newaxis] != kind_of_color] = np.inf
    own = distances[np.arange(len(colors)), compressed.indices.ravel()]
    np.testing.assert_allclose(own, distances.min(axis=1), rtol=1e-9, atol=1e-9)


# Below and above: sorting gives way to cells at 16,384 pixels, and a search among the colours to
# a table at 65,536. Both are for 8 bits without alpha.
@pytest.mark.parametrize("pixels", [16_383, 16_384, 16_385, 65_535, 65_536, 65_537])
@pytest.mark.parametrize("effort", [1, 5])
def test_every_way_to_count_and_to_map_pixels_gives_the_same(pixels, effort):
    picture = _few_colours(pixels)
    found = _compress(picture, 20, effort)
    _same(_compress(picture.astype(np.uint16) * 257, 20, effort), found)
    opaque = np.full((1, pixels, 1), 255, dtype=np.uint8)
    with_alpha = _compress(np.concatenate([picture, opaque], axis=2), 20, effort)
    np.testing.assert_array_equal(with_alpha.indices, found.indices)
    np.testing.assert_array_equal(with_alpha.centroids[:, :3], found.centroids)
    assert (with_alpha.centroids[:, 3] == 255).all()


def test_pictures_that_are_counted_in_tables_get_the_palette_of_one_tile():
    # 2^24 pixels; multiplying all counts by a power of two rounds nothing.
    tile = noise(32, 32) // 4 * 4
    found = _compress(tile, 16, 1)
    tiled = _compress(np.tile(tile, (128, 128, 1)), 16, 1)
    np.testing.assert_array_equal(tiled.centroids, found.centroids)
    np.testing.assert_array_equal(tiled.indices, np.tile(found.indices, (128, 128)))


@pytest.mark.parametrize("effort", EFFORTS)
def test_tiling_a_picture_does_not_change_its_palette(photo, effort):
    found = _compress(photo, 24, effort)
    twice = _compress(np.tile(photo, (2, 1, 1)), 24, effort)
    np.testing.assert_array_equal(twice.centroids, found.centroids)
    np.testing.assert_array_equal(twice.indices, np.tile(found.indices, (2, 1)))
    thrice = _compress(np.tile(photo, (1, 3, 1)), 24, effort)
    np.testing.assert_allclose(thrice.centroids, found.centroids, rtol=1e-9)


@st.composite
def rows_of_pixels(draw):
    """One row of pixels with repeated colours, 8 or 16 bits, with or without alpha."""
    pixels = draw(st.sampled_from([900, 16_384, 20_000]))
    dtype, channels = draw(st.sampled_from([np.uint8, np.uint16])), draw(st.sampled_from([3, 4]))
    picture = noise(1, pixels, channels, seed=draw(st.integers(0, 2**32)), dtype=dtype)
    return picture - picture % 32


@settings(max_examples=30)
@given(rows_of_pixels(), st.integers(1, 40), st.sampled_from(EFFORTS), st.integers(0, 2**32))
def test_the_order_of_pixels_does_not_matter(picture, k, effort, seed):
    order = np.random.default_rng(seed).permutation(picture.shape[1])
    found, shuffled = (_compress(p, k, effort, "oklab") for p in (picture, picture[:, order]))
    np.testing.assert_array_equal(shuffled.centroids, found.centroids)
    np.testing.assert_array_equal(shuffled.indices, found.indices[:, order])


@pytest.mark.parametrize(
    "convert",
    [
        np.asfortranarray,
        lambda picture: picture[::-1, ::-1, ::-1].copy()[::-1, ::-1, ::-1],
        lambda picture: picture.repeat(2, axis=0)[::2],
        lambda picture: picture.transpose(1, 0, 2).copy().transpose(1, 0, 2),
        lambda picture: np.dstack([picture, picture])[..., 1:4][..., [2, 0, 1]],
        lambda picture: picture.astype(np.uint16).astype(">u2") * 257,
    ],
    ids=["columns first", "negative strides", "stride", "transposed", "channels", "big-endian"],
)
def test_any_layout_gives_the_same_palette(photo, convert):
    converted = convert(photo)
    np.testing.assert_array_equal(converted // (257 if converted.itemsize == 2 else 1), photo)
    _same(_compress(converted, 20), _compress(photo, 20))


@pytest.mark.parametrize("effort", EFFORTS)
def test_the_shape_of_a_picture_does_not_matter(photo, effort):
    found, row = _compress(photo, 16, effort), _compress(_as_row(photo), 16, effort)
    np.testing.assert_array_equal(row.centroids, found.centroids)
    np.testing.assert_array_equal(row.indices[0], found.indices.ravel())


def test_greyscale_is_compressed_as_its_colours(photo):
    grey = photo[..., 1]
    _same(_compress(grey, 20), _compress(grey[..., np.newaxis].repeat(3, axis=2), 20))


@pytest.mark.parametrize("effort", EFFORTS)
def test_one_pixel_keeps_its_colour(effort):
    for color in ([[[7, 200, 90]]], [[[7, 200, 90, 130]]]):
        compressed = _compress(np.array(color, dtype=np.uint8), 4, effort)
        assert compressed.palette.tolist() == color[0]
        assert compressed.indices.tolist() == [[0]]
    assert _compress(np.zeros((1, 1, 4), np.uint8), 1, effort).palette.tolist() == [[0] * 4]


@pytest.mark.parametrize("effort", EFFORTS)
def test_one_colour_less_than_there_are_merges_the_closest_pair(effort):
    # A grid of step 60 and one more colour at distance 2 from the one in the middle.
    grid = np.stack(np.meshgrid(*[60 * np.arange(5)] * 3), axis=-1).reshape(-1, 3)
    colors = np.vstack([grid, [122, 120, 120]]).astype(np.uint8)
    found = _compress(colors[np.newaxis], len(grid), effort)
    merged = np.vstack([grid[(grid != 120).any(axis=1)], [121, 120, 120]])
    np.testing.assert_array_equal(distinct_colors(found.palette), distinct_colors(merged))
    np.testing.assert_array_equal(found.centroids, found.palette)
    exact = _compress(colors[np.newaxis], len(colors), effort)
    np.testing.assert_array_equal(exact.reconstruct()[0], colors)


def test_the_largest_palette_is_used_to_the_full():
    picture = noise(260, 260)
    assert len(distinct_colors(picture)) > 2**16
    compressed = _compress(picture, 2**16, 1)
    assert len(compressed.palette) == 2**16
    assert compressed.indices.dtype == np.uint16
    np.testing.assert_array_equal(np.unique(compressed.indices), np.arange(2**16))
    # All but the few pixels whose colours had to be merged keep theirs.
    assert (compressed.reconstruct() == picture).all(axis=2).mean() > 0.9


@pytest.mark.parametrize("effort", EFFORTS)
def test_pictures_of_equal_colours_keep_them(effort):
    flat = np.full((130, 130, 3), [9, 80, 200], dtype=np.uint8)
    assert _compress(flat, 256, effort).palette.tolist() == [[9, 80, 200]]
    flat[3, 5] = 10, 80, 200
    compressed = _compress(flat, 2, effort)
    assert compressed.palette.tolist() == [[9, 80, 200], [10, 80, 200]]
    assert np.flatnonzero(compressed.indices).tolist() == [3 * 130 + 5]

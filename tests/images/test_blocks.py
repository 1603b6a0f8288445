import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import smalti
from smalti.exceptions import ImageReadError, InvalidParameterError
from tests import reference
from tests.pictures import noise

RED, BLUE = (200, 30, 30), (20, 40, 220)


def two_blocks():
    """4 x 4 pixels of two kinds of 2 x 2 blocks, A B above B A."""
    first = np.array([[RED, BLUE], [BLUE, BLUE]], np.uint8)
    second = np.array([[BLUE, BLUE], [BLUE, RED]], np.uint8)
    return np.block([[[first], [second]], [[second], [first]]])


def cut(image, block):
    """The blocks of an image as rows, edges repeated, block row by block row; one at a time."""
    height, width = block
    rows, columns = -(-image.shape[0] // height), -(-image.shape[1] // width)
    cells = []
    for row in range(rows):
        for column in range(columns):
            ys = np.minimum(np.arange(height) + row * height, image.shape[0] - 1)
            xs = np.minimum(np.arange(width) + column * width, image.shape[1] - 1)
            cells.append(image[np.ix_(ys, xs)].ravel())
    return np.array(cells), (rows, columns)


def test_a_picture_of_two_kinds_of_blocks_takes_one_bit_a_block():
    image = two_blocks()
    picture = smalti.compress(image, 2, block=(2, 2))
    assert picture.indices.tolist() in ([[0, 1], [1, 0]], [[1, 0], [0, 1]])
    assert picture.indices.dtype == np.uint8
    assert picture.codebook.shape == (2, 2, 2, 3)
    np.testing.assert_array_equal(picture.centroids, picture.codebook)
    np.testing.assert_array_equal(picture.reconstruct(), image)
    report = picture.report()
    assert report.original_bits == 16 * 24
    assert report.index_bits == 4
    assert report.palette_bits == 2 * 4 * 24
    assert report.compressed_bits == 4 + 192
    assert report.entropy_bits == 4.0
    assert (report.mse, report.psnr, report.ssimulacra2) == (0.0, math.inf, 100.0)


def test_the_mean_of_blocks_is_what_one_entry_holds():
    image = np.zeros((2, 4, 3), np.uint8)
    image[:, :2] = 10
    image[:, 2:] = 20
    image[0, 0] = 40
    picture = smalti.compress(image, 1, block=(2, 2), space="srgb")
    np.testing.assert_allclose(
        picture.centroids[0, ..., 0], [[30, 15], [15, 15]], rtol=0, atol=1e-12
    )
    assert picture.codebook[0, ..., 2].tolist() == [[30, 15], [15, 15]]
    # (20 - 10)^2 at two pixels and 5^2 at the six others, of 8.
    assert picture.report().mse == pytest.approx((2 * 100 + 6 * 25) / 8)


@pytest.mark.parametrize("space", ["srgb", "oklab", "linear"])
@pytest.mark.parametrize("block", [(2, 2), (3, 5), (1, 4), (4, 1)])
def test_every_block_has_its_nearest_centroid(photo, space, block):
    picture = smalti.compress(photo, 40, block=block, space=space)

    def coordinates(colors):
        if space == "srgb":
            return np.asarray(colors, dtype=np.float64)
        return reference.oklab(colors) if space == "oklab" else reference.linear(colors)

    rows, grid = cut(photo, block)
    assert picture.indices.shape == grid
    points = coordinates(rows.reshape(len(rows), -1, 3)).reshape(len(rows), -1)
    centroids = coordinates(picture.centroids.reshape(40, -1, 3)).reshape(40, -1)
    distances = reference.squared_distances(points, centroids)
    chosen = distances[np.arange(len(rows)), picture.indices.ravel()]
    # The centroids went through sRGB and back.
    np.testing.assert_allclose(chosen, distances.min(axis=1), rtol=1e-6, atol=1e-12)


def test_with_all_blocks_in_the_sample_it_is_k_means(photo):
    rows, _ = cut(photo, (4, 4))
    fit = smalti.kmeans(rows.astype(np.float64), 10, max_iter=300)
    picture = smalti.compress(photo, 10, block=(4, 4), space="srgb", effort=9)
    expected = np.sort(fit.centroids.reshape(10, -1), axis=0)
    np.testing.assert_allclose(np.sort(picture.centroids.reshape(10, -1), axis=0), expected)


def test_the_report_counts_blocks_whole_with_those_at_the_edges(photo):
    height, width, _ = photo.shape
    picture = smalti.compress(photo, 20, block=(8, 7))
    report = picture.report()
    blocks = math.ceil(height / 8) * math.ceil(width / 7)
    assert report.original_bits == 24 * height * width
    assert report.index_bits == blocks * 5
    assert report.palette_bits == 8 * 3 * 8 * 7 * 20
    assert report.compressed_bits == report.index_bits + report.palette_bits
    assert report.ratio == report.compressed_bits / report.original_bits
    assert report.entropy_bits == pytest.approx(reference.entropy_bits(picture.indices))
    rebuilt = picture.reconstruct()
    assert rebuilt.shape == photo.shape
    assert report.mse == pytest.approx(reference.mse(photo, rebuilt))
    assert report.ssimulacra2 == smalti.metrics.ssimulacra2(photo, rebuilt)
    np.testing.assert_array_equal(
        picture.difference_map(), smalti.metrics.difference_map(photo, rebuilt)
    )


def test_the_picture_is_its_blocks_side_by_side(photo):
    picture = smalti.compress(photo, 30, block=(3, 4))
    expected = np.empty_like(photo)
    for y, x in np.ndindex(photo.shape[:2]):
        entry = picture.indices[y // 3, x // 4]
        expected[y, x] = picture.codebook[entry, y % 3, x % 4]
    np.testing.assert_array_equal(picture.reconstruct(), expected)
    np.testing.assert_array_equal(np.asarray(picture.to_pillow()), expected)
    assert picture.shape == photo.shape[:2]
    assert picture.block == (3, 4)
    assert picture.k == 30
    assert repr(picture) == "<BlockImage 151 x 100, 30 blocks 4 wide and 3 high>"


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([3, 4]))),
    st.tuples(st.integers(1, 5), st.integers(1, 5)).filter(lambda block: block != (1, 1)),
)
def test_as_many_entries_as_blocks_lose_nothing_but_what_is_under_clear_pixels(image, block):
    rows, grid = cut(image, block)
    picture = smalti.compress(image, len(rows), block=block)
    expected = image.copy()
    if image.shape[2] == 4:
        expected[image[..., 3] == 0] = 0
    np.testing.assert_array_equal(picture.reconstruct(), expected)
    assert picture.indices.shape == grid
    assert picture.k == len(np.unique(picture.codebook.reshape(picture.k, -1), axis=0))


def test_few_distinct_blocks_are_kept_however_rare_they_are():
    # One block of another colour among more than any sample holds.
    image = np.zeros((800, 800, 3), np.uint8)
    image[-1, -1] = 255
    picture = smalti.compress(image, 2, block=(2, 2), effort=1)
    np.testing.assert_array_equal(picture.reconstruct(), image)
    assert np.bincount(picture.indices.ravel()).tolist() == [159_999, 1]


@pytest.mark.parametrize("block", [(1, 1), (2, 2), (64, 64)])
def test_one_pixel_is_one_block(block):
    image = np.array([[[1, 2, 3]]], np.uint8)
    picture = smalti.compress(image, 5, block=block)
    assert picture.indices.shape == (1, 1)
    assert picture.report().index_bits == 0
    np.testing.assert_array_equal(picture.reconstruct(), image)


def test_a_block_of_one_pixel_is_a_pixel(photo):
    picture = smalti.compress(photo, 9, block=(1, 1), rate_weight=0, dither=0)
    assert isinstance(picture, smalti.CompressedImage)
    plain = smalti.compress(photo, 9, rate_weight=0, dither=0)
    np.testing.assert_array_equal(picture.indices, plain.indices)


def test_edges_repeat_what_is_there():
    image = noise(5, 5)
    picture = smalti.compress(image, 9, block=(2, 2))
    corner = picture.codebook[picture.indices[2, 2]]
    np.testing.assert_array_equal(corner, np.broadcast_to(image[4, 4], (2, 2, 3)))
    right = picture.codebook[picture.indices[0, 2]]
    np.testing.assert_array_equal(right[:, 0], image[:2, 4])
    np.testing.assert_array_equal(right[:, 1], image[:2, 4])


def test_greyscale_stays_grey(photo):
    grey = photo[..., 1]
    picture = smalti.compress(grey, 30, block=(2, 2))
    assert picture.original_bits == 8 * grey.size
    np.testing.assert_array_equal(picture.codebook[..., 0], picture.codebook[..., 2])


def test_16_bits_are_clustered_as_such():
    # In 8 bits both halves would be the same.
    image = np.full((2, 4, 3), 128 * 257, np.uint16)
    image[:, 2:] += 100
    picture = smalti.compress(image, 1, block=(2, 2), space="srgb")
    assert picture.original_bits == 48 * 8
    assert picture.codebook.dtype == np.uint8
    np.testing.assert_array_equal(picture.reconstruct(), np.full((2, 4, 3), 128))
    deep = noise(8, 8, dtype=np.uint16)
    picture = smalti.compress(deep, 3, block=(2, 2), space="srgb")
    rows, _ = cut(deep / 257, (2, 2))
    for entry in range(3):
        members = rows[picture.indices.ravel() == entry]
        np.testing.assert_allclose(picture.centroids[entry].ravel(), members.mean(axis=0))


def test_16_bits_that_are_8_are_treated_as_these(photo):
    wide = photo.astype(np.uint16) * 257
    np.testing.assert_array_equal(
        smalti.compress(wide, 20, block=(2, 2)).codebook,
        smalti.compress(photo, 20, block=(2, 2)).codebook,
    )


def test_an_alpha_channel_that_says_nothing_changes_nothing(photo):
    solid = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])
    plain = smalti.compress(photo, 12, block=(2, 3))
    picture = smalti.compress(solid, 12, block=(2, 3))
    np.testing.assert_array_equal(picture.indices, plain.indices)
    np.testing.assert_array_equal(picture.codebook[..., :3], plain.codebook)
    assert (picture.codebook[..., 3] == 255).all()
    assert picture.report().palette_bits == 32 * 6 * 12


@pytest.mark.parametrize("space", ["srgb", "oklab"])
def test_clear_and_solid_blocks_stay_so(space):
    image = noise(90, 90, 4)
    image[:30, :, 3] = 0
    image[30:60, :, 3] = 255
    # A single clear block among solid ones: no sample would have to hold it.
    image[40:42, 40:42, 3] = 0
    picture = smalti.compress(image, 6, block=(2, 2), space=space)
    rebuilt = picture.reconstruct()
    np.testing.assert_array_equal(rebuilt[:60, :, 3], image[:60, :, 3])
    assert (rebuilt[:30] == 0).all()
    assert ((rebuilt[60:, :, 3] > 0) & (rebuilt[60:, :, 3] < 255)).any()
    # See-through entries come first.
    solid = (picture.codebook[..., 3] == 255).all(axis=(1, 2))
    assert solid.tolist() == sorted(solid)
    assert 0 < solid.sum() < 6


def test_with_fewer_entries_than_kinds_all_are_mixed():
    image = noise(20, 20, 4)
    image[:10, :, 3] = 0
    image[10:14, :, 3] = 255
    picture = smalti.compress(image, 2, block=(2, 2))
    assert picture.k == 2
    assert picture.reconstruct().shape == image.shape


def test_colours_are_weighed_by_alpha():
    # One pixel hardly seen and one solid: their mean is nearly the solid one.
    image = np.array([[[255, 0, 0, 1]], [[0, 0, 255, 254]]], np.uint8)
    picture = smalti.compress(image, 1, block=(1, 2), space="srgb")
    alpha = (1 + 254) / 2
    red = (255 * 1 + 0 * 254) / 255
    blue = (0 * 1 + 255 * 254) / 255
    np.testing.assert_allclose(
        picture.centroids[0, 0], [[red, 0, blue, alpha]] * 2, rtol=0, atol=1e-9
    )


def test_entries_go_from_dark_to_light(photo):
    codebook = smalti.compress(photo, 25, block=(2, 2)).codebook
    lightness = reference.oklab(codebook.reshape(25, -1, 3))[..., 0].mean(axis=1)
    assert (np.diff(lightness) > -1e-4).all()


def test_the_seed_fixes_the_result(photo):
    first, again, other = (
        smalti.compress(photo, 30, block=(2, 2), seed=seed).to_bytes() for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("alpha", [False, True])
def test_strips_do_not_show(photo, monkeypatch, alpha):
    image = photo
    if alpha:
        image = np.dstack([photo, np.zeros(photo.shape[:2], np.uint8)])
        image[30:60, :, 3] = 100
        image[60:, :, 3] = 255
    whole = smalti.compress(image, 30, block=(2, 3)).to_bytes()
    monkeypatch.setattr("smalti.images.blocks.grid._STRIP", 1)
    assert smalti.compress(image, 30, block=(2, 3)).to_bytes() == whole


def test_a_sample_is_taken_where_there_are_many_blocks(photo, monkeypatch):
    every = smalti.compress(photo, 8, block=(2, 2), effort=1).report().mse
    monkeypatch.setattr("smalti.images.blocks.compress._MIN_SAMPLE", 100)
    sampled = smalti.compress(photo, 8, block=(2, 2), effort=1)
    assert 1 < sampled.report().mse / every < 2
    assert sampled.k == 8


def test_more_effort_leaves_less_error(photo):
    errors = [
        smalti.compress(photo, 60, block=(2, 2), effort=effort, space="srgb").report().mse
        for effort in (1, 9)
    ]
    assert errors[1] < errors[0]


def test_progress_is_reported_and_can_stop_it(photo):
    seen = []
    smalti.compress(photo, 20, block=(2, 2), progress=lambda *report: seen.append(report))
    assert {stage for stage, _ in seen} >= {"k-means", "mapping blocks"}
    assert all(0 <= done <= 1 for _, done in seen)

    def stop(stage, _):
        if stage == "mapping blocks":
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        smalti.compress(photo, 20, block=(2, 2), progress=stop)


@pytest.mark.parametrize(
    "block",
    [2, "2x2", (2,), (2, 2, 2), (0, 2), (2, -1), (2, 65), (2.0, 2), (None, 2), ((1, 2), 3)],
    ids=repr,
)
def test_bad_blocks_are_named(photo, block):
    with pytest.raises(InvalidParameterError) as caught:
        smalti.compress(photo, 4, block=block)
    assert str(caught.value) == (
        f"block must be a height and a width, whole numbers between 1 and 64, got {block!r}"
    )


@pytest.mark.parametrize(
    "option",
    [
        {"quality": 70},
        {"quality": 0.0},
        {"max_bytes": 1000},
        {"rate_weight": 0.1},
        {"dither": 0.5},
        {"dither_method": "ordered"},
        {"keep_colors": ["FF0000"]},
    ],
    ids=lambda option: next(iter(option)),
)
def test_what_blocks_cannot_follow_is_refused(photo, option):
    ((name, value),) = option.items()
    with pytest.raises(InvalidParameterError) as caught:
        smalti.compress(photo, 4, block=(2, 4), **option)
    sentence = str(caught.value)
    assert sentence.startswith(f"{name} must not be given with block=(2, 4), got {value!r}")
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"k": 0}, "k must"),
        ({"k": 65_537}, "k must"),
        ({"effort": 10}, "effort"),
        ({"space": "lab"}, "space"),
        ({"seed": -1}, "seed"),
        ({"rate_weight": -1}, "rate_weight"),
        ({"dither": 2}, "dither"),
    ],
)
def test_other_arguments_are_checked_as_for_pixels(photo, arguments, word):
    with pytest.raises(InvalidParameterError, match=word):
        smalti.compress(photo, **{"k": 4, "block": (2, 2), **arguments})


def test_unreadable_images_are_named(tmp_path):
    with pytest.raises(ImageReadError, match="missing"):
        smalti.compress(tmp_path / "missing.png", 4, block=(2, 2))

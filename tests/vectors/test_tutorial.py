import inspect

import numpy as np
import pytest

import smalti
from smalti.exceptions import InvalidParameterError
from tests.pictures import noise


def test_k_of_2_takes_4_percent_of_a_303_x_227_image(tutorial_image):
    labels, centroids = smalti.compress_image(tutorial_image, n_clusters=2)
    assert smalti.calculate_num_bits(tutorial_image, 255) == (8, 1_650_744)
    assert smalti.calculate_num_bits(labels, 2) == (1, 68_781)
    assert smalti.calculate_num_bits(centroids, 255) == (8, 48)


def test_report_shows_the_tutorials_figures(tutorial_image):
    report = smalti.compress(tutorial_image, k=2).report()
    assert report.original_bits == 1_650_744
    assert report.index_bits == 68_781
    assert report.palette_bits == 48
    assert report.compressed_bits == 68_829
    assert report.ratio == pytest.approx(0.0417, abs=5e-5)


def test_16_colours_of_100_x_100_take_a_sixth():
    image = noise(100, 100)
    labels, centroids = smalti.compress_image(image, n_clusters=16)
    assert smalti.calculate_num_bits(image, 255) == (8, 240_000)
    assert smalti.calculate_num_bits(labels, 16) == (4, 40_000)
    assert smalti.calculate_num_bits(centroids, 255) == (8, 384)
    report = smalti.compress(image, k=16).report()
    assert report.original_bits == 240_000
    assert (report.index_bits, report.palette_bits) == (40_000, 384)
    assert report.compressed_bits == 40_384
    assert round(100 * report.ratio, 1) == 16.8


@pytest.mark.parametrize(
    ("max_int", "bits"),
    [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (255, 8), (256, 8), (257, 9), (2**20 + 1, 21)],
)
def test_bits_are_the_logarithm_rounded_up(max_int, bits):
    assert smalti.calculate_num_bits(np.zeros((3, 5)), max_int) == (bits, 15 * bits)


@pytest.mark.parametrize("max_int", [0, -1, 2.5, "a", None, float("nan")])
def test_bits_of_no_values_are_refused(max_int):
    with pytest.raises(InvalidParameterError, match="max_int") as caught:
        smalti.calculate_num_bits(np.zeros(3), max_int)
    assert str(max_int) in str(caught.value)


@pytest.mark.parametrize(
    ("k", "dtype"), [(1, np.uint8), (256, np.uint8), (257, np.uint16), (300, np.uint16)]
)
def test_labels_have_the_smallest_type_and_do_not_wrap_around(k, dtype):
    image = noise(40, 40)
    labels, centroids = smalti.compress_image(image, n_clusters=k, max_iter=5)
    assert labels.dtype == dtype
    assert labels.shape == (1600,)
    assert centroids.shape == (k, 3)
    assert labels.max() == k - 1
    rebuilt = smalti.reconstruct_image(labels, centroids, image.shape)
    np.testing.assert_array_equal(rebuilt, np.rint(centroids)[labels].reshape(image.shape))


def test_k_of_1_takes_no_index_bits():
    image = noise(8, 8)
    labels, centroids = smalti.compress_image(image, n_clusters=1)
    assert smalti.calculate_num_bits(labels, 1) == (0, 0)
    np.testing.assert_allclose(centroids[0], image.reshape(-1, 3).mean(axis=0))
    assert smalti.compress(image, k=1).report().index_bits == 0


def test_two_colours_come_back_exactly():
    image = np.zeros((2, 3, 3), dtype=np.uint8)
    image[1] = 200, 30, 10
    labels, centroids = smalti.compress_image(image, n_clusters=2)
    assert sorted(centroids.tolist()) == [[0, 0, 0], [200, 30, 10]]
    np.testing.assert_array_equal(smalti.reconstruct_image(labels, centroids, image.shape), image)


def test_16_bit_samples_are_clustered_on_the_scale_of_8_bits():
    image = np.array([[[0, 257, 65535]]], dtype=np.uint16)
    _, centroids = smalti.compress_image(image, n_clusters=1)
    np.testing.assert_allclose(centroids, [[0, 1, 255]])


def test_the_default_seed_is_fixed(photo):
    first, second = smalti.compress_image(photo, 4), smalti.compress_image(photo, 4)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


@pytest.mark.parametrize(
    "make", [lambda: 7, lambda: np.random.default_rng(7), lambda: np.random.RandomState(7)]
)
def test_equal_random_states_give_equal_results(photo, make):
    first = smalti.compress_image(photo, 4, random_state=make())
    second = smalti.compress_image(photo, 4, random_state=make())
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


@pytest.mark.parametrize("state", [None, np.random.default_rng(7), np.random.RandomState(7)])
def test_a_source_of_randomness_goes_on_between_calls(state):
    # One iteration from 8 of 1600 random points: two seeds never agree.
    options = {"init": "random", "n_init": 1, "max_iter": 1, "random_state": state}
    image = noise(40, 40)
    _, first = smalti.compress_image(image, 8, **options)
    _, second = smalti.compress_image(image, 8, **options)
    assert not np.array_equal(first, second)


def _inertia(image, labels, centroids):
    return ((image.reshape(-1, 3) - centroids[labels]) ** 2).sum()


def test_more_starts_are_never_worse():
    image = noise(20, 20)
    found = [
        _inertia(image, *smalti.compress_image(image, 6, init="random", n_init=n, random_state=3))
        for n in (1, 4, 12)
    ]
    assert found == sorted(found, reverse=True)


def test_auto_is_10_random_starts_or_1_of_kmeans_plusplus():
    image = noise(20, 20)
    for init, n_init in (("random", 10), ("k-means++", 1)):
        auto = smalti.compress_image(image, 5, init=init, n_init="auto", random_state=3)
        given = smalti.compress_image(image, 5, init=init, n_init=n_init, random_state=3)
        np.testing.assert_array_equal(auto[0], given[0])
        np.testing.assert_array_equal(auto[1], given[1])


def test_given_centroids_keep_their_order():
    image = np.array([[[0, 0, 0], [10, 0, 0], [200, 0, 0], [210, 0, 0]]], dtype=np.uint8)
    labels, centroids = smalti.compress_image(image, 2, init=[[190, 0, 0], [1, 0, 0]])
    assert labels.tolist() == [1, 1, 0, 0]
    assert centroids.tolist() == [[205, 0, 0], [5, 0, 0]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_clusters": 0}, ["n_clusters", "got 0"]),
        ({"n_clusters": "a"}, ["n_clusters", "'a'"]),
        ({"n_clusters": 2.0}, ["n_clusters", "got 2.0"]),
        ({"n_init": "many"}, ["n_init", "'many'"]),
        ({"n_init": 0}, ["n_init", "got 0"]),
        ({"max_iter": 0}, ["max_iter", "got 0"]),
        ({"tol": -1.0}, ["tol", "got -1"]),
        ({"tol": "a"}, ["tol", "'a'"]),
        ({"init": "best"}, ["init", "'best'"]),
        ({"init": [[0, 0]]}, ["init", "(1, 2)"]),
        ({"random_state": -1}, ["random_state", "got -1"]),
        ({"random_state": 2**64}, ["random_state", str(2**64)]),
        ({"random_state": "a"}, ["random_state", "'a'"]),
        ({"verbose": -1}, ["verbose", "-1"]),
        ({"verbose": "a"}, ["verbose", "'a'"]),
        ({"copy_x": 3}, ["copy_x", "3"]),
        ({"algorithm": "full"}, ["algorithm", "'lloyd'", "'elkan'", "'full'"]),
    ],
)
def test_bad_arguments_are_named_with_their_values(options, words):
    with pytest.raises(InvalidParameterError) as caught:
        smalti.compress_image(noise(4, 4), **options)
    for word in words:
        assert word in str(caught.value)


def test_arguments_are_those_of_scikit_learn():
    cluster = pytest.importorskip("sklearn.cluster")
    theirs = inspect.signature(cluster.KMeans).parameters
    ours = inspect.signature(smalti.compress_image).parameters
    assert list(ours)[1:] == list(theirs)
    others = {name for name in theirs if ours[name].default != theirs[name].default}
    assert others == {"tol", "random_state"}


def test_eight_clusters_are_the_default():
    labels, centroids = smalti.compress_image(noise(8, 8))
    assert centroids.shape == (8, 3)
    assert set(labels.tolist()) == set(range(8))


def test_unknown_arguments_raise_a_type_error():
    with pytest.raises(TypeError, match="n_colors"):
        smalti.compress_image(noise(4, 4), n_colors=3)


def test_what_verbose_prints_is_the_inertia_after_each_iteration(capsys):
    image = noise(8, 8)
    smalti.compress_image(image, 3)
    assert capsys.readouterr().out == ""
    labels, centroids = smalti.compress_image(image, 3, verbose=1)
    first, *told, last = capsys.readouterr().out.splitlines()
    assert first == "Initialization complete"
    assert last.startswith("Converged at iteration ")
    numbers = [float(line.split("inertia ")[1].rstrip(".")) for line in told]
    assert numbers == sorted(numbers, reverse=True)
    assert numbers[-1] == pytest.approx(_inertia(image, labels, centroids))


@pytest.mark.parametrize("options", [{"algorithm": "elkan"}, {"copy_x": False}])
def test_options_without_effect_change_nothing(options):
    image = noise(8, 8)
    image.setflags(write=False)
    expected, found = smalti.compress_image(image, 3), smalti.compress_image(image, 3, **options)
    np.testing.assert_array_equal(expected[0], found[0])
    np.testing.assert_array_equal(expected[1], found[1])


def test_labels_and_centroids_are_the_callers_own():
    labels, centroids = smalti.compress_image(noise(4, 4), 2)
    labels[0], centroids[0] = 1, 0.0
    assert labels[0] == 1


def test_alpha_is_refused():
    with pytest.raises(InvalidParameterError, match="alpha"):
        smalti.compress_image(noise(4, 4, 4))


def test_reconstruction_rounds_and_clips():
    rebuilt = smalti.reconstruct_image([0, 1], [[-3.0, 0.4, 0.6], [254.6, 300.0, 7.0]], (1, 2, 3))
    assert rebuilt.dtype == np.uint8
    assert rebuilt.tolist() == [[[0, 0, 1], [255, 255, 7]]]


@pytest.mark.parametrize(
    ("labels", "centroids", "shape", "word"),
    [
        ([0, 2], [[0.0] * 3] * 2, (1, 2, 3), "labels"),
        ([0, -1], [[0.0] * 3] * 2, (1, 2, 3), "labels"),
        ([0.0, 1.0], [[0.0] * 3] * 2, (1, 2, 3), "labels"),
        ([[0], [0, 1]], [[0.0] * 3] * 2, (1, 2, 3), "labels"),
        ([0, 1], [[0.0] * 3] * 2, (2, 2, 3), "original_shape"),
        ([0, 1], [[0.0] * 3] * 2, (-1, -2, 3), "original_shape"),
        ([0, 1], [[0.0] * 3] * 2, ("a", 2, 3), "original_shape"),
        ([0, 1], [[0.0] * 3] * 2, 6, "original_shape"),
        ([0, 1], [0.0, 1.0], (1, 2, 3), "centroids"),
        ([0, 1], "colours", (1, 2, 3), "centroids"),
        ([0, 0], [[float("nan")] * 3], (1, 2, 3), "centroids"),
    ],
)
def test_reconstruction_names_what_does_not_fit(labels, centroids, shape, word):
    with pytest.raises(InvalidParameterError, match=word):
        smalti.reconstruct_image(labels, centroids, shape)

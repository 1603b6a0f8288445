import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import smalti
from smalti.exceptions import ImageReadError, ImageWriteError, InvalidParameterError
from tests import reference

SQUARE = [[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]]

whole_numbers = st.integers(-9, 9).map(float)
codebooks = hnp.arrays(np.float64, st.tuples(st.integers(1, 9), st.just(2)), elements=whole_numbers)
vectors = hnp.arrays(np.float64, st.tuples(st.integers(1, 40), st.just(2)), elements=whole_numbers)


@given(codebooks, vectors)
def test_encoding_finds_the_first_nearest_code_vector(centroids, x):
    codebook = smalti.Codebook(centroids)
    distances = reference.squared_distances(x, centroids)
    # Whole numbers: distances are exact, and ties are ties.
    np.testing.assert_array_equal(codebook.encode(x), distances.argmin(axis=1))
    assert codebook.distortion(x) == pytest.approx(distances.min(axis=1).mean(), rel=1e-12)


@given(codebooks, st.data())
def test_decoded_vectors_are_encoded_to_the_same_vector(centroids, data):
    codebook = smalti.Codebook(centroids)
    z = data.draw(hnp.arrays(np.uint8, (3, 5), elements=st.integers(0, codebook.k - 1)))
    decoded = codebook.decode(z)
    assert decoded.shape == (3, 5, 2)
    np.testing.assert_array_equal(decoded, centroids[z])
    np.testing.assert_array_equal(codebook.decode(codebook.encode(decoded)), decoded)
    assert codebook.distortion(decoded) == 0.0


@given(codebooks, vectors)
def test_the_rate_is_the_entropy_and_at_most_the_fixed_length(centroids, x):
    codebook = smalti.Codebook(centroids)
    entropy = reference.entropy_bits(codebook.encode(x)) / len(x)
    assert codebook.rate(x) == pytest.approx(entropy, abs=1e-12)
    assert codebook.rate(x) <= codebook.bits + 1e-12


@given(vectors, st.data())
def test_weights_equal_repeats(x, data):
    codebook = smalti.Codebook(SQUARE)
    repeats = data.draw(hnp.arrays(np.int64, len(x), elements=st.integers(1, 4)))
    weighted = codebook.distortion(x, sample_weight=repeats)
    assert weighted == pytest.approx(codebook.distortion(x.repeat(repeats, axis=0)), rel=1e-12)


def test_figures_of_four_points_on_a_line():
    codebook = smalti.Codebook([[1.0], [11.0], [50.0]])
    x = [[0], [2], [10], [14]]
    assert codebook.encode(x).tolist() == [0, 0, 1, 1]
    # (1 + 1 + 1 + 9) / 4; variance about 6.5 is (42.25 + 20.25 + 12.25 + 56.25) / 4 = 32.75.
    assert codebook.distortion(x) == 3.0
    assert codebook.distortion(x, sample_weight=[1, 1, 1, 3]) == 5.0
    assert codebook.snr(x) == pytest.approx(10 * math.log10(32.75 / 3.0))
    assert (codebook.bits, codebook.rate(x)) == (2, 1.0)


def test_snr_without_noise_or_without_signal_is_infinite():
    codebook = smalti.Codebook([[1.0], [5.0]])
    assert codebook.snr([[1], [5]]) == math.inf
    assert codebook.snr([[2], [2]]) == -math.inf


@pytest.mark.parametrize(
    ("k", "dtype", "bits"),
    [(1, "u1", 0), (2, "u1", 1), (256, "u1", 8), (257, "u2", 9), (65_537, "u4", 17)],
)
def test_indices_have_the_smallest_type(k, dtype, bits):
    codebook = smalti.Codebook(np.arange(float(k))[:, np.newaxis])
    assert codebook.encode([[k - 1.2]]).dtype == np.dtype(dtype)
    # Integers go another way.
    found = codebook.encode(np.array([[k - 1], [0]]))
    assert (found.tolist(), found.dtype) == ([k - 1, 0], np.dtype(dtype))
    assert (codebook.k, codebook.dim, codebook.bits) == (k, 1, bits)


def test_any_leading_shape_is_kept():
    codebook = smalti.Codebook(SQUARE)
    assert codebook.encode([3, 1]).shape == ()
    assert int(codebook.encode([3, 1])) == 1
    assert codebook.decode(codebook.encode([3, 1])).tolist() == [4.0, 0.0]
    assert codebook.decode(2).tolist() == [0.0, 4.0]
    grid = np.zeros((3, 4, 5, 2))
    assert codebook.encode(grid).shape == (3, 4, 5)
    assert codebook.decode(codebook.encode(grid)).shape == grid.shape
    assert codebook.distortion(grid, sample_weight=np.ones((3, 4, 5))) == 0.0
    for empty in (np.zeros((0, 2)), np.zeros((0, 2), dtype=np.uint8)):
        assert codebook.encode(empty).shape == (0,)
    assert codebook.decode([]).shape == (0, 2)


def test_an_image_is_encoded_in_pieces_as_it_is_at_once(photo):
    pixels = np.tile(photo, (5, 5, 1))  # more than one piece
    codebook = smalti.Codebook.fit(photo, 7, seed=2)
    z = codebook.encode(pixels)
    np.testing.assert_array_equal(z, codebook.encode(pixels.astype(np.float64)))
    np.testing.assert_array_equal(z[:100, :151], codebook.encode(photo))
    assert codebook.distortion(pixels) == pytest.approx(codebook.distortion(photo), rel=1e-12)


def test_fit_is_kmeans_with_its_options():
    points = np.random.default_rng(0).normal(size=(300, 4))
    options = {"init": "random", "n_init": 3, "seed": 5, "sample_weight": np.arange(1.0, 301.0)}
    codebook = smalti.Codebook.fit(points, 6, **options)
    result = smalti.kmeans(points, 6, **options)
    np.testing.assert_array_equal(codebook.centroids, result.centroids)
    np.testing.assert_array_equal(codebook.encode(points), result.labels)
    mean = result.inertia / options["sample_weight"].sum()
    found = codebook.distortion(points, sample_weight=options["sample_weight"])
    assert found == pytest.approx(mean, rel=1e-12)


def test_weights_have_the_shape_of_what_they_weigh(photo):
    weights = np.random.default_rng(0).integers(1, 4, photo.shape[:2])
    codebook = smalti.Codebook.fit(photo, 4, sample_weight=weights)
    repeated = photo.reshape(-1, 3).repeat(weights.ravel(), axis=0)
    assert codebook == smalti.Codebook.fit(repeated, 4)
    expected = codebook.distortion(repeated)
    assert codebook.distortion(photo, weights) == pytest.approx(expected, rel=1e-12)


def test_the_centroids_are_a_copy_that_cannot_be_changed():
    given = np.array(SQUARE)
    codebook = smalti.Codebook(given)
    given[0] = 9.0
    assert codebook.centroids.tolist() == SQUARE
    with pytest.raises(ValueError, match="read-only"):
        codebook.centroids[0] = 1.0


def test_equal_code_vectors_make_equal_codebooks():
    codebook, other = smalti.Codebook(SQUARE), smalti.Codebook(SQUARE[::-1])
    assert codebook == smalti.Codebook(np.array(SQUARE, dtype=np.float32))
    assert codebook != other
    assert codebook != SQUARE
    assert {codebook: 1}[pickle.loads(pickle.dumps(codebook))] == 1
    assert smalti.Codebook([[0.0]]) == smalti.Codebook([[-0.0]])
    assert hash(smalti.Codebook([[0.0]])) == hash(smalti.Codebook([[-0.0]]))
    assert not pickle.loads(pickle.dumps(codebook)).centroids.flags.writeable
    assert repr(codebook) == "<Codebook of 3 code vectors, 2 coordinates>"


def test_a_saved_codebook_is_loaded_as_it_was(tmp_path):
    codebook = smalti.Codebook(np.random.default_rng(0).normal(size=(300, 5)))
    path = tmp_path / "codebook"
    assert codebook.save(path) == path.stat().st_size
    assert smalti.Codebook.load(path) == codebook
    assert smalti.Codebook.load(path.read_bytes()) == codebook
    with np.load(path) as file:
        np.testing.assert_array_equal(file["centroids"], codebook.centroids)
        assert file["version"] == 1


def test_an_existing_file_is_kept_unless_it_may_be_replaced(tmp_path):
    path = tmp_path / "codebook.npz"
    smalti.Codebook(SQUARE).save(path)
    before = path.read_bytes()
    with pytest.raises(ImageWriteError, match="exists already"):
        smalti.Codebook([[1.0]]).save(path, overwrite=False)
    assert path.read_bytes() == before
    smalti.Codebook([[1.0]]).save(path)
    assert smalti.Codebook.load(path).k == 1
    assert list(tmp_path.iterdir()) == [path]


def _archive(tmp_path, **arrays):
    path = tmp_path / "other.npz"
    np.savez(path, **arrays)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"version": 1}, "not a codebook"),
        ({"centroids": np.ones((2, 2))}, "not a codebook"),
        ({"version": 2, "centroids": np.ones((2, 2))}, "version 2"),
        ({"version": 1, "centroids": np.ones(2)}, "damaged"),
        ({"version": 1, "centroids": np.ones((0, 2))}, "damaged"),
        ({"version": 1, "centroids": np.full((1, 2), np.nan)}, "damaged"),
        ({"version": 1, "centroids": np.ones((2, 2), dtype=np.float32)}, "damaged"),
        ({"version": np.ones(3), "centroids": np.ones((2, 2))}, "damaged"),
        ({"version": 1, "centroids": np.array([[None]])}, "damaged"),
    ],
)
def test_archives_of_something_else_are_refused(tmp_path, arrays, words):
    with pytest.raises(ImageReadError, match=words) as caught:
        smalti.Codebook.load(_archive(tmp_path, **arrays))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("block", [None, (2, 2)])
def test_a_compressed_picture_is_no_codebook(photo, block):
    data = smalti.compress(photo, 4, block=block).to_bytes("npz")
    with pytest.raises(ImageReadError) as caught:
        smalti.Codebook.load(data)
    expected = "the bytes given: is a picture, not a codebook: use smalti.load"
    assert str(caught.value) == expected


def test_a_codebook_is_no_compressed_picture(tmp_path):
    path = tmp_path / "codebook.npz"
    smalti.Codebook(SQUARE).save(path)
    with pytest.raises(ImageReadError, match=r"is a codebook, not a picture: use smalti\.Codebook"):
        smalti.load(path)


def test_a_codebook_cut_short_or_changed_is_refused_or_whole(tmp_path):
    path = tmp_path / "codebook.npz"
    codebook = smalti.Codebook(np.arange(12.0).reshape(4, 3))
    codebook.save(path)
    data = path.read_bytes()
    for length in range(0, len(data), 7):
        with pytest.raises(ImageReadError, match="the bytes given: is damaged"):
            smalti.Codebook.load(data[:length])
    refused = 0
    for at in range(len(data)):
        changed = bytearray(data)
        changed[at] ^= 0x55
        try:
            assert smalti.Codebook.load(bytes(changed)) == codebook
        except ImageReadError:
            refused += 1
    assert refused > len(data) / 2


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("smalti.formats.codebook.MAX_BYTES", 1 << 10)
    large = smalti.Codebook(np.zeros((1 << 14, 1)))
    with pytest.raises(ImageWriteError, match="131072 bytes is too large"):
        large.save(tmp_path / "codebook.npz")
    data = _archive(tmp_path, version=1, centroids=large.centroids)
    with pytest.raises(ImageReadError, match="too large"):
        smalti.Codebook.load(data)


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(ImageReadError, match="no such file"):
        smalti.Codebook.load(tmp_path / "missing.npz")
    with pytest.raises(ImageReadError) as caught:
        smalti.Codebook.load(tmp_path)
    assert str(caught.value) == f"{tmp_path}: is a folder, not a file"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda _: smalti.Codebook([1.0]), ["centroids", "(1,)"]),
        (lambda _: smalti.Codebook(np.zeros((0, 3))), ["centroids", "(0, 3)"]),
        (lambda _: smalti.Codebook([[0.0], [np.nan]]), ["centroids[1, 0]", "nan"]),
        (lambda _: smalti.Codebook([[0.0, -1e91]]), ["centroids[0, 1]", "1e+90", "-1e+91"]),
        (lambda _: smalti.Codebook("abc"), ["centroids", "str"]),
        (lambda _: smalti.Codebook([[1.0], [2.0, 3.0]]), ["centroids", "real numbers", "list"]),
        (lambda c: c.encode([[1.0]]), ["x", "(..., 2)", "(1, 1)"]),
        (lambda c: c.encode(3.0), ["x", "(..., 2)", "got ()"]),
        (lambda c: c.encode([[1.0, np.inf]]), ["x[0, 1]", "inf"]),
        (lambda c: c.encode([["a", "b"]]), ["x", "list"]),
        (lambda c: c.decode([0, 3]), ["z", "0 to 2", "0 to 3"]),
        (lambda c: c.decode([-1]), ["z must", "got -1"]),
        (lambda c: c.decode([0.0]), ["z", "float64"]),
        (lambda c: c.decode([True]), ["z", "bool"]),
        (lambda c: c.distortion(np.zeros((0, 2))), ["x", "at least one", "(0, 2)"]),
        (lambda c: c.rate(np.zeros((0, 2))), ["x", "at least one", "(0, 2)"]),
        (lambda c: c.snr(np.zeros((0, 2))), ["x", "at least one", "(0, 2)"]),
        (lambda c: c.distortion([[0, 0]], sample_weight=[1, 2]), ["sample_weight", "(1,)", "(2,)"]),
        (
            lambda c: c.distortion([[0, 0]], sample_weight=[0]),
            ["sample_weight", "above 0", "got 0.0"],
        ),
        (lambda c: c.distortion([[0, 0]], sample_weight=[np.nan]), ["sample_weight", "nan"]),
        (lambda c: c.distortion([[0, 0]], sample_weight="a"), ["sample_weight", "str"]),
        (lambda _: smalti.Codebook.fit(1.0, 2), ["x must", "got ()"]),
        (lambda _: smalti.Codebook.fit([0.0, 2.0, 10.0, 12.0], 2), ["x", "(n, D)", "(4,)"]),
        (lambda _: smalti.Codebook.fit(np.zeros((0, 2)), 2), ["x", "at least one", "(0, 2)"]),
        (lambda _: smalti.Codebook.fit(np.zeros((3, 0)), 2), ["x", "coordinate", "(3, 0)"]),
        (lambda _: smalti.Codebook.fit([[[0, 1], [2, np.nan]]], 2), ["x[0, 1, 1]", "nan"]),
        (lambda _: smalti.Codebook.fit([[1e91], [0.0]], 2), ["x[0, 0]", "1e+91", "1e+90"]),
        (
            lambda _: smalti.Codebook.fit(np.ones((2, 3, 1)), 2, sample_weight=np.ones(6)),
            ["sample_weight", "(2, 3)", "(6,)"],
        ),
        (
            lambda _: smalti.Codebook.fit(np.ones((1, 2, 1)), 2, sample_weight=[[1, 0]]),
            ["sample_weight[0, 1]", "above 0", "0.0"],
        ),
        (lambda _: smalti.Codebook.fit([[1.0]], 0), ["k must", "got 0"]),
        (lambda _: smalti.Codebook.fit([[1.0]], 1, init="best"), ["init", "'best'"]),
    ],
)
def test_bad_arguments_are_named_with_their_values(call, words):
    with pytest.raises(InvalidParameterError) as caught:
        call(smalti.Codebook(SQUARE))
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import smalti
from smalti.exceptions import ImageReadError, ImageWriteError, InvalidParameterError
from smalti.images.blocks.block_image import BlockImage
from tests.formats.archives import changed_archive
from tests.pictures import noise


def picture(k, channels=3, block=(3, 2)):
    """37 x 23 pixels in blocks, of which the last of k is used."""
    random = np.random.default_rng(k)
    grid = (-(-37 // block[0]), -(-23 // block[1]))
    indices = random.integers(0, k, grid).astype(np.min_scalar_type(k - 1))
    indices[-1, -1] = k - 1
    codebook = noise(k * block[0], block[1], channels).reshape(k, *block, channels)
    centroids = codebook + random.uniform(-0.5, 0.5, codebook.shape)
    return BlockImage(indices, codebook, centroids, shape=(37, 23), original_bits=123_456)


@pytest.mark.parametrize("k", [1, 2, 5, 256, 257, 65_536])
@pytest.mark.parametrize("channels", [3, 4])
def test_all_but_the_unrounded_blocks_come_back(k, channels):
    image = picture(k, channels)
    loaded = smalti.load(image.to_bytes())
    assert isinstance(loaded, smalti.BlockImage)
    np.testing.assert_array_equal(loaded.indices, image.indices)
    assert loaded.indices.dtype == image.indices.dtype
    np.testing.assert_array_equal(loaded.codebook, image.codebook)
    np.testing.assert_array_equal(loaded.centroids, image.codebook)
    assert (loaded.shape, loaded.block, loaded.original_bits) == ((37, 23), (3, 2), 123_456)
    np.testing.assert_array_equal(loaded.reconstruct(), image.reconstruct())


def test_a_file_of_a_real_picture_comes_back(photo, tmp_path):
    image = smalti.compress(photo, 50, block=(4, 4))
    written = image.save(tmp_path / "a.npz")
    assert written == (tmp_path / "a.npz").stat().st_size == len(image.to_bytes("npz"))
    loaded = smalti.load(tmp_path / "a.npz")
    np.testing.assert_array_equal(loaded.reconstruct(), image.reconstruct())
    report, original = loaded.report(), image.report()
    assert report.mse is None
    assert report.compressed_bits == original.compressed_bits
    assert report.entropy_bits == original.entropy_bits
    with pytest.raises(InvalidParameterError, match="no original"):
        loaded.difference_map()


def test_numpy_alone_reads_it():
    image = picture(300)
    file = np.load(io.BytesIO(image.to_bytes()))
    assert int(file["version"]) == 2
    (height, width), (k, bh, bw, _) = file["shape"], file["codebook"].shape
    rows, columns, b = -(-height // bh), -(-width // bw), int(k - 1).bit_length()
    bits = np.unpackbits(file["indices"], count=rows * columns * b).reshape(-1, b)
    indices = (bits @ (1 << np.arange(b)[::-1])).reshape(rows, columns)
    blocks = file["codebook"][indices]
    whole = np.vstack([np.hstack(list(row)) for row in blocks])
    np.testing.assert_array_equal(whole[:height, :width], image.reconstruct())


def test_files_of_pixels_are_told_by_their_version(photo):
    with np.load(io.BytesIO(smalti.compress(photo, 5).to_bytes("npz"))) as file:
        assert sorted(file.files) == [
            "centroids",
            "coder",
            "dither",
            "indices",
            "original_bits",
            "palette",
            "rate_weight",
            "shape",
            "version",
        ]
        assert int(file["version"]) == 3


def test_equal_pictures_give_equal_bytes():
    assert picture(9).to_bytes() == picture(9).to_bytes()


@pytest.mark.parametrize("format_name", ["png", "webp", "tiff", None])
def test_no_other_format_holds_blocks(format_name):
    with pytest.raises(InvalidParameterError, match=r"format must be 'npz'.*got") as caught:
        picture(2).to_bytes(format_name)
    assert repr(format_name) in str(caught.value)


def test_names_of_other_formats_are_refused(tmp_path):
    with pytest.raises(InvalidParameterError, match=r"a\.png: .* must end in \.npz, got '\.png'"):
        picture(2).save(tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_existing_files_are_kept_if_asked(tmp_path):
    (tmp_path / "a.npz").write_bytes(b"precious")
    with pytest.raises(ImageWriteError, match=r"a\.npz"):
        picture(2).save(tmp_path / "a.npz", overwrite=False)
    assert (tmp_path / "a.npz").read_bytes() == b"precious"
    picture(2).save(tmp_path / "a.npz")
    assert smalti.load(tmp_path / "a.npz").k == 2


def test_a_damaged_file_is_refused():
    data = picture(16).to_bytes()
    for length in range(4, len(data), 97):
        with pytest.raises(ImageReadError):
            smalti.load(data[:length])


@given(st.data())
def test_changed_bytes_are_read_or_refused(data):
    changed = bytearray(picture(16).to_bytes())
    for place in data.draw(st.lists(st.integers(0, len(changed) - 1), min_size=1, max_size=3)):
        changed[place] = data.draw(st.integers(0, 255))
    try:
        smalti.load(bytes(changed)).report()
    except ImageReadError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right


def changed_fields(**changes):
    return changed_archive(picture(5).to_bytes(), **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": np.int64(1)},
        {"version": np.int64(3)},
        {"shape": None},
        {"shape": np.array([37, 25])},
        {"shape": np.array([-37, -23])},
        {"shape": np.array([0, 23])},
        {"shape": np.array([2**40, 2**40])},
        {"indices": None},
        {"indices": np.zeros(3, np.uint8)},
        # Every index is 7, and the codebook has 5 entries.
        {"indices": np.full(-(-13 * 12 * 3 // 8), 255, np.uint8)},
        {"codebook": None},
        {"codebook": np.zeros((0, 3, 2, 3), np.uint8)},
        {"codebook": np.zeros((5, 3, 2, 2), np.uint8)},
        {"codebook": np.zeros((5, 3, 2, 0), np.uint8)},
        {"codebook": np.zeros((5, 0, 2, 3), np.uint8)},
        {"codebook": np.zeros((5, 65, 64, 3), np.uint8)},
        {"codebook": np.zeros((5, 3), np.uint8)},
        {"codebook": np.uint8(3)},
        {"original_bits": None},
        {"original_bits": np.int64(0)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_fields_that_do_not_fit_are_refused(tmp_path, changes):
    path = tmp_path / "foreign.npz"
    path.write_bytes(changed_fields(**changes))
    with pytest.raises(ImageReadError, match=r"foreign\.npz"):
        smalti.load(path).report()


def test_unchanged_fields_are_read():
    assert smalti.load(changed_fields()).indices.shape == (13, 12)


def test_archives_that_unpack_to_too_much_are_refused(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(ImageReadError):
        smalti.load(picture(5).to_bytes())


def test_blocks_larger_than_the_picture_take_no_more_memory_than_it():
    # 64 x 64 pixels for each of the blocks would be 4 GiB.
    indices = np.zeros((1, 350_000), np.uint8)
    codebook = noise(64, 64)[np.newaxis]
    shape = (1, 64 * 350_000)
    wide = BlockImage(indices, codebook, codebook * 1.0, shape=shape, original_bits=1)
    row = wide.reconstruct()
    assert row.shape == (*shape, 3)
    np.testing.assert_array_equal(row[0, -64:], codebook[0, 0])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"codebook": np.zeros((2, 2, 2, 3))}, ["codebook", "float64"]),
        ({"codebook": np.zeros((2, 2, 2, 5), np.uint8)}, ["codebook", "(2, 2, 2, 5)"]),
        ({"codebook": np.zeros((2, 3), np.uint8)}, ["codebook", "(2, 3)"]),
        ({"centroids": np.zeros((3, 2, 2, 3))}, ["centroids", "(3, 2, 2, 3)"]),
        ({"indices": np.zeros((2, 2), np.int64)}, ["indices", "int64"]),
        ({"indices": np.zeros((2, 3), np.uint8)}, ["indices", "(2, 2)", "(2, 3)"]),
        ({"indices": np.full((2, 2), 2, np.uint8)}, ["up to 2", "2 blocks"]),
        ({"indices": [[0]]}, ["indices", "NumPy array", "list"]),
        ({"codebook": [[0]]}, ["codebook", "NumPy array", "list"]),
        ({"centroids": None}, ["centroids", "NumPy array", "NoneType"]),
        ({"shape": (0, 4)}, ["shape", "(0, 4)"]),
        ({"shape": (4,)}, ["shape", "height and a width", "(4,)"]),
        ({"shape": (4, 4, 3)}, ["shape", "height and a width", "(4, 4, 3)"]),
        ({"shape": (4.0, 4)}, ["shape", "height and a width", "(4.0, 4)"]),
        ({"shape": 4}, ["shape", "height and a width", "got 4"]),
        ({"original_bits": 0}, ["original_bits", "at least 1", "got 0"]),
        ({"original_bits": "many"}, ["original_bits", "whole number", "'many'"]),
        ({"shape": (5, 4)}, ["indices", "(3, 2)"]),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_parts_that_do_not_fit_are_named(changes, words):
    codebook = np.zeros((2, 2, 2, 3), np.uint8)
    fields = {
        "indices": np.zeros((2, 2), np.uint8),
        "codebook": codebook,
        "centroids": codebook.astype(np.float64),
        "shape": (4, 4),
        "original_bits": 384,
    }
    BlockImage(**fields)
    with pytest.raises(InvalidParameterError) as caught:
        BlockImage(**(fields | changes))
    for word in words:
        assert word in str(caught.value)


def test_blocks_that_no_file_may_have_are_refused():
    codebook = np.zeros((1, 65, 2, 3), np.uint8)
    with pytest.raises(InvalidParameterError, match=r"at most 64 pixels a side, got .*65"):
        BlockImage(
            np.zeros((1, 1), np.uint8), codebook, codebook * 1.0, shape=(9, 2), original_bits=1
        )


def test_an_effort_is_taken_as_for_pixels_and_changes_nothing(tmp_path):
    image = picture(5)
    for effort in (1, 9):
        image.save(tmp_path / "a.npz", effort=effort)
        assert (tmp_path / "a.npz").read_bytes() == image.to_bytes(effort=effort)
        assert image.to_bytes(effort=effort) == image.to_bytes()
    with pytest.raises(InvalidParameterError, match="effort must be between 1 and 9, got 10"):
        image.save(tmp_path / "a.npz", effort=10)

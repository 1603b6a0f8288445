import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import smalti
from smalti.exceptions import ImageReadError
from smalti.formats import npz
from smalti.formats.npz import size_bound
from smalti.images.compressed_image import CompressedImage
from tests.formats.archives import changed_archive
from tests.pictures import noise

SIZES = [1, 2, 3, 4, 5, 255, 256, 257, 1000, 65_536, 65_537, 70_000]


def picture(k, channels=3):
    """A picture that uses the last of k colours."""
    random = np.random.default_rng(k)
    indices = random.integers(0, k, (37, 23)).astype(np.min_scalar_type(k - 1))
    indices[-1, -1] = k - 1
    palette = noise(k, 1, channels)[:, 0]
    centroids = palette + random.uniform(-0.5, 0.5, palette.shape)
    return CompressedImage(indices, palette, centroids, original_bits=123_456)


def numpy_alone(data):
    """The recipe in the module's documentation."""
    file = np.load(io.BytesIO(data))
    (height, width), k = file["shape"], len(file["palette"])
    b = int(k - 1).bit_length()
    bits = np.unpackbits(file["indices"], count=height * width * b).reshape(height * width, b)
    indices = bits @ (1 << np.arange(b)[::-1])
    return file["palette"][indices].reshape(height, width, -1)


@pytest.mark.parametrize("k", SIZES)
@pytest.mark.parametrize("channels", [3, 4])
def test_everything_comes_back(k, channels):
    image = picture(k, channels)
    loaded = smalti.load(image.to_bytes("npz"))
    np.testing.assert_array_equal(loaded.indices, image.indices)
    np.testing.assert_array_equal(loaded.palette, image.palette)
    np.testing.assert_array_equal(loaded.centroids, image.centroids)
    assert loaded.indices.dtype == image.indices.dtype
    assert loaded.original_bits == 123_456


@pytest.mark.parametrize("k", [k for k in SIZES if k > 1])
def test_numpy_alone_reads_it(k):
    image = picture(k)
    np.testing.assert_array_equal(numpy_alone(image.to_bytes("npz")), image.reconstruct())


def test_numpy_alone_reads_a_single_colour():
    image = picture(1)
    np.testing.assert_array_equal(numpy_alone(image.to_bytes("npz")), image.reconstruct())


def test_the_recipe_in_the_documentation_is_the_one_tested():
    recipe = npz.__doc__.split("To read one without smalti::")[1]
    names = {"np": np, "photo": None}
    image = picture(300)
    code = "\n".join(line.strip() for line in recipe.splitlines())
    names["data"] = io.BytesIO(image.to_bytes("npz"))
    exec(code.replace('"photo.npz"', "data"), names)
    np.testing.assert_array_equal(names["picture"], image.reconstruct())


def test_indices_are_packed_without_gaps():
    for k, bits in ((2, 1), (3, 2), (257, 9), (70_000, 17)):
        with np.load(io.BytesIO(picture(k).to_bytes("npz"))) as file:
            assert len(file["indices"]) == -(-37 * 23 * bits // 8)
            assert file["indices"].dtype == np.uint8


@given(st.integers(1, 2**20), st.data())
def test_packing_is_undone_by_unpacking(k, data):
    dtype = np.min_scalar_type(k - 1)
    values = data.draw(hnp.arrays(dtype, st.integers(0, 50), elements=st.integers(0, k - 1)))
    packed = npz.pack(values, (k - 1).bit_length())
    np.testing.assert_array_equal(npz.unpack(packed, len(values), k), values)


def test_packing_goes_on_across_its_pieces(monkeypatch):
    values = np.arange(100, dtype=np.uint8)
    whole = npz.pack(values, 7)
    monkeypatch.setattr(npz, "_CHUNK", 8)
    np.testing.assert_array_equal(npz.pack(values, 7), whole)
    np.testing.assert_array_equal(npz.unpack(whole, 100, 128), values)


@pytest.mark.parametrize(
    "chosen",
    [
        {"rate_weight": 0, "dither": 0},
        {"rate_weight": 0.3, "dither": 0.25},
        {"rate_weight": 0, "dither": 1},
    ],
)
def test_what_labels_were_chosen_by_comes_back(photo, chosen):
    made = smalti.compress(photo, 8, **chosen)
    assert made.coder == ("png" if chosen["rate_weight"] else None)
    loaded = smalti.load(made.to_bytes("npz"))
    assert (loaded.rate_weight, loaded.dither, loaded.coder) == (*chosen.values(), made.coder)
    assert loaded.to_bytes("png") == made.to_bytes("png")


def test_a_file_of_version_1_does_not_tell_what_labels_were_chosen_by(photo):
    made = smalti.compress(photo, 8, rate_weight=0.3)
    data = made.to_bytes("npz")
    old = changed_archive(data, version=np.int64(1), rate_weight=None, dither=None, coder=None)
    loaded = smalti.load(old)
    assert (loaded.rate_weight, loaded.dither, loaded.coder) == (None, None, None)
    np.testing.assert_array_equal(loaded.indices, made.indices)
    np.testing.assert_array_equal(loaded.centroids, made.centroids)
    again = smalti.load(loaded.to_bytes("npz"))
    assert (again.rate_weight, again.dither, again.coder) == (None, None, None)


def test_equal_pictures_give_equal_bytes():
    assert picture(9).to_bytes("npz") == picture(9).to_bytes("npz")


def test_a_damaged_file_is_refused():
    data = picture(16).to_bytes("npz")
    for length in range(4, len(data), 97):
        with pytest.raises(ImageReadError):
            smalti.load(data[:length])


@given(st.data())
def test_changed_bytes_are_read_or_refused(data):
    changed = bytearray(picture(16).to_bytes("npz"))
    for place in data.draw(st.lists(st.integers(0, len(changed) - 1), min_size=1, max_size=3)):
        changed[place] = data.draw(st.integers(0, 255))
    try:
        smalti.load(bytes(changed)).report()
    except ImageReadError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right


def changed_fields(**changes):
    return changed_archive(picture(5).to_bytes("npz"), **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": None},
        {"version": np.int64(2)},
        {"rate_weight": None},
        {"rate_weight": np.float64(-1)},
        {"rate_weight": np.float64(np.inf)},
        {"dither": np.zeros(2)},
        {"coder": None},
        {"shape": None},
        {"shape": np.array([37, 24])},
        {"shape": np.array([-37, -23])},
        {"shape": np.array([0, 23])},
        {"shape": np.array([37])},
        {"shape": np.array([2**40, 2**40])},
        {"indices": None},
        {"indices": np.zeros(3, np.uint8)},
        # Every index is 7, and the palette has 5 entries.
        {"indices": np.full(-(-37 * 23 * 3 // 8), 255, np.uint8)},
        {"palette": None},
        {"palette": np.zeros((0, 3), np.uint8)},
        {"palette": np.zeros((5, 2), np.uint8)},
        {"palette": np.zeros(5, np.uint8)},
        {"palette": np.uint8(3)},
        {"centroids": None},
        {"centroids": np.zeros((4, 3))},
        {"centroids": np.array(["a"])},
        {"original_bits": None},
        {"original_bits": np.int64(0)},
        {"original_bits": np.int64(-5)},
        {"original_bits": np.zeros(2)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_fields_that_do_not_fit_are_refused(tmp_path, changes):
    path = tmp_path / "foreign.npz"
    path.write_bytes(changed_fields(**changes))
    with pytest.raises(ImageReadError, match=r"foreign\.npz"):
        smalti.load(path).report()


def test_unchanged_fields_are_read():
    assert smalti.load(changed_fields()).indices.shape == (37, 23)


def test_archives_of_other_things_are_refused():
    for fields in ({"a": np.zeros(3)}, {"version": np.array([None], dtype=object)}):
        buffer = io.BytesIO()
        np.savez(buffer, **fields)
        with pytest.raises(ImageReadError):
            smalti.load(buffer.getvalue())
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("document.xml", "<a/>")
    with pytest.raises(ImageReadError):
        smalti.load(buffer.getvalue())


def test_archives_that_unpack_to_too_much_are_refused(monkeypatch):
    # A header of a few bytes may ask for gigabytes.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    for k in (1, 5):
        data = picture(k).to_bytes("npz")
        with pytest.raises(ImageReadError):
            smalti.load(data)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("k", [1, 2, 17, 256])
def test_the_bound_of_the_size_is_never_too_small_and_nearly_reached(seed, k):
    random = np.random.default_rng(seed)
    indices = random.integers(0, k, (31, 40)).astype(np.uint8)
    palette = random.integers(0, 256, (k, 3 + seed % 2)).astype(np.uint8)
    image = CompressedImage(
        indices,
        palette,
        random.random(palette.shape) * 255,
        original_bits=int(random.integers(1, 2**50)),
        rate_weight=random.random(),
        dither=random.random(),
        coder="png",
    )
    written = len(image.to_bytes("npz"))
    assert written <= size_bound(indices, palette) <= written + 100 + palette.size

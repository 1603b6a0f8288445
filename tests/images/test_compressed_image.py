import dataclasses
import io

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti import _core
from smalti.exceptions import ImageWriteError, InvalidParameterError
from smalti.images.compressed_image import CompressedImage
from tests.pictures import noise, png_header

INDICES = np.array([[0, 1], [1, 2]], dtype=np.uint8)
PALETTE = np.array([[0, 0, 0], [10, 20, 30], [255, 255, 255]], dtype=np.uint8)


def picture(indices=INDICES, palette=PALETTE, **options):
    centroids = options.pop("centroids", palette.astype(np.float64))
    return CompressedImage(indices, palette, centroids, original_bits=96, **options)


def test_reconstruction_looks_every_index_up():
    rebuilt = picture().reconstruct()
    assert rebuilt.dtype == np.uint8
    assert rebuilt.tolist() == [[[0, 0, 0], [10, 20, 30]], [[10, 20, 30], [255, 255, 255]]]


def test_repr_tells_width_height_and_colours():
    wide = picture(np.zeros((2, 5), np.uint8))
    assert repr(wide) == "<CompressedImage 5 x 2, 3 colours>"


def test_opaque_pictures_become_palette_images():
    image = picture().to_pillow()
    assert image.mode == "P"
    assert image.size == (2, 2)
    np.testing.assert_array_equal(np.asarray(image), INDICES)
    np.testing.assert_array_equal(np.asarray(image.convert("RGB")), picture().reconstruct())


def test_pictures_with_alpha_become_rgba_images():
    compressed = smalti.compress(noise(6, 6, 4), 4)
    image = compressed.to_pillow()
    assert image.mode == "RGBA"
    np.testing.assert_array_equal(np.asarray(image), compressed.reconstruct())


def test_pictures_of_many_colours_become_rgb_images():
    compressed = smalti.compress(noise(20, 20), 300, effort=1)
    image = compressed.to_pillow()
    assert image.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(image), compressed.reconstruct())


@pytest.mark.parametrize(("k", "block"), [(4, None), (300, None), (4, (2, 2))])
@pytest.mark.parametrize("channels", [3, 4])
def test_notebooks_show_every_picture(k, block, channels):
    compressed = smalti.compress(noise(20, 20, channels), k, block=block, effort=1)
    with Image.open(io.BytesIO(compressed._repr_png_())) as shown:
        assert shown.format == "PNG"
        np.testing.assert_array_equal(
            np.asarray(shown.convert("RGB" if channels == 3 else "RGBA")), compressed.reconstruct()
        )


@pytest.mark.parametrize("bits", [0, -1, 2.5, None])
def test_an_original_has_bits(bits):
    with pytest.raises(InvalidParameterError, match=f"original_bits must be .*{bits}"):
        CompressedImage(INDICES, PALETTE, PALETTE.astype(np.float64), original_bits=bits)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"indices": [[0]]}, ["indices", "NumPy array", "list"]),
        ({"centroids": [[0, 0, 0]]}, ["centroids", "NumPy array", "list"]),
        ({"indices": np.zeros((2, 2))}, ["indices", "float64"]),
        ({"indices": np.zeros((2, 2), np.int64)}, ["indices", "int64"]),
        ({"indices": np.zeros(4, np.uint8)}, ["indices", "(4,)"]),
        ({"indices": np.zeros((0, 4), np.uint8)}, ["indices", "(0, 4)"]),
        ({"indices": np.full((2, 2), 3, np.uint8)}, ["indices", "3"]),
        ({"palette": np.zeros((3, 2), np.uint8)}, ["palette", "(3, 2)"]),
        ({"palette": np.zeros((3, 3))}, ["palette", "float64"]),
        ({"centroids": np.zeros((2, 3))}, ["centroids", "(3, 3)", "(2, 3)"]),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes, words):
    with pytest.raises(InvalidParameterError) as caught:
        picture(**changes)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "name", ["picture.png", "picture.webp", "picture.npz", "UP.PNG", "d.name.Npz"]
)
def test_saving_returns_the_bytes_written(tmp_path, name):
    path = tmp_path / name
    assert picture().save(path) == path.stat().st_size
    np.testing.assert_array_equal(smalti.load(path).reconstruct(), picture().reconstruct())
    assert list(tmp_path.iterdir()) == [path]


def test_saving_takes_a_path_as_text(tmp_path):
    picture().save(str(tmp_path / "picture.png"))
    assert (tmp_path / "picture.png").read_bytes() == picture().to_bytes("png")


@pytest.mark.parametrize("name", ["picture", "picture.jpg", "picture.png.bak", ".png"])
def test_other_endings_are_refused(tmp_path, name):
    with pytest.raises(InvalidParameterError, match=r"must end in \.png, \.webp or \.npz"):
        picture().save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_saving_replaces_a_file_unless_told_otherwise(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"old")
    with pytest.raises(ImageWriteError, match=r"picture\.png: exists already"):
        picture().save(path, overwrite=False)
    assert path.read_bytes() == b"old"
    picture().save(path)
    assert path.read_bytes() == picture().to_bytes("png")


@pytest.mark.parametrize("format_name", ["gif", "", None, 3])
def test_unknown_formats_are_refused(format_name):
    with pytest.raises(InvalidParameterError, match="format must be one of 'png', 'webp', 'npz'"):
        picture().to_bytes(format_name)


@pytest.mark.parametrize("effort", [0, 10, "a", 1.5])
def test_efforts_outside_1_to_9_are_refused(effort):
    with pytest.raises(InvalidParameterError, match="effort"):
        picture().to_bytes("png", effort=effort)


def test_png_is_the_default_format():
    assert png_header(picture().to_bytes())[:2] == (2, 2)


def test_a_report_without_an_original_has_no_errors():
    report = picture().report()
    assert (report.mse, report.psnr, report.ssimulacra2) == (None, None, None)
    assert report.worst_local_error is None
    assert (report.original_bits, report.index_bits, report.palette_bits) == (96, 8, 72)


def test_pillow_draws_what_the_report_measures(photo):
    compressed = smalti.compress(photo, 8)
    shown = compressed.to_pillow().convert("RGB")
    assert smalti.metrics.mse(photo, shown) == compressed.report().mse
    assert isinstance(shown, Image.Image)


def test_an_array_of_a_picture_is_its_pixels(photo):
    compressed = smalti.compress(photo, 8)
    shown = np.asarray(compressed)
    assert shown.dtype == np.uint8
    np.testing.assert_array_equal(shown, compressed.reconstruct())
    assert np.asarray(compressed, dtype=np.float32).dtype == np.float32
    assert np.array(compressed).flags.writeable
    assert smalti.metrics.mse(photo, compressed) == compressed.report().mse


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.0.0", reason="copy=False copied then")
def test_an_array_of_a_picture_without_a_copy_is_refused():
    with pytest.raises(ValueError, match="made anew"):
        np.array(picture(), copy=False)


def test_matplotlib_shows_a_picture(photo):
    figure = pytest.importorskip("matplotlib.figure").Figure()
    compressed = smalti.compress(photo, 8)
    shown = figure.subplots().imshow(compressed)
    np.testing.assert_array_equal(shown.get_array(), compressed.reconstruct())


def test_pictures_are_equal_when_they_show_the_same(tmp_path, photo):
    first, second = smalti.compress(photo, 8), smalti.compress(photo, 8)
    assert first == second
    assert first != smalti.compress(photo, 7)
    assert first != smalti.compress(photo[:-1], 8)
    assert first != "a picture"
    swapped = CompressedImage(
        (len(first.palette) - 1 - first.indices).astype(np.uint8),
        first.palette[::-1],
        first.centroids[::-1],
        original_bits=first.original_bits,
    )
    assert first == swapped
    for name in ("small.png", "small.npz"):
        first.save(tmp_path / name)
        assert smalti.load(tmp_path / name) == first


def test_arrays_given_stay_the_callers_own():
    indices, palette = INDICES.copy(), PALETTE.copy()
    made = CompressedImage(indices, palette, palette.astype(np.float64), original_bits=96)
    assert indices.flags.writeable
    assert palette.flags.writeable
    assert not made.indices.flags.writeable
    assert np.shares_memory(made.indices, indices)


@pytest.mark.parametrize(
    "name", ["indices", "palette", "centroids", "original_bits", "effort", "rate_weight", "dither"]
)
def test_attributes_cannot_be_set(name):
    with pytest.raises(AttributeError, match=name):
        setattr(picture(), name, 1)


def test_a_picture_is_saved_wherever_it_can_be_loaded_from(tmp_path):
    made = picture()
    buffer = io.BytesIO()
    size = made.save(buffer, format="png")
    assert buffer.getvalue() == made.to_bytes("png")
    assert size == len(buffer.getvalue())
    made.save("memory://smalti/picture.npz")
    assert smalti.load("memory://smalti/picture.npz") == made
    made.save(tmp_path / "name without ending", format="png")
    assert (tmp_path / "name without ending").read_bytes() == buffer.getvalue()


def test_a_file_object_needs_a_format():
    with pytest.raises(InvalidParameterError, match="format must be given"):
        picture().save(io.BytesIO())


@pytest.mark.parametrize("channels", [3, 4])
def test_the_palette_in_hexadecimal_digits_makes_the_same_palette(channels):
    image = smalti.compress(noise(9, 9, channels), 5)
    assert [len(code) for code in image.palette_hex] == [1 + 2 * channels] * 5
    assert image.palette_hex[0] == "#" + bytes(image.palette[0]).hex()
    again = smalti.compress(noise(9, 9, channels, seed=1), palette=image.palette_hex)
    np.testing.assert_array_equal(again.palette, image.palette)


def test_the_file_of_a_search_is_kept_for_its_own_picture_and_effort(photo):
    found = smalti.compress(photo, 16, max_bytes=4000, effort=2)
    indices, palette = np.ascontiguousarray(found.indices), np.ascontiguousarray(found.palette)
    anew = _core.encode_png(indices, palette, effort=2, weighed=found.coder == "png")
    assert found.to_bytes("png") == anew
    assert len(found.to_bytes("png", effort=7)) <= len(anew)
    other = dataclasses.replace(found, palette=255 - found.palette)
    np.testing.assert_array_equal(smalti.load(other.to_bytes("png")).reconstruct(), other)

"""Arrays of many kinds, and files of them, as images."""

import io

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.exceptions import ImageReadError, ImageReadWarning
from smalti.labelmaps.classes import OUTSIDE
from smalti.sources.read import read
from tests.pictures import noise

PIXELS = noise(6, 9)
DEEP = np.array([[20000, 7, 40000]], dtype=np.uint16)


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


@pytest.mark.parametrize("data", [npy(PIXELS), npz(image=PIXELS)], ids=["npy", "npz"])
def test_files_of_one_array_are_images(data):
    source = read(data)
    np.testing.assert_array_equal(source.pixels, PIXELS)
    assert source.original_bits == 24 * 54
    assert smalti.compress(data, 4) == smalti.compress(PIXELS, 4)


def test_an_archive_of_several_arrays_is_refused_with_their_names():
    with pytest.raises(ImageReadError, match="has 2 arrays, 'a', 'b'; load one and pass it"):
        read(npz(a=PIXELS, b=PIXELS))


def test_files_of_arrays_that_are_no_images_are_refused_by_name(tmp_path):
    path = tmp_path / "volume.npy"
    np.save(path, np.zeros((3, 4, 5), dtype=np.uint8))
    with pytest.raises(ImageReadError, match=r"volume\.npy: must have shape .* got \(3, 4, 5\)"):
        read(path)
    with pytest.raises(ImageReadError, match="is damaged"):
        read(npy(PIXELS)[:-1])
    with pytest.raises(ImageReadError, match="is damaged"):
        read(npy(np.array([[{}]])))


def test_files_of_large_arrays_are_refused():
    with pytest.raises(ImageReadError, match="more than the 50 pixels allowed"):
        read(npy(PIXELS), max_pixels=50)
    with pytest.raises(ImageReadError, match="unpacks to 100,128 bytes, but at most 1,600"):
        read(npz(a=np.zeros(100_000, np.uint8)), max_pixels=50)


def test_grey_with_alpha_is_read():
    pixels = read(PIXELS[..., :2]).pixels
    np.testing.assert_array_equal(pixels, PIXELS[..., [0, 0, 0, 1]])


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint32, np.int64, np.uint64])
def test_other_integers_are_samples_of_16_bits(dtype):
    samples = np.array([[0, 300], [5000, 30000]], dtype=dtype)
    source = read(samples)
    assert source.pixels.dtype == np.uint16
    np.testing.assert_array_equal(source.pixels[..., 0], samples)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_masked_pixels_are_transparent(dtype):
    unit = {np.uint8: 1, np.uint16: 257, np.float32: 1 / 255}[dtype]
    masked = np.ma.array(
        (PIXELS.astype(np.float64) * unit).astype(dtype), mask=np.zeros(PIXELS.shape, dtype=bool)
    )
    masked[2, 3, 1] = np.ma.masked
    masked[4] = np.ma.masked
    pixels = read(masked).pixels
    gaps = np.zeros((6, 9), dtype=bool)
    gaps[4], gaps[2, 3] = True, True
    assert ((pixels[..., 3] == 0) == gaps).all()
    np.testing.assert_array_equal(pixels[..., :3][~gaps], read(np.asarray(masked)).pixels[~gaps])


def test_a_mask_of_nothing_changes_nothing():
    np.testing.assert_array_equal(read(np.ma.array(PIXELS)).pixels, PIXELS)


def test_pixels_without_data_have_no_class_and_no_superpixel():
    image = np.full((20, 30), 0.2, dtype=np.float32)
    image[:, 15:] = 0.7
    image[3:9, 10:20] = np.nan
    gaps = np.isnan(image)
    for given in (image, np.ma.masked_invalid(image), np.ma.array(image, mask=gaps)):
        found = smalti.segment(given, 2)
        assert ((found.labels == OUTSIDE) == gaps).all()
        assert found.areas.tolist() == [270, 270]
        assert ((smalti.superpixels(given, 4) == 0) == gaps).all()
    values = np.where(gaps, -9999, image * 40000).astype(np.int32)
    again = smalti.segment(np.ma.masked_equal(values, -9999), 2)
    np.testing.assert_array_equal(again.labels, found.labels)


def test_float_tiffs_keep_their_gaps(tmp_path):
    image = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
    image[1, 2] = np.nan
    path = tmp_path / "height.tif"
    Image.fromarray(image).save(path)
    pixels = read(path).pixels
    assert pixels.dtype == np.uint16
    assert (pixels[..., 3] == 0).sum() == 1
    assert pixels[1, 2, 3] == 0
    assert pixels[2, 3].tolist() == [65535] * 4


@pytest.mark.parametrize("values", [np.array([[0.5, -9999.0]], np.float32), DEEP])
def test_the_no_data_value_of_a_tiff_is_transparent(tmp_path, values):
    path = tmp_path / "height.tif"
    nodata = float(values[0, 1])
    Image.fromarray(values).save(path, tiffinfo={42113: f"{nodata:g}"})
    pixels = read(path).pixels
    assert pixels.dtype == np.uint16
    assert pixels[0, 1, 3] == 0
    assert (pixels[..., 3] == 0).sum() == 1


def test_files_of_12_bits_are_told():
    camera = noise(5, 7, dtype=np.uint16) >> 4
    with pytest.warns(ImageReadWarning, match=r"uses only 0 to \d+ of 65535 levels"):
        smalti.compress(npy(camera), 2)
    for other in (noise(5, 7, dtype=np.uint16), noise(5, 7).astype(np.uint16)):
        assert not read(npy(other)).notes
    assert not read(camera).notes


def test_a_tiff_of_several_bands_of_floats_says_what_to_do():
    tifffile = pytest.importorskip("tifffile")
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, np.zeros((4, 5, 3), np.float32), photometric="rgb")
    with pytest.raises(ImageReadError, match="such as tifffile, pass its array"):
        read(buffer.getvalue())

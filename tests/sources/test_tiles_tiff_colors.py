"""TIFF files read by parts have the colours that `smalti.read` gives the same files."""

import numpy as np
import pytest
from PIL import Image, ImageCms

import smalti
from smalti.exceptions import ImageReadError
from tests.pictures import noise, srgb_profile, swapped_profile
from tests.sources.tile_checks import assert_same, whole_of

tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[large]")
pytest.importorskip("imagecodecs", reason="needs the extra smalti[large]")

HEIGHT, WIDTH = 21, 37
NODATA_TAG = 42113


@pytest.fixture
def both(tmp_path):
    """Writes a TIFF file, and returns it read by parts and as a whole."""

    def read(samples, **options):
        from smalti.sources.tiles.tiff_pages import open_tiff

        path = tmp_path / "a.tif"
        if isinstance(samples, Image.Image):
            samples.save(path, **options)
        else:
            tifffile.imwrite(path, samples, **{"metadata": None, **options})
        return open_tiff(path), smalti.read(path)

    return read


def assert_equal(image, source):
    assert_same(whole_of(image), source.pixels)
    assert image.pixel_size == source.pixel_size


# Profiles


@pytest.mark.parametrize(("profile", "changes"), [(srgb_profile(), 0), (swapped_profile(), 1)])
@pytest.mark.parametrize("tile", [None, (16, 16)])
def test_a_profile_is_converted(both, profile, changes, tile):
    samples = noise(HEIGHT, WIDTH)
    image, source = both(samples, iccprofile=profile, photometric="rgb", tile=tile)
    assert_equal(image, source)
    assert (whole_of(image) != samples).any() == changes


def test_a_profile_leaves_alpha_as_it_is(both):
    image, source = both(
        noise(HEIGHT, WIDTH, 4),
        iccprofile=swapped_profile(),
        photometric="rgb",
        extrasamples=["unassalpha"],
    )
    assert_equal(image, source)


# Fails: a profile is not heeded where samples have 16 bits, though `smalti.read` heeds it.
@pytest.mark.parametrize("bands", [3, 4])
def test_a_profile_of_16_bits_is_converted(both, bands):
    samples = noise(HEIGHT, WIDTH, bands, dtype=np.uint16)
    options = {"photometric": "rgb", "extrasamples": ["unassalpha"] * (bands - 3)}
    image, source = both(samples, iccprofile=swapped_profile(), **options)
    assert (source.pixels != samples).any()
    assert_equal(image, source)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_profile_of_grey_is_converted(both, dtype):
    grey = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    samples = noise(HEIGHT, WIDTH, 1, dtype=dtype)[..., 0]
    image, source = both(samples, iccprofile=grey, photometric="minisblack")
    assert_equal(image, source)


def test_a_profile_of_a_palette_is_converted(both):
    picture = Image.fromarray(noise(HEIGHT, WIDTH)).quantize(20)
    image, source = both(picture, icc_profile=swapped_profile())
    assert_equal(image, source)


# Fails: of a profile that cannot be used nothing is told, though `smalti.read` tells it.
@pytest.mark.parametrize("profile", [b"no profile", srgb_profile()[:200]])
def test_a_profile_that_cannot_be_used_is_told_of(both, profile):
    samples = noise(HEIGHT, WIDTH)
    image, source = both(samples, iccprofile=profile, photometric="rgb")
    assert_same(whole_of(image), samples)
    assert [note.kind for note in source.notes] == ["profile"]
    assert [note.kind for note in image.all_notes()] == ["profile"]


# Fails with a TypeError: the tag is a tuple of numbers where its type is not that of bytes.
@pytest.mark.parametrize("kind", ["B", "H", "s"])
def test_a_profile_of_another_type_is_no_trouble(tmp_path, kind):
    from smalti.sources.tiles.tiff_pages import open_tiff

    value = {"B": b"none", "H": (1, 2, 3), "s": "none"}[kind]
    extra = [(34675, kind, len(value), value, True)]
    samples = noise(HEIGHT, WIDTH)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, samples, extratags=extra, photometric="rgb", metadata=None)
    assert_same(whole_of(open_tiff(path)), samples)


# Alpha


# Fails: colours that are multiplied with alpha stay so, though they become straight as a whole.
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colours_multiplied_with_alpha_become_straight(both, dtype):
    samples = noise(HEIGHT, WIDTH, 4, dtype=dtype)
    largest = np.iinfo(dtype).max
    samples[..., :3] = samples[..., :3] * (samples[..., 3:] / largest)
    image, source = both(samples, photometric="rgb", extrasamples=["assocalpha"], tile=(16, 16))
    assert (source.pixels != samples).any()
    assert_equal(image, source)


# Fails: a fourth band of another meaning is taken for alpha.
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_band_that_is_no_alpha_is_none(both, dtype):
    samples = noise(HEIGHT, WIDTH, 4, dtype=dtype)
    image, source = both(samples, photometric="rgb", extrasamples=["unspecified"])
    assert_equal(image, source)


# Fails likewise.
def test_a_second_band_that_is_no_alpha_is_none(both):
    samples = noise(HEIGHT, WIDTH, 2)
    image, source = both(
        samples, photometric="minisblack", planarconfig="contig", extrasamples=["unspecified"]
    )
    assert_equal(image, source)


def test_grey_has_alpha(both):
    samples = noise(HEIGHT, WIDTH, 2)
    image, source = both(
        samples, photometric="minisblack", planarconfig="contig", extrasamples=["unassalpha"]
    )
    assert_equal(image, source)
    assert whole_of(image).shape == (HEIGHT, WIDTH, 4)


# Fails: ~ turns alpha as well.
def test_grey_with_white_as_0_has_alpha(both):
    samples = noise(HEIGHT, WIDTH, 2)
    try:
        image, _ = both(
            samples, photometric="miniswhite", planarconfig="contig", extrasamples=["unassalpha"]
        )
    except ImageReadError:
        return  # Pillow reads it not, and to refuse it is right
    np.testing.assert_array_equal(whole_of(image)[..., 3], samples[..., 1])


# No data


# Fails: what GDAL's tag says to be no data is taken for colours.
@pytest.mark.parametrize("bands", [1, 3])
def test_samples_without_data_are_clear(both, bands):
    samples = noise(HEIGHT, WIDTH, bands, dtype=np.uint16)
    samples[:5] = 999
    samples = samples if bands > 1 else samples[..., 0]
    tag = [(NODATA_TAG, "s", 4, "999", True)]
    image, source = both(samples, extratags=tag, photometric="rgb" if bands > 1 else "minisblack")
    assert not source.pixels[:5, :, 3].any()
    assert_equal(image, source)


# Fails likewise: NaN is not the only mark of floats without data.
def test_floats_without_data_are_clear(both):
    samples = noise(HEIGHT, WIDTH, 1)[..., 0] / np.float32(255)
    samples[:5] = -9999
    image, source = both(samples, extratags=[(NODATA_TAG, "s", 6, "-9999", True)])
    assert not source.pixels[:5, :, 3].any()
    assert_equal(image, source)


# Whatever Pillow knows


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_leaves_the_colours_as_they_are(both, orientation):
    tag = [(274, "H", 1, orientation, True)]
    image, source = both(noise(HEIGHT, WIDTH), extratags=tag, photometric="rgb")
    found, expected = whole_of(image), source.pixels
    assert sorted(map(tuple, found.reshape(-1, 3))) == sorted(map(tuple, expected.reshape(-1, 3)))


# Fails: rows and columns are those of the file, not those of the upright picture. For palettes that
# does not matter.
@pytest.mark.parametrize("orientation", range(2, 9))
def test_an_image_is_upright(both, orientation):
    tag = [(274, "H", 1, orientation, True)]
    image, source = both(noise(HEIGHT, WIDTH), extratags=tag, photometric="rgb", tile=(16, 16))
    assert_equal(image, source)


FILES = (
    "formats/16bit.MM.cropped.tif",
    "formats/hopper.iccprofile.tif",
    "formats/multipage.tiff",
    "formats/pil168.tif",
    "formats/tiff_strip_planar_lzw.tiff",
    "formats/tiff_tiled_planar_lzw.tiff",
    "png_suite/16bit.cropped.tif",
    # These two fail: 2 and 4 bits are taken for such of 8.
    "formats/tiff_gray_2_4_bpp_hopper2.tif",
    "formats/tiff_gray_2_4_bpp_hopper4IR.tif",
)


@pytest.mark.parametrize("name", FILES)
def test_real_files_have_the_colours_of_the_whole(data, name):
    from smalti.sources.tiles.tiff_pages import open_tiff

    if not (data / name).exists():
        pytest.skip("the collection has no such file")
    image, source = open_tiff(data / name), smalti.read(data / name)
    assert_same(whole_of(image), source.pixels)


# Fails: for 12 bits in 16 there is no note.
def test_samples_of_12_bits_are_told_of(both):
    samples = noise(HEIGHT, WIDTH, dtype=np.uint16) >> 4
    image, source = both(samples, photometric="rgb")
    assert [note.kind for note in source.notes] == ["range"]
    whole_of(image)
    assert [note.kind for note in image.all_notes()] == ["range"]

"""TIFF files read by parts have the colours that `smalti.read` gives the same files."""

import numpy as np
import pytest
from PIL import Image, ImageCms

import smalti
from smalti.exceptions import ImageReadError
from smalti.sources.tiles.window import Window
from tests.pictures import noise, srgb_profile, swapped_profile
from tests.sources.tile_checks import as_pixels, assert_same, whole_of

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


@pytest.mark.parametrize("bands", [3, 4])
def test_a_profile_of_16_bits_is_converted(both, bands):
    # The core overlooks the profile of a file whose pixels take less memory than its tags.
    samples = noise(80, 90, bands, dtype=np.uint16)
    options = {"photometric": "rgb", "extrasamples": ["unassalpha"] * (bands - 3)}
    image, source = both(samples, iccprofile=swapped_profile(), **options)
    assert (source.pixels != samples).any()
    assert_equal(image, source)
    np.testing.assert_array_equal(image.region(Window(3, 5, 6, 9)), source.pixels[3:6, 5:9])


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


@pytest.mark.parametrize("profile", [b"no profile", srgb_profile()[:200]])
def test_a_profile_that_cannot_be_used_is_told_of(both, profile):
    samples = noise(HEIGHT, WIDTH)
    image, source = both(samples, iccprofile=profile, photometric="rgb")
    assert_same(whole_of(image), samples)
    assert [note.kind for note in source.notes] == ["profile"]
    assert [note.kind for note in image.all_notes()] == ["profile"]


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


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colours_multiplied_with_alpha_become_straight(both, dtype):
    samples = noise(HEIGHT, WIDTH, 4, dtype=dtype)
    largest = np.iinfo(dtype).max
    samples[..., :3] = samples[..., :3] * (samples[..., 3:] / largest)
    image, source = both(samples, photometric="rgb", extrasamples=["assocalpha"], tile=(16, 16))
    assert (source.pixels != samples).any()
    assert_equal(image, source)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_band_that_is_no_alpha_is_none(both, dtype):
    samples = noise(HEIGHT, WIDTH, 4, dtype=dtype)
    image, source = both(samples, photometric="rgb", extrasamples=["unspecified"])
    assert_equal(image, source)


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


def test_grey_with_white_as_0_has_alpha(tmp_path):
    from smalti.sources.tiles.tiff_pages import open_tiff

    samples = noise(HEIGHT, WIDTH, 2)
    options = {"photometric": "miniswhite", "planarconfig": "contig", "metadata": None}
    tifffile.imwrite(tmp_path / "a.tif", samples, extrasamples=["unassalpha"], **options)
    image = open_tiff(tmp_path / "a.tif")
    assert_same(whole_of(image), as_pixels(np.dstack([255 - samples[..., 0], samples[..., 1]])))


def test_a_palette_has_alpha(both):
    picture = Image.fromarray(noise(HEIGHT, WIDTH)).quantize(20).convert("PA")
    picture.putalpha(Image.fromarray(noise(HEIGHT, WIDTH, 1)[..., 0]))
    image, source = both(picture)
    assert image.store.shape[2] == source.shape[2] == 4
    assert_equal(image, source)


# No data


@pytest.mark.parametrize("bands", [1, 3])
def test_samples_without_data_are_clear(both, bands):
    samples = noise(HEIGHT, WIDTH, bands, dtype=np.uint16)
    samples[:5] = 999
    samples = samples if bands > 1 else samples[..., 0]
    tag = [(NODATA_TAG, "s", 4, "999", True)]
    image, source = both(samples, extratags=tag, photometric="rgb" if bands > 1 else "minisblack")
    assert not source.pixels[:5, :, 3].any()
    assert_equal(image, source)


def test_floats_without_data_are_clear(both):
    samples = noise(HEIGHT, WIDTH, 1)[..., 0] / np.float32(255)
    samples[:5] = -9999
    image, source = both(samples, extratags=[(NODATA_TAG, "s", 6, "-9999", True)])
    assert not source.pixels[:5, :, 3].any()
    assert_equal(image, source)


# Whatever Pillow knows


@pytest.mark.parametrize("orientation", [0, 1, 9])
def test_an_upright_image_is_as_it_is(both, orientation):
    tag = [(274, "H", 1, orientation, True)]
    assert_equal(*both(noise(HEIGHT, WIDTH), extratags=tag, photometric="rgb"))


@pytest.mark.parametrize("orientation", [2, 3, 8])
def test_an_image_that_is_to_be_turned_is_refused(both, orientation):
    tag = [(274, "H", 1, orientation, True)]
    with pytest.raises(ImageReadError, match=rf"a\.tif: is stored turned .* {orientation}"):
        both(noise(HEIGHT, WIDTH), extratags=tag, photometric="rgb", tile=(16, 16))


FILES = (
    "formats/16bit.MM.cropped.tif",
    "formats/hopper.iccprofile.tif",
    "formats/multipage.tiff",
    "formats/pil168.tif",
    "formats/tiff_strip_planar_lzw.tiff",
    "formats/tiff_tiled_planar_lzw.tiff",
    "png_suite/16bit.cropped.tif",
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

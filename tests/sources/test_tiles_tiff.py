"""TIFF files read by parts: how samples are laid out, compressed and meant."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import smalti
from smalti.exceptions import ImageReadError, InvalidParameterError
from smalti.sources.tiles.window import Window
from tests.pictures import noise
from tests.sources.tile_checks import as_pixels, assert_is, assert_same, whole_of, windows

tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[large]")

# Sides that no tile divides.
HEIGHT, WIDTH = 45, 71


@pytest.fixture(scope="module", autouse=True)
def _codecs():
    pytest.importorskip("imagecodecs", reason="needs the extra smalti[large]")


@pytest.fixture
def tiff(tmp_path):
    """Writes a TIFF file of samples, and opens it by parts."""

    def opened(samples, **options):
        from smalti.sources.tiles.tiff_pages import open_tiff

        path = tmp_path / "a.tif"
        tifffile.imwrite(path, samples, **{"metadata": None, **options})
        return open_tiff(path)

    opened.path = tmp_path / "a.tif"
    return opened


def smooth(bands=3, dtype=np.uint8):
    """Waves, which codecs with losses keep nearly as they are."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    waves = [np.sin((x + 3 * i) / 17) * np.cos(y / (19 + i)) for i in range(bands)]
    levels = np.iinfo(dtype).max * (0.5 + 0.4 * np.stack(waves, axis=2))
    return levels.astype(dtype)[..., slice(None) if bands > 1 else 0]


# Layouts


@pytest.mark.parametrize("tile", [(16, 16), (16, 32), (32, 16), (48, 80), (64, 128)])
@pytest.mark.parametrize("bands", [1, 3, 4])
def test_tiles_need_not_divide_the_image(tiff, tile, bands):
    samples = noise(HEIGHT, WIDTH, bands) if bands > 1 else noise(HEIGHT, WIDTH, 1)[..., 0]
    extra = {"extrasamples": ["unassalpha"]} if bands == 4 else {}
    photometric = "rgb" if bands > 1 else "minisblack"
    image = tiff(samples, tile=tile, photometric=photometric, **extra)
    assert image.store.chunk == (min(tile[0], HEIGHT), min(tile[1], WIDTH))
    assert_is(image, samples)


@pytest.mark.parametrize("rows", [1, 7, 16, HEIGHT, 1000])
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_strips_have_any_number_of_rows(tiff, rows, compression):
    samples = noise(HEIGHT, WIDTH)
    image = tiff(samples, rowsperstrip=rows, compression=compression, photometric="rgb")
    assert image.store.chunk == (min(rows, HEIGHT), WIDTH)
    assert_is(image, samples)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("bigtiff", [False, True])
@pytest.mark.parametrize("dtype", ["u1", "u2", "f2", "f4", "f8"])
@pytest.mark.parametrize("tile", [None, (16, 32)])
def test_bytes_have_either_order(tiff, byteorder, bigtiff, dtype, tile):
    samples = noise(HEIGHT, WIDTH)
    samples = samples / 255 if dtype[0] == "f" else samples * np.uint16(255 if dtype == "u2" else 1)
    image = tiff(
        samples.astype(dtype), byteorder=byteorder, bigtiff=bigtiff, tile=tile, photometric="rgb"
    )
    magic = {"<": b"II", ">": b"MM"}[byteorder]
    assert tiff.path.read_bytes()[:2] == magic
    assert_is(image, samples.astype(dtype))


@pytest.mark.parametrize("tile", [None, (16, 32)])
@pytest.mark.parametrize("compression", [None, "lzw", "jpeg"])
@pytest.mark.parametrize("bands", [3, 4])
def test_bands_lie_each_for_itself(tiff, tile, compression, bands):
    samples = smooth(bands) if compression == "jpeg" else noise(HEIGHT, WIDTH, bands)
    image = tiff(
        np.moveaxis(samples, 2, 0),
        planarconfig="separate",
        photometric="rgb",
        extrasamples=["unassalpha"] * (bands - 3),
        tile=tile,
        compression=compression,
        rowsperstrip=None if tile else 8,
    )
    assert_is(image, np.moveaxis(tifffile.imread(tiff.path), 0, 2))


LAYOUTS = st.tuples(
    st.sampled_from([None, (16, 16), (32, 16)]),
    st.integers(1, 50),
    st.sampled_from(["contig", "separate"]),
    st.sampled_from([None, "deflate"]),
)


@given(data=st.data(), layout=LAYOUTS, height=st.integers(1, 50), width=st.integers(1, 50))
def test_any_window_of_any_layout_is_that_of_the_whole(
    tmp_path_factory, data, layout, height, width
):
    from smalti.sources.tiles.tiff_pages import open_tiff

    tile, rows, planar, compression = layout
    samples = noise(height, width, seed=rows)
    path = tmp_path_factory.mktemp("any") / "a.tif"
    tifffile.imwrite(
        path,
        np.moveaxis(samples, 2, 0) if planar == "separate" else samples,
        photometric="rgb",
        planarconfig=planar,
        compression=compression,
        metadata=None,
        **({"tile": tile} if tile else {"rowsperstrip": rows}),
    )
    window = data.draw(windows(height, width))
    np.testing.assert_array_equal(open_tiff(path).region(window), samples[window.slices])


# Compression


@pytest.mark.parametrize("tile", [None, (16, 32)])
@pytest.mark.parametrize(
    "kind",
    [
        ("deflate", "u1", False),
        ("deflate", "u1", True),
        ("deflate", "u2", True),
        ("deflate", "f4", True),
        ("deflate", "f8", 3),
        ("lzw", "u1", True),
        ("lzw", "u2", True),
        ("lzw", "f4", False),
        ("zstd", "u1", True),
        ("zstd", "u2", False),
        ("packbits", "u1", False),
        ("lzma", "u1", False),
        ("jpeg", "u1", False),
        ("jpeg2000", "u1", False),
        ("jpeg2000", "u2", False),
        ("webp", "u1", False),
        ("png", "u1", False),
        ("png", "u2", False),
        ("jpegxl", "u1", False),
    ],
)
@pytest.mark.parametrize("bands", [1, 3, 4])
def test_it_is_what_tifffile_makes_of_it(tiff, kind, tile, bands):
    compression, dtype, predictor = kind
    if bands != 3 and compression in ("jpeg", "webp"):
        pytest.skip("its codec is for three bands")
    samples = smooth(bands)
    samples = samples / 255 if dtype[0] == "f" else samples * np.uint16(257 if dtype == "u2" else 1)
    image = tiff(
        samples.astype(dtype),
        compression=compression,
        predictor=predictor,
        tile=tile,
        rowsperstrip=None if tile else 16,
        photometric="rgb" if bands > 1 else "minisblack",
        extrasamples=["unassalpha"] * (bands == 4),
    )
    assert_is(image, tifffile.imread(tiff.path))


def test_jpeg_tiles_of_ycbcr_become_rgb(tiff):
    samples = smooth()
    image = tiff(samples, compression="jpeg", photometric="rgb", tile=(16, 32))
    with tifffile.TiffFile(tiff.path) as file:
        assert file.pages[0].photometric.name == "YCBCR"
    assert np.abs(whole_of(image).astype(int) - samples).max() <= 12
    plain = tiff(
        samples, compression="jpeg", photometric="rgb", tile=(16, 32),
        compressionargs={"outcolorspace": "rgb"},
    )  # fmt: skip
    assert np.abs(whole_of(plain).astype(int) - samples).max() <= 12


def test_jpeg_with_tables_of_its_own_is_what_pillow_reads(tmp_path):
    from smalti.sources.tiles.tiff_pages import open_tiff

    path = tmp_path / "a.tif"
    Image.fromarray(smooth()).save(path, compression="jpeg", quality=90)
    with Image.open(path) as image:
        expected = np.asarray(image).astype(int)
    with tifffile.TiffFile(path) as file:
        assert file.pages[0].jpegtables is not None
    assert np.abs(whole_of(open_tiff(path)) - expected).max() <= 3


# Samples


@pytest.mark.parametrize("tile", [None, (16, 32)])
@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize("compression", [None, "deflate", "packbits"])
def test_bilevel_is_black_and_white(tiff, tile, photometric, compression):
    samples = noise(HEIGHT, WIDTH, 1)[..., 0] > 99
    image = tiff(samples, tile=tile, photometric=photometric, compression=compression)
    assert image.store.dtype == bool
    assert_is(image, samples if photometric == "minisblack" else ~samples)
    assert image.original_bits == HEIGHT * WIDTH


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_white_is_0_where_the_file_says_so(tiff, dtype, byteorder):
    samples = noise(HEIGHT, WIDTH, 1)[..., 0].astype(dtype)
    samples = samples / np.float32(255) if dtype == "f4" else samples
    image = tiff(samples, photometric="miniswhite", tile=(16, 32), byteorder=byteorder)
    assert_is(image, 1 - samples if dtype == "f4" else np.iinfo(dtype).max - samples)


@pytest.mark.parametrize("photometric", ["minisblack", "miniswhite"])
@pytest.mark.parametrize(("bits", "dtype"), [(2, "u1"), (4, "u1"), (12, "u2")])
def test_few_bits_reach_from_black_to_white(tiff, bits, dtype, photometric):
    levels = 2**bits - 1
    samples = np.linspace(0, levels, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype(dtype)
    try:
        image = tiff(samples, bitspersample=bits, photometric=photometric, rowsperstrip=8)
        found = whole_of(image)[..., 0]
    except ImageReadError:
        return  # to refuse them is right, too
    share = samples / levels if photometric == "minisblack" else 1 - samples / levels
    np.testing.assert_allclose(found, share * np.iinfo(dtype).max, atol=0.51)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("tile", [None, (16, 32)])
def test_palettes_are_looked_up(tiff, dtype, tile):
    indices = noise(HEIGHT, WIDTH, 1, dtype=dtype)[..., 0]
    colors = noise(3, np.iinfo(dtype).max + 1, 1, seed=4)[..., 0].astype(np.uint16) * 257
    image = tiff(indices, photometric="palette", colormap=colors, tile=tile)
    assert_is(image, (colors.T[indices] >> 8).astype(np.uint8))
    if dtype == np.uint8:
        np.testing.assert_array_equal(whole_of(image), smalti.read(tiff.path).pixels)


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8"])
def test_nan_is_clear(tiff, dtype):
    samples = (noise(HEIGHT, WIDTH, 1)[..., 0] / 255).astype(dtype)
    samples[samples < 0.2] = np.nan
    assert_is(tiff(samples, tile=(16, 32)), samples)


def test_floats_outside_0_to_1_are_refused_where_they_are_read(tiff):
    samples = np.full((HEIGHT, WIDTH), 0.25, dtype=np.float32)
    samples[40, 70] = 7
    image = tiff(samples, tile=(16, 32))
    assert (image.region(Window(0, 0, 32, 64)) == round(65535 / 4)).all()
    with pytest.raises(InvalidParameterError, match=r"a\.tif, rows 32 to 44, columns 64 to 70: "):
        image.region(Window(32, 64, 45, 71))


@pytest.mark.parametrize("dtype", ["i1", "i2", "i4", "u4", "i8", "u8", "c8"])
def test_other_kinds_of_numbers_are_refused(tiff, dtype):
    with pytest.raises(ImageReadError, match=r"a\.tif: has samples of .*; larger than memory are"):
        tiff(np.ones((HEIGHT, WIDTH), dtype), tile=(16, 32), photometric="minisblack")


def test_other_kinds_of_colours_are_refused(tiff):
    with pytest.raises(ImageReadError, match=r"a\.tif: has colours of the kind SEPARATED; larger"):
        tiff(noise(HEIGHT, WIDTH, 4), photometric="separated", tile=(16, 32))
    with pytest.raises(ImageReadError, match=r"a\.tif: has 5 bands"):
        tiff(noise(HEIGHT, WIDTH, 5), photometric="rgb", planarconfig="contig", tile=(16, 32))
    for photometric in ("cielab", "logluv", "linear_raw"):
        with pytest.raises(ImageReadError, match=r"a\.tif: has colours of the kind "):
            tiff(noise(HEIGHT, WIDTH), photometric=photometric, tile=(16, 32))


def test_colours_of_ycbcr_that_jpeg_has_not_coded_are_refused(tiff):
    with pytest.raises(ImageReadError, match="YCbCr colours that are not coded by JPEG"):
        tiff(noise(HEIGHT, WIDTH), photometric="ycbcr", compression="deflate", tile=(16, 32))


def test_a_file_of_pillow_is_what_pillow_reads(tmp_path):
    from smalti.sources.tiles.tiff_pages import open_tiff

    path = tmp_path / "a.tif"
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "F"):
        picture = Image.fromarray(smooth())
        if mode in ("I;16", "F"):
            levels = smooth(1, np.uint16)
            picture = Image.fromarray(levels if mode == "I;16" else levels / np.float32(65535))
        else:
            picture = picture.convert(mode)
        picture.save(path)
        assert_same(whole_of(open_tiff(path)), smalti.read(path).pixels)


def test_one_pixel_is_an_image(tiff):
    assert_is(tiff(np.full((1, 1, 3), 9, np.uint8), photometric="rgb"), np.full((1, 1, 3), 9, "u1"))
    assert_is(tiff(np.full((1, 1), 9, np.uint8), tile=(16, 16)), np.full((1, 1), 9, np.uint8))


def test_what_is_no_tiff_is_refused(tmp_path):
    from smalti.sources.tiles.tiff_pages import open_tiff

    for data in (b"", b"II*\0", b"no image", struct.pack("<2sHI", b"II", 42, 8)):
        (tmp_path / "a.tif").write_bytes(data)
        with pytest.raises(ImageReadError, match=r"a\.tif: cannot be read: "):
            open_tiff(tmp_path / "a.tif")
    with pytest.raises(ImageReadError, match=r"none\.tif: "):
        open_tiff(tmp_path / "none.tif")


def test_pixels_of_a_part_are_its_samples(tiff):
    samples = noise(HEIGHT, WIDTH, dtype=np.uint16)
    image = tiff(samples, tile=(16, 16), photometric="rgb")
    part = image.part(Window(3, 5, 40, 60))
    np.testing.assert_array_equal(part.pixels, as_pixels(samples[3:40, 5:60]))
    assert part.original_bits == 37 * 55 * 48
    buffer = io.BytesIO()
    smalti.compress(part, 4).save(buffer, format="png")
    assert buffer.getvalue()

"""TIFF files whose tags cannot be true end in a sentence, or in pixels."""

import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smalti.exceptions import ImageReadError, InvalidParameterError, SmaltiError
from smalti.sources.tiles.tiled_image import MAX_CHUNK_BYTES
from smalti.sources.tiles.window import Window
from tests.pictures import noise
from tests.sources.tiff_tags import (
    COUNTS,
    HEIGHT,
    RGB,
    STRIPS,
    TILED,
    WIDTH,
    opened,
    rewritten,
    tag_of,
)
from tests.sources.tile_checks import whole_of

tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[large]")
pytest.importorskip("imagecodecs", reason="needs the extra smalti[large]")

pytestmark = pytest.mark.usefixtures("silent_tifffile")


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("ImageWidth", 0),
        ("ImageLength", 0),
        ("TileWidth", 0),
        ("TileLength", 0),
        ("TileWidth", 65535),
        ("BitsPerSample", 0),
        ("BitsPerSample", 3),
        ("BitsPerSample", 65535),
        ("SamplesPerPixel", 0),
        ("SamplesPerPixel", 65535),
        ("Compression", 9),
        ("Compression", 65000),
        ("PhotometricInterpretation", 3),
        ("PhotometricInterpretation", 65000),
        ("PlanarConfiguration", 2),
        ("PlanarConfiguration", 7),
    ],
)
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_a_tag_that_cannot_be_true_ends_in_a_sentence_or_in_clear_pixels(
    path, tag, value, compression
):
    tifffile.imwrite(path, RGB, compression=compression, **TILED)
    rewritten(path, tag, lambda values: [value] * len(values))
    check_is_read(path)


@pytest.mark.parametrize("rows", [0, 2**32 - 1])
def test_strips_of_any_number_of_rows_end_in_a_sentence_or_in_pixels(path, rows):
    tifffile.imwrite(path, RGB, **{**STRIPS, "rowsperstrip": HEIGHT})
    rewritten(path, "RowsPerStrip", lambda _: [rows])
    check_is_read(path)


def check_is_read(path):
    """There are pixels, or one of our own errors is raised."""
    try:
        image = opened(path)
    except SmaltiError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017 - or else it is read
        return
    parts = list(image.parts())
    assert sum(part.pixels for part in parts) == image.shape[0] * image.shape[1]
    for part in parts[:4]:
        with suppress(InvalidParameterError):  # floats outside 0 to 1
            assert image.region(part).shape[:2] == part.shape
    image.all_notes()


@pytest.mark.parametrize("side", [100_000, 2**31 - 1])
@pytest.mark.parametrize("tile", [(256, 256), (16, 65520)])
def test_a_huge_image_without_data_opens_at_once_and_is_clear(path, side, tile):
    tifffile.imwrite(path, np.zeros((512, 512), np.uint8), **{**TILED, "photometric": "minisblack"})
    for name, value in zip(("TileLength", "TileWidth"), tile, strict=True):
        rewritten(path, name, lambda _, value=value: [value])
    for name in ("ImageLength", "ImageWidth"):
        rewritten(path, name, lambda _: [side])
    rewritten(path, COUNTS, lambda values: [0] * len(values))
    try:
        image = opened(path)
    except ImageReadError as error:
        assert "a.tif" in str(error)  # noqa: PT017 - or else it is read
        return
    assert image.shape == (side, side)
    assert image.original_bits == 8 * side * side
    corner = Window(0, 0, 20, 20)
    assert not image.region(corner)[..., 3].any()
    last = Window(side - 5, side - 5, side, side)
    assert not image.region(last)[..., 3].any()


def test_one_strip_of_everything_is_refused(path):
    tifffile.imwrite(path, RGB, bigtiff=True, **{**STRIPS, "rowsperstrip": HEIGHT})
    for name in ("ImageLength", "ImageWidth", "RowsPerStrip"):
        rewritten(path, name, lambda _: [60_000])
    sentence = f"is stored in pieces of 10,800,000,000 bytes, more than the {MAX_CHUNK_BYTES:,}"
    with pytest.raises(ImageReadError, match=sentence):
        opened(path)


@pytest.mark.parametrize("values", [None, 0, 3, 100, 765])
def test_a_palette_that_is_missing_or_short_is_a_sentence(path, values):
    colors = noise(3, 256, 1)[..., 0].astype(np.uint16)
    tifffile.imwrite(path, RGB[..., 0], photometric="palette", colormap=colors, tile=(16, 32))
    place, _ = tag_of(path, "ColorMap")
    data = bytearray(path.read_bytes())
    # Another tag, or one of fewer values.
    struct.pack_into("<H", data, place, 321 if values is None else 320)
    struct.pack_into("<I", data, place + 4, values or 0)
    path.write_bytes(data)
    check_is_read(path)


TAGS = ("ImageWidth", "BitsPerSample", "Compression", "PhotometricInterpretation")
TAGS += ("SamplesPerPixel", "PlanarConfiguration", "TileWidth", "TileOffsets", "TileByteCounts")


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("kind", [1, 2, 5, 7, 12])
@pytest.mark.parametrize("number", [1, 2])
def test_a_tag_of_another_type_is_a_sentence(path, tag, kind, number):
    tifffile.imwrite(path, RGB, compression="deflate", **TILED)
    place, _ = tag_of(path, tag)
    data = bytearray(path.read_bytes())
    struct.pack_into("<HI", data, place + 2, kind, number)
    path.write_bytes(data)
    check_is_read(path)


def test_infinities_and_nan_where_white_is_0_are_no_warnings(path):
    samples = np.full((HEIGHT, WIDTH), 0.25, dtype=np.float32)
    samples.view(np.uint32)[:5] = 0x7FA00000
    samples[20, 20] = np.inf
    tifffile.imwrite(path, samples, photometric="miniswhite", tile=(16, 32))
    image = opened(path)
    assert not image.region(Window(0, 0, 5, 71))[..., 3].any()
    with pytest.raises(InvalidParameterError, match="float values"):
        whole_of(image)


PLAIN = st.sampled_from(["tiles", "strips", "planes", "palette", "jpeg", "big"])


@settings(max_examples=150)
@given(kind=PLAIN, changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6))
def test_any_change_of_bytes_ends_in_a_sentence_or_in_pixels(tmp_path_factory, kind, changes):
    path = tmp_path_factory.mktemp("any") / "a.tif"
    colors = noise(3, 256, 1)[..., 0].astype(np.uint16)
    samples, options = {
        "tiles": (RGB, {**TILED, "compression": "deflate"}),
        "strips": (RGB, {**STRIPS, "compression": "lzw"}),
        "planes": (np.moveaxis(RGB, 2, 0), {**TILED, "planarconfig": "separate"}),
        "palette": (RGB[..., 0], {"photometric": "palette", "colormap": colors, "tile": (16, 16)}),
        "jpeg": (RGB, {**TILED, "compression": "jpeg"}),
        "big": (RGB, {**TILED, "bigtiff": True}),
    }[kind]
    tifffile.imwrite(path, samples, **options)
    data = bytearray(path.read_bytes())
    # Tags are at the beginning.
    for place, value in changes:
        data[int(place * min(len(data) - 1, 400))] = value
    path.write_bytes(data)
    check_is_read(path)

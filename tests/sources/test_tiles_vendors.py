"""Slides as the scanners of Hamamatsu (NDPI) and Aperio write them, read by parts."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from smalti.exceptions import ImageReadError
from tests.sources.tiff_tags import opened, rewritten
from tests.sources.tile_checks import assert_is, whole_of

tifffile = pytest.importorskip("tifffile", reason="needs the extra smalti[large]")
imagecodecs = pytest.importorskip("imagecodecs", reason="needs the extra smalti[large]")

SIDES = 64, 96
PIECE = 8, 32


def slopes(height, width):
    """A smooth picture."""
    y, x = np.mgrid[:height, :width]
    return np.stack([2 * x, 3 * y, 255 - x - y], axis=2).astype(np.uint8)


# Hamamatsu


def jpeg_of(samples):
    """A JPEG whose pieces have no header of their own, four blocks each, and where they begin."""
    buffer = io.BytesIO()
    blocks = PIECE[1] // 8
    picture = Image.fromarray(samples)
    picture.save(buffer, "JPEG", quality=95, subsampling=0, restart_marker_blocks=blocks)
    data = buffer.getvalue()
    scan = data.index(b"\xff\xda")
    (length,) = struct.unpack_from(">H", data, scan + 2)
    starts = [scan + 2 + length]
    for place in range(starts[0], len(data) - 1):
        if data[place] == 0xFF and 0xD0 <= data[place + 1] <= 0xD7:
            starts.append(place + 2)
    return data, starts


def ndpi_of(samples):
    """A file as their scanners write it: TIFF with offsets of 8 bytes in the format for 4."""
    height, width = samples.shape[:2]
    jpeg, starts = jpeg_of(samples)
    assert len(starts) == height // PIECE[0] * width // PIECE[1]
    offset = 12
    maker = offset + len(jpeg)
    begins = maker + 10
    values = {
        256: (4, 1, width),
        257: (4, 1, height),
        258: (3, 1, 8),
        259: (3, 1, 7),
        262: (3, 1, 6),
        271: (2, 10, maker),
        273: (4, 1, offset),
        277: (3, 1, 3),
        278: (4, 1, height),
        279: (4, 1, len(jpeg)),
        65420: (4, 1, 1),
        65426: (4, len(starts), begins),
    }
    tags = b"".join(struct.pack("<HHII", tag, *value) for tag, value in values.items())
    directory = begins + 4 * len(starts)
    return b"".join(
        (
            struct.pack("<2sHQ", b"II", 42, directory),
            jpeg,
            b"Hamamatsu\0",
            struct.pack(f"<{len(starts)}I", *starts),
            struct.pack("<H", len(values)) + tags,
            # The next directory, and the upper bytes of values.
            struct.pack("<Q", 0) + bytes(4 * len(values)),
        )
    )


def test_pieces_of_a_slide_of_hamamatsu_are_decoded(tmp_path):
    samples = slopes(*SIDES)
    path = tmp_path / "a.ndpi"
    path.write_bytes(ndpi_of(samples))
    expected = tifffile.imread(path)
    assert np.abs(expected.astype(int) - samples).max() < 12
    image = opened(path)
    assert image.store.chunk == PIECE
    assert_is(image, expected)


# Aperio


@pytest.mark.parametrize("compression", [33003, 33005])
def test_colours_of_jpeg_2000_are_those_that_the_compression_names(tmp_path, compression):
    samples = slopes(64, 64)
    colors = Image.fromarray(samples).convert("YCbCr") if compression == 33003 else samples
    tile = imagecodecs.jpeg2k_encode(
        np.asarray(colors), codecformat="j2k", mct=False, colorspace="UNSPECIFIED"
    )
    path = tmp_path / "a.svs"
    options = {"shape": samples.shape, "dtype": "u1", "tile": (64, 64), "metadata": None}
    tifffile.imwrite(path, iter([tile]), photometric="rgb", compression=34712, **options)
    rewritten(path, "Compression", lambda _: [compression])
    try:
        image = opened(path)
    except ImageReadError as error:
        assert "YCbCr" in str(error)  # noqa: PT017 - to refuse it is right, too
        return
    assert np.abs(whole_of(image).astype(int) - samples).max() <= 3

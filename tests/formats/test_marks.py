"""A few bytes at the end of a file, which nothing but smalti sees."""

import io

import numpy as np
import pytest
from PIL import Image

import smalti
from smalti.formats.marks import MOST_BYTES, SIZES, TAIL_BYTES
from smalti.formats.registry import formats
from tests.pictures import noise


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("form", formats().values(), ids=lambda form: form.name)
def test_a_mark_is_found_again_and_changes_nothing_else(form, channels, size):
    image = smalti.compress(noise(13, 17, channels), 9, effort=1)
    plain = image.to_bytes(form.name)
    mark = bytes(range(size))
    marked = form.mark(plain, mark)
    assert form.mark_in(marked[-TAIL_BYTES:]) == mark
    assert form.mark_in(plain[-TAIL_BYTES:]) is None
    assert len(plain) < len(marked) <= len(plain) + MOST_BYTES
    assert smalti.load(marked) == image
    if form.name != "npz":
        with Image.open(io.BytesIO(marked)) as read:
            pixels = np.asarray(read.convert("RGBA" if channels == 4 else "RGB"))
        np.testing.assert_array_equal(pixels, image.reconstruct())


@pytest.mark.parametrize("form", formats().values(), ids=lambda form: form.name)
def test_a_file_that_is_cut_has_no_mark(form):
    plain = smalti.compress(noise(5, 6), 4, effort=1).to_bytes(form.name)
    marked = form.mark(plain, b"abcd")
    assert all(form.mark_in(marked[:length][-TAIL_BYTES:]) is None for length in range(len(marked)))


def test_a_mark_of_a_png_with_a_wrong_checksum_is_none():
    form = formats()["png"]
    marked = form.mark(smalti.compress(noise(5, 6), 4, effort=1).to_bytes("png"), b"abcd")
    assert form.mark_in(marked.replace(b"smLTabcd", b"smLTabce")) is None


def test_a_lossy_webp_is_left_as_it_is():
    buffer = io.BytesIO()
    Image.fromarray(noise(5, 6)).save(buffer, "WEBP", quality=50)
    assert formats()["webp"].mark(buffer.getvalue(), b"abcd") == buffer.getvalue()

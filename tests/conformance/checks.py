"""What is asked of every file: an exact picture, or one sentence."""

import warnings

import numpy as np

import smalti
from smalti.exceptions import ImageReadError, ImageReadWarning
from smalti.sources.read import read
from tests.conformance.pictures import in_8_bits
from tests.conformance.png_writer import INDEXED

EXACT = {"rate_weight": 0, "dither": 0, "effort": 1}


def compressed(source, picture):
    """The picture compressed to as many colours as it has pixels, as 8-bit RGBA."""
    height, width = picture.samples.shape[:2]
    return in_8_bits(smalti.compress(source, k=height * width, **EXACT).reconstruct())


def assert_is_read_exactly(file, picture):
    """A file is read and, if it is indexed, loaded without any change."""
    pixels = read(file).pixels
    assert pixels.dtype == picture.pixels.dtype
    np.testing.assert_array_equal(pixels, picture.pixels)
    if picture.color_type == INDEXED:
        np.testing.assert_array_equal(smalti.load(file).reconstruct(), picture.pixels)


def assert_is_exactly(file, picture):
    """A file is read, compressed and, if it is indexed, loaded without any change."""
    assert_is_read_exactly(file, picture)
    np.testing.assert_array_equal(compressed(file, picture), in_8_bits(picture.pixels))


def outcome(function, path):
    """What a function makes of a file and None, or None and the sentence of its refusal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImageReadWarning)
        try:
            return function(path), None
        except ImageReadError as error:
            return None, str(error)


def assert_is_a_sentence(message, path):
    """One line that names the file and gives a reason."""
    name, colon, reason = message.partition(": ")
    assert (name, colon) == (str(path), ": ")
    assert "\n" not in reason
    assert reason.startswith(("is ", "has "))
    assert not reason.rstrip().endswith(":"), "gives no reason"

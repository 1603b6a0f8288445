"""Callers of the Python API are warned where they hand over an image, and only then."""

import warnings
from pathlib import Path

import pytest
from PIL import Image

import smalti
from smalti.exceptions import ImageReadWarning
from smalti.images.comparison import compare
from smalti.images.inspect import inspect
from smalti.sources.read import read
from tests.pictures import encoded

_FIRST, _SECOND = (Image.new("RGB", (12, 9), color) for color in ("red", "blue"))
FILM = encoded(_FIRST, "GIF", save_all=True, append_images=[_SECOND])

CALLS = {
    "compress": lambda image: smalti.compress(image, 2),
    "blocks": lambda image: smalti.compress(image, 2, block=(2, 2)),
    "sweep": lambda image: smalti.sweep(image, [2]),
    "segment": lambda image: smalti.segment(image, 2),
    "superpixels": lambda image: smalti.superpixels(image, 2),
    "mse": lambda image: smalti.metrics.mse(image, _FIRST),
    "elbow": lambda image: smalti.elbow(image, range(1, 3)),
    "compress_image": lambda image: smalti.compress_image(image, 1),
    "compare": lambda image: compare(image, read(encoded(_FIRST))),
    "load": smalti.load,
    "inspect": inspect,
}


@pytest.mark.parametrize("name", CALLS)
def test_the_warning_is_of_the_line_that_called(name):
    with pytest.warns(ImageReadWarning, match="has 2 frames or pages; only the first") as told:
        CALLS[name](FILM)
    assert [Path(warning.filename).name for warning in told] == ["test_inputs.py"]


@pytest.mark.parametrize("name", [name for name in CALLS if name not in ("load", "inspect")])
def test_of_what_was_read_before_there_is_no_warning(name):
    source = read(FILM)
    assert len(source.notes) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CALLS[name](source)

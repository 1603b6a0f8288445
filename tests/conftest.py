"""Fixtures that several test modules use."""

import signal
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

# The same examples in every run: a test that fails once fails again. Timing says nothing here.
settings.register_profile(
    "smalti",
    deadline=None,
    derandomize=True,
    max_examples=40,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("smalti")


# A collection of test images beside the repository, not part of it.
COLLECTION = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture
def interruptible():
    """Ctrl-C raises KeyboardInterrupt, as in a program of its own: some runners ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def data():
    """The folder of the collection."""
    if not COLLECTION.is_dir():
        pytest.skip("the collection of test images is not beside this checkout")
    return COLLECTION


@pytest.fixture(scope="session")
def photo():
    """A cat, 151 x 100: real colours at a size that is quick to work on."""
    skimage_data = pytest.importorskip("skimage.data", reason="needs the extra smalti[demo]")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pixels = skimage_data.chelsea()
    return np.ascontiguousarray(pixels[::3, ::3])


@pytest.fixture
def photo_png(photo, tmp_path):
    """The cat as a PNG file in a folder of its own."""
    path = tmp_path / "photo.png"
    Image.fromarray(photo).save(path)
    return path


@pytest.fixture
def tutorial_image():
    """303 x 227 pixels, the size in the tutorial; noise, so that any K finds enough colours."""
    return np.random.default_rng(1).integers(0, 256, (303, 227, 3), dtype=np.uint8)

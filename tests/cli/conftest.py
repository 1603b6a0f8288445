"""Fixtures of several modules about the command line."""

import numpy as np
import pytest
from PIL import Image

from tests.batch.conftest import memory, web  # noqa: F401 - fixtures of these tests, too


@pytest.fixture
def small_photo(photo):
    """A part of the cat, 64 x 48, which is quick to work on."""
    return np.ascontiguousarray(photo[20:68, 20:84])


@pytest.fixture
def small_png(small_photo, tmp_path):
    """The same as photo.png in a folder of its own, which is the working folder of `folder`."""
    path = tmp_path / "photo.png"
    Image.fromarray(small_photo).save(path)
    return path


@pytest.fixture
def folder(small_png, monkeypatch):
    """The working folder, which has a small photo.png and nothing else."""
    monkeypatch.chdir(small_png.parent)
    return small_png.parent

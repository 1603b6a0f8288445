"""Fixtures of several modules about sources."""

import logging

import pytest


@pytest.fixture
def path(tmp_path):
    """Where a TIFF file is to be."""
    return tmp_path / "a.tif"


@pytest.fixture
def silent_tifffile():
    """What tifffile logs of damaged files is expected."""
    logger = logging.getLogger("tifffile")
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(logging.NOTSET)

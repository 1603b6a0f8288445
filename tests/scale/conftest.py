"""Fixtures of the tests of images larger than memory."""

import pytest

from smalti.scale import overview, pyramid_store, region_files
from smalti.scale.outputs import palette_tiff, streamed_png
from tests.batch.conftest import (  # noqa: F401 - fixtures of these tests, too
    bucket,
    memory,
    object_server,
    s3,
    web,
)


@pytest.fixture(autouse=True)
def _small_windows(monkeypatch, tmp_path):
    """Let windows be small, so that small images have many; paths begin in an empty folder."""
    pytest.importorskip("zarr", minversion="3")
    pytest.importorskip("filelock")
    monkeypatch.setattr(pyramid_store, "CHUNK", 32)
    monkeypatch.setattr(pyramid_store, "WINDOW", 64)
    monkeypatch.setattr(streamed_png, "CHUNK", 32)
    monkeypatch.setattr(region_files, "CHUNK", 32)
    monkeypatch.setattr(region_files, "_ROWS_OF", 1000)
    monkeypatch.setattr(palette_tiff, "_TILE", 32)
    monkeypatch.setattr(palette_tiff, "CHUNK", 32)
    monkeypatch.setattr(overview, "SIDE", 64)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMALTI_CACHE_DIR", str(tmp_path / "cache"))

"""Settings of the tests that examples in docstrings and pages need."""

import os

import pytest


@pytest.fixture(autouse=True)
def _remember_elsewhere(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let each test remember kept files in a folder of its own, made when it is needed."""
    folder = tmp_path_factory.getbasetemp() / "remembered" / os.urandom(8).hex()
    monkeypatch.setenv("SMALTI_CACHE_DIR", str(folder))


@pytest.fixture(autouse=True)
def _examples_write_elsewhere(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Run the examples of docstrings and pages in a folder of their own."""
    if isinstance(request.node, pytest.DoctestItem):
        monkeypatch.chdir(tmp_path_factory.mktemp("example"))

"""What is remembered of files that cannot be made smaller."""

import sys
from pathlib import Path

import pytest

from smalti.batch.kept import KeptFiles

DIGEST, OTHER = bytes(range(32)), bytes(range(32, 64))


def test_what_was_added_is_known_for_the_same_options_alone():
    KeptFiles(b"options1" * 4).add(DIGEST)
    assert KeptFiles(b"options1" * 4).has(DIGEST)
    assert not KeptFiles(b"options1" * 4).has(OTHER)
    assert not KeptFiles(b"options2" * 4).has(DIGEST)


def test_what_is_known_is_not_added_again():
    first = KeptFiles(OTHER)
    for _ in range(2):
        first.add(DIGEST)
        KeptFiles(OTHER).add(DIGEST)
    assert first._path.stat().st_size == 16
    # What it has found out itself depends on which file is done first.
    assert not first.has(DIGEST)


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/smalti/kept"),
        ("linux", {"HOME": "/h"}, "/h/.cache/smalti/kept"),
        ("darwin", {"HOME": "/h"}, "/h/Library/Caches/smalti/kept"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/smalti/kept"),
        ("win32", {"HOME": "/h"}, "/h/AppData/Local/smalti/kept"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="paths are those of POSIX")
def test_it_is_where_the_system_has_such_files(monkeypatch, platform, variables, expected):
    for name in ("SMALTI_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert KeptFiles(DIGEST)._path == Path(expected)


def test_an_empty_variable_means_no_file(monkeypatch):
    monkeypatch.setenv("SMALTI_CACHE_DIR", "")
    files = KeptFiles(DIGEST)
    files.add(DIGEST)
    assert files._path is None
    assert not KeptFiles(DIGEST).has(DIGEST)

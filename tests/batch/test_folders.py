"""Folders that several threads make at the same time."""

import threading
from contextlib import suppress

import pytest

from smalti.batch import folders
from smalti.batch.folders import made, standing


@pytest.fixture(autouse=True)
def _nothing_is_left():
    yield
    assert not folders._new
    assert not folders._users


def test_a_folder_is_removed_where_nothing_came_of_it(tmp_path):
    with pytest.raises(ZeroDivisionError), made(tmp_path / "a/b"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_it_stays_while_another_needs_it(tmp_path):
    with made(tmp_path / "a/b"):
        with pytest.raises(ZeroDivisionError), made(tmp_path / "a/b"):
            raise ZeroDivisionError
        (tmp_path / "a/b/file").write_bytes(b"")
    assert (tmp_path / "a/b/file").exists()


def test_who_leaves_last_removes_it(tmp_path):
    outer = made(tmp_path / "a/b")
    outer.__enter__()
    inner = made(tmp_path / "a/c")
    inner.__enter__()
    for each in (outer, inner):
        assert (tmp_path / "a").exists()
        assert not each.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_there_stays(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(ZeroDivisionError), made(tmp_path / "a/b"):
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(OSError, match="cannot be made a folder"), made(tmp_path / "a/b"):
        pass
    assert (tmp_path / "a").exists()


def test_it_stays_as_long_as_somebody_looks_into_it(tmp_path):
    folder = tmp_path / "out"
    is_made, may_fail = threading.Event(), threading.Event()

    def fails():
        with suppress(OSError), made(folder):
            is_made.set()
            may_fail.wait()
            raise OSError("full")

    thread = threading.Thread(target=fails)
    thread.start()
    is_made.wait()
    with standing(folder) as exists:
        assert exists
        may_fail.set()
        thread.join(0.2)
        assert folder.is_dir()
    thread.join()
    with standing(folder) as exists:
        assert not exists

"""Folders that come and go while several threads use them."""

import threading
from contextlib import suppress
from pathlib import Path

from smalti.batch.folders import made, standing


def test_a_folder_stays_as_long_as_somebody_looks_into_it(tmp_path: Path):
    folder = tmp_path / "out"
    is_made, may_fail = threading.Event(), threading.Event()

    def fails() -> None:
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

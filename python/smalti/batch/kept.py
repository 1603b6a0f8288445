"""Files that cannot be made smaller, remembered for the next run.

Such files stay as they are, and so carry no marker: it would make them larger. To find that out
again takes as long as compressing them. So a small file of the user's holds what is known: 8 bytes
of the digest of each file and 8 of that of the options. It only saves time. Without it, or if
anything goes wrong with it, results are the same.

The environment variable SMALTI_CACHE_DIR names another folder for it; if it is empty, nothing is
remembered.
"""

import os
import threading
from contextlib import suppress
from pathlib import Path

from smalti.cache_folder import cache_folder
from smalti.files import write_atomically

__all__ = ["KeptFiles"]

_HALF = 8
_RECORD = 2 * _HALF

# 65,536 files. Beyond that the older half is forgotten.
_MAX_BYTES = 1 << 20


class KeptFiles:
    """What is known of files that cannot be made smaller with some options.

    Parameters
    ----------
    options : bytes
        The digest of the options.
    """

    def __init__(self, options: bytes) -> None:
        self._options = options[:_HALF]
        self._path = _file()
        self._known: set[bytes] | None = None
        self._added: set[bytes] = set()
        self._lock = threading.Lock()

    def has(self, digest: bytes) -> bool:
        """Whether the file of a digest was known not to become smaller before this run.

        What this run itself finds out does not count: it depends on which file is done first.
        """
        with self._lock:
            return digest[:_HALF] in self._all()

    def add(self, digest: bytes) -> None:
        """Remember the file of a digest."""
        with self._lock:
            half = digest[:_HALF]
            if half in self._all() or half in self._added:
                return
            self._added.add(half)
            if self._path is not None:
                with suppress(OSError, ValueError):
                    _append(self._path, half + self._options)

    def _all(self) -> set[bytes]:
        """Return the files that were known of these options."""
        if self._known is None:
            self._known = self._read()
        return self._known

    def _read(self) -> set[bytes]:
        if self._path is None:
            return set()
        try:
            data = self._path.read_bytes()
        except (OSError, ValueError):
            return set()
        if len(data) > _MAX_BYTES:
            data = data[-_MAX_BYTES // 2 :]
            with suppress(Exception):
                write_atomically(self._path, data)
        records = (data[at : at + _RECORD] for at in range(0, len(data), _RECORD))
        return {each[:_HALF] for each in records if each[_HALF:] == self._options}


def _append(path: Path, record: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
    file = os.open(path, flags, 0o600)
    try:
        # One call, so that records of runs at the same time are not mixed.
        os.write(file, record)
    finally:
        os.close(file)


def _file() -> Path | None:
    """Return where the records are, if anywhere."""
    folder = cache_folder()
    return None if folder is None else folder / "kept"

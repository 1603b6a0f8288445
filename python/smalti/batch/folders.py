"""Folders for results, made when there is something to put into them."""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from smalti.exceptions import ImageWriteError

__all__ = ["check_folder", "made", "obstacle", "standing"]

_lock = threading.Lock()

# Folders that were made and hold nothing yet, and those that something is to be put into.
_new: set[Path] = set()
_users: Counter[Path] = Counter()


def check_folder(folder: Path) -> None:
    """Refuse a path at which there is no folder and none can be made.

    Raises
    ------
    ImageWriteError
        The sentence begins with the path.
    """
    in_the_way = obstacle(folder)
    if in_the_way is not None:
        raise _no_folder(folder, in_the_way)


def obstacle(folder: Path) -> str | None:
    """Return why a path is no folder and cannot be made one; None if nothing is in the way."""
    for path in (folder, *folder.parents):
        try:
            path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as error:
            return _reason(error)
        if not path.is_dir():
            return f"{path} is not one"
        if path != folder and not os.access(path, os.W_OK):
            return f"{path} is not writable"
        break
    return None


@contextmanager
def standing(folder: Path) -> Iterator[bool]:
    """Tell whether the folder exists. As long as the caller looks into it, `made` removes none."""
    with _lock:
        yield folder.exists()


@contextmanager
def made(folder: Path) -> Iterator[None]:
    """Make the folder, and remove it again if what is done with it fails.

    Several threads may make the same folder. It stays as long as one of them needs it.
    """
    chain = (folder, *folder.parents)
    with _lock:
        _new.update(path for path in chain if not path.exists())
        _users[folder] += 1
    try:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise _no_folder(folder, _reason(error)) from None
        yield
    except BaseException:
        with _lock:
            _leave(folder)
            for path in chain:
                if path in _new and not any(path in (user, *user.parents) for user in _users):
                    # A folder that is not empty belongs to somebody else.
                    with suppress(OSError):
                        path.rmdir()
                    _new.discard(path)
        raise
    with _lock:
        _leave(folder)
        _new.difference_update(chain)


def _leave(folder: Path) -> None:
    _users[folder] -= 1
    if not _users[folder]:
        del _users[folder]


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)


def _no_folder(folder: Path, reason: str) -> ImageWriteError:
    return ImageWriteError(f"{folder}: cannot be made a folder: {reason}")

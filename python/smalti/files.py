"""Writing files whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from smalti.exceptions import ImageWriteError

__all__ = ["check_writable", "is_folder", "write_atomically"]


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether `path` is a folder; names that no file can have are not."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def check_writable(path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Raise `ImageWriteError` if `path` clearly cannot be written, before any work is done."""
    with _named(path):
        _check(Path(path), overwrite)


def _check(target: Path, overwrite: bool) -> None:
    if target.is_dir():
        raise ImageWriteError(f"{target}: is a folder, not a file to write")
    if not overwrite and target.exists() and not _is_device(target):
        raise _exists(target)
    if not target.parent.is_dir():
        raise ImageWriteError(f"{target}: the folder {target.parent} does not exist")
    if not os.access(target.parent, os.W_OK) and not _is_device(target):
        raise ImageWriteError(f"{target}: the folder {target.parent} is not writable")


def write_atomically(path: str | os.PathLike[str], data: bytes, *, overwrite: bool = True) -> int:
    """Write `data` under a temporary name beside `path`, then rename it.

    Whatever happens, `path` holds either what it held before or all of `data`, and the
    temporary file is gone. Returns the number of bytes written.
    """
    check_writable(path, overwrite=overwrite)
    with _named(path):
        if _is_device(Path(path)):
            Path(path).write_bytes(data)
            return len(data)
        target = Path(os.path.realpath(path))
        temporary = target.with_name(f".smalti-{os.urandom(8).hex()}.tmp")
        try:
            # "x" fails rather than write into a file that is not ours, and honours the umask.
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if overwrite:
                if target.exists():
                    temporary.chmod(target.stat().st_mode & 0o7777)
                temporary.replace(target)
            else:
                _rename_to_new(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    return len(data)


def _rename_to_new(temporary: Path, target: Path) -> None:
    """Give the file its name unless that has been taken meanwhile."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise _exists(target) from None
    except OSError:  # a file system without hard links
        check_writable(target, overwrite=False)
        temporary.replace(target)


def _exists(target: Path) -> ImageWriteError:
    return ImageWriteError(
        f"{target}: exists already; to replace it, use --force (in Python: overwrite=True)"
    )


@contextmanager
def _named(path: str | os.PathLike[str]) -> Iterator[None]:
    """Turn what the file system refuses into one sentence."""
    try:
        yield
    except ImageWriteError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise ImageWriteError(f"{os.fspath(path)}: cannot be written: {reason}") from error


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()

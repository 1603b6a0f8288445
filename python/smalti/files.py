"""Writing files whole or not at all."""

import os
import secrets
from pathlib import Path

from smalti.exceptions import ImageWriteError

__all__ = ["check_writable", "write_atomically"]


def check_writable(path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Raise `ImageWriteError` if `path` clearly cannot be written, before any work is done."""
    target = Path(path)
    if target.is_dir():
        raise ImageWriteError(f"{target}: is a folder, not a file to write")
    if not overwrite and target.exists() and not _is_device(target):
        raise ImageWriteError(f"{target}: exists already; it is overwritten only with --force")
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
    target = Path(os.path.realpath(path))
    try:
        if _is_device(target):
            target.write_bytes(data)
            return len(data)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
        try:
            # "x" fails rather than write into a file that is not ours, and honours the umask.
            with temporary.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                temporary.chmod(target.stat().st_mode & 0o7777)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ImageWriteError(f"{target}: cannot be written: {reason}") from error
    return len(data)


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()

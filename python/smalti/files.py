"""Writing files whole or not at all."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from smalti.exceptions import ImageWriteError

__all__ = ["check_writable", "is_folder", "write_all_atomically", "write_atomically"]


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
    write_all_atomically({Path(path): data}, overwrite=overwrite)
    return len(data)


def write_all_atomically(
    files: Mapping[Path, bytes], *, overwrite: bool = True, stale: Iterable[Path] = ()
) -> None:
    """Write several files that belong together, so that old and new are not mixed.

    All are written under temporary names beside them before the first is renamed. A failure or an
    interrupt until then changes nothing. An interrupt in the midst of renaming waits for its end
    if files are overwritten, and else takes it back. Only a file system that refuses to rename
    over one file what it let us rename over another leaves some old files among new ones.

    Parameters
    ----------
    files : mapping of path to bytes
    overwrite : bool, default: True
        Whether existing files are replaced.
    stale : iterable of path
        What is removed after the renaming: files of an earlier time that have no successor. For
        `overwrite` only.

    Raises
    ------
    ImageWriteError
        If one of them exists and is not to be replaced, or cannot be written.
    """
    for path in files:
        check_writable(path, overwrite=overwrite)
    staged: list[tuple[Path, Path]] = []
    try:
        for path, data in files.items():
            with _named(path):
                if _is_device(path):
                    path.write_bytes(data)
                    continue
                target = Path(os.path.realpath(path))
                temporary = target.with_name(f".smalti-{os.urandom(8).hex()}.tmp")
                staged.append((temporary, target))
                _write_new(temporary, data)
                if overwrite and target.exists():
                    temporary.chmod(target.stat().st_mode & 0o7777)
        if overwrite:
            _replace_all(staged, list(stale))
        else:
            _name_all(staged)
    finally:
        for temporary, target in staged:
            with _named(target):
                temporary.unlink(missing_ok=True)


def _write_new(path: Path, data: bytes) -> None:
    # "x" fails rather than write into a file that is not ours, and honours the umask.
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _replace_all(staged: list[tuple[Path, Path]], stale: list[Path]) -> None:
    """Give all files their names, and remove stale ones, even if an interrupt comes."""

    def finish(pairs: list[tuple[Path, Path]]) -> None:
        for temporary, target in pairs:
            with _named(target):
                temporary.replace(target)
        for path in stale:
            with _named(path, "removed"):
                # On file systems without case the old name may be that of a new file.
                if not any(_is_same(path, target) for _, target in staged):
                    path.unlink(missing_ok=True)

    try:
        finish(staged)
    except (KeyboardInterrupt, SystemExit):
        # Finishing takes a moment. Old files among new ones would be worse.
        finish([pair for pair in staged if pair[0].exists()])
        raise


def _name_all(staged: list[tuple[Path, Path]]) -> None:
    """Give all files their names, or none if another file has taken one of them meanwhile."""
    try:
        for temporary, target in staged:
            with _named(target):
                _rename_to_new(temporary, target)
    except BaseException:
        for temporary, target in staged:
            if not temporary.exists() or _is_same(temporary, target):
                target.unlink(missing_ok=True)
        raise


def _rename_to_new(temporary: Path, target: Path) -> None:
    """Give the file its name, unless another file has taken it meanwhile."""
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
def _named(path: str | os.PathLike[str], done: str = "written") -> Iterator[None]:
    """Turn what the file system refuses into one sentence."""
    try:
        yield
    except ImageWriteError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise ImageWriteError(f"{os.fspath(path)}: cannot be {done}: {reason}") from error


def _is_same(path: Path, other: Path) -> bool:
    return path.exists() and other.exists() and path.samefile(other)


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()

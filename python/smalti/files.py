"""Writing files whole or not at all."""

import io
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, Any, TypeAlias, TypeGuard

from smalti import urls
from smalti.exceptions import Advice, ImageWriteError, InvalidParameterError, SmaltiError

__all__ = [
    "Target",
    "check_writable",
    "exists_already",
    "is_file_object",
    "is_folder",
    "remove_litter",
    "write",
    "write_all_atomically",
    "write_atomically",
    "written_to_url",
]

Target: TypeAlias = "str | os.PathLike[str] | IO[bytes]"
"""What can be written to: a path, a URL that fsspec knows, or a binary file object."""

# Names of temporary files: a machine, a process on it, and digits by chance.
_TEMPORARY = re.compile(r"\.smalti-([0-9a-f]{8})-([1-9][0-9]{0,9})-[0-9a-f]{16}\.tmp")

# Seconds after which nobody can be writing a temporary file any more: a day.
_LONGEST_WRITING = 86_400

# Folders in which this process has looked for what others have left.
_tidied: set[Path] = set()


def is_file_object(target: Any) -> TypeGuard[IO[bytes]]:
    """Whether something is written to by its own method."""
    return callable(getattr(target, "write", None))


def write(target: Target, data: bytes, *, overwrite: bool = True) -> int:
    """Write `data` and return how many bytes it has.

    A path is written whole or not at all. So is what a URL names, as far as its storage can: the
    data are handed over in one piece. A file object is written to where it stands.

    Raises
    ------
    ImageWriteError
        If the target exists and is not to be replaced, or cannot be written.
    InvalidParameterError
        If it is none of these.
    """
    if is_file_object(target):
        _write_to_object(target, data)
    elif not isinstance(target, str | os.PathLike):
        raise InvalidParameterError(
            f"path must be a path, a URL or a binary file object, got {type(target).__name__}"
        )
    elif urls.is_url(os.fspath(target)):
        _write_to_url(os.fspath(target), data, overwrite)
    else:
        write_atomically(target, data, overwrite=overwrite)
    return len(data)


def _write_to_object(file: IO[bytes], data: bytes) -> None:
    name = getattr(file, "name", None)
    name = name if isinstance(name, str) else "the file object given"
    if isinstance(file, io.TextIOBase):
        raise ImageWriteError(f"{name}: must be opened in binary mode")
    rest = memoryview(data)
    with _named(name):
        while rest:
            # A raw stream may write only a part, and says how much. Others may return nothing.
            taken = file.write(rest)
            rest = rest[len(rest) if taken is None else taken :]


def _write_to_url(url: str, data: bytes, overwrite: bool) -> None:
    path = urls.local_path(url)
    if path is not None:
        write_atomically(path, data, overwrite=overwrite)
        return
    with written_to_url(url):
        urls.put(url, data, overwrite=overwrite)


@contextmanager
def written_to_url(url: str) -> Iterator[None]:
    """Turn what storage refuses, and URLs that cannot be written to, into one sentence."""
    reason = urls.why_not_written(url)
    if reason is not None:
        raise ImageWriteError(f"{url}: {reason}")
    try:
        yield
    except SmaltiError:
        raise
    except FileExistsError:
        raise exists_already(url) from None
    except NotImplementedError:
        raise ImageWriteError(f"{url}: this kind of URL can be read, but not written") from None
    except Exception as error:  # fsspec's file systems raise errors of their own libraries
        raise ImageWriteError(f"{url}: cannot be written: {urls.reason_of(error)}") from error


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether `path` is a folder; names that no file can have are not."""
    try:
        return Path(path).is_dir()
    except (OSError, ValueError):
        return False


def check_writable(path: str | os.PathLike[str], *, overwrite: bool) -> None:
    """Raise `ImageWriteError` if `path` clearly cannot be written, before any work is done.

    `path` may be a URL. What is there is asked for only if it is not to be replaced.
    """
    name = os.fspath(path)
    if urls.is_url(name) and urls.local_path(name) is None:
        _check_url(name, overwrite)
        return
    path = urls.local_path(name) or path
    with _named(path):
        _check(Path(path), overwrite)


def _check_url(url: str, overwrite: bool) -> None:
    with written_to_url(url):
        kind = None if overwrite else urls.kind_at(url)
        if kind == "directory":
            raise ImageWriteError(f"{url}: is a folder, not a file to write")
        if kind is not None:
            raise FileExistsError(url)


def _check(target: Path, overwrite: bool) -> None:
    if target.is_dir():
        raise ImageWriteError(f"{target}: is a folder, not a file to write")
    if not overwrite and target.exists() and not _is_device(target):
        raise exists_already(target)
    if not target.parent.is_dir():
        raise ImageWriteError(f"{target}: the folder {target.parent} does not exist")
    if not os.access(target.parent, os.W_OK) and not _is_device(target):
        raise ImageWriteError(f"{target}: the folder {target.parent} is not writable")


def write_atomically(
    path: str | os.PathLike[str],
    data: bytes,
    *,
    overwrite: bool = True,
    finish: Callable[[Path], None] | None = None,
) -> int:
    """Write `data` under a temporary name beside `path`, then rename it.

    Whatever happens, `path` holds either what it held before or all of `data`, and the
    temporary file is gone. Returns the number of bytes written.

    `finish` is called with the temporary file right before it is renamed. What it raises keeps
    what `path` held before.
    """
    write_all_atomically({Path(path): data}, overwrite=overwrite, finish=finish)
    return len(data)


def write_all_atomically(
    files: Mapping[Path, bytes],
    *,
    overwrite: bool = True,
    stale: Iterable[Path] = (),
    finish: Callable[[Path], None] | None = None,
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
    finish : callable, optional
        Called with each temporary file right before the first is renamed; may raise.

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
                remove_litter(target.parent)
                temporary = target.with_name(_temporary_name())
                staged.append((temporary, target))
                _write_new(temporary, data)
                if overwrite and target.exists():
                    temporary.chmod(target.stat().st_mode & 0o7777)
        if finish is not None:
            for temporary, target in staged:
                with _named(target):
                    finish(temporary)
        if overwrite:
            _replace_all(staged, list(stale))
        else:
            _name_all(staged)
    finally:
        for temporary, target in staged:
            with _named(target):
                temporary.unlink(missing_ok=True)


def _temporary_name() -> str:
    return f".smalti-{_machine()}-{os.getpid()}-{os.urandom(8).hex()}.tmp"


@cache
def _machine() -> str:
    """Return eight digits for all processes whose numbers mean the same."""
    import platform
    import zlib

    name = platform.node()
    # Containers on one machine, and with one name, number their processes for themselves.
    with suppress(OSError):
        name += os.readlink("/proc/self/ns/pid")  # noqa: PTH115
    return f"{zlib.crc32(name.encode(errors='replace')):08x}"


def remove_litter(folder: Path) -> None:
    """Remove what runs that were killed have left in a folder; once for each folder."""
    if folder in _tidied:
        return
    _tidied.add(folder)
    # A folder may be written to, but not read.
    with suppress(OSError, ValueError), os.scandir(folder) as entries:
        for entry in entries:
            found = _TEMPORARY.fullmatch(entry.name)
            if found is None or not entry.is_file(follow_symlinks=False):
                continue
            age = time.time() - entry.stat(follow_symlinks=False).st_mtime
            ended = found[1] == _machine() and _has_ended(int(found[2]))
            if ended or age > _LONGEST_WRITING:
                with suppress(OSError):
                    Path(entry.path).unlink()


def _has_ended(process: int) -> bool:
    """Whether there is no process of this number any more, as far as can be told."""
    if os.name != "posix":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass
    return False


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
        raise exists_already(target) from None
    except OSError:  # a file system without hard links
        check_writable(target, overwrite=False)
        temporary.replace(target)


def exists_already(target: object) -> ImageWriteError:
    """Return the error that says so."""
    return ImageWriteError(
        f"{target}: exists already; to replace it, use",
        advice=Advice(python="overwrite=True", command_line="--force"),
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

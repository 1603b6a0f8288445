"""Files at URLs of every kind that fsspec knows: what their names say, and how they are reached.

Nothing is kept open, and fsspec is imported when the first URL is looked at. What storage refuses
is raised as its own library raises it; `reason_of` tells it in one line.
"""

import errno
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from smalti.exceptions import SmaltiError

__all__ = [
    "UrlParts",
    "absolute",
    "at_storage",
    "copy_names",
    "identity_of",
    "is_folder_at",
    "is_url",
    "kind_at",
    "local_path",
    "names_in",
    "opened",
    "parts_of",
    "put",
    "put_file",
    "reason_missing",
    "reason_of",
    "remove",
    "remove_names",
    "size_at",
    "why_not_written",
]

_LOCAL = ("file://", "local://")

_NOTHING = "no such file"

# Requests at a time.
_REQUESTS = 16

# A PUT to a web server is not what writing a file means, though fsspec has it.
_WEB = ("http", "https")


def is_url(name: str) -> bool:
    """Whether a name is a URL, and not the path of a file."""
    return "://" in name


def local_path(url: str) -> str | None:
    """Return the path of the file that a URL names, if that is one of this machine."""
    if not url.startswith(_LOCAL):
        return None
    from fsspec.implementations.local import LocalFileSystem

    path: str = LocalFileSystem._strip_protocol(url)
    return f"{path}/" if url.endswith("/") and not path.endswith("/") else path


def absolute(name: str) -> str:
    """Return a name that means the same file in another working folder; links stay."""
    return name if is_url(name) else str(Path(local_path(name) or name).absolute())


class UrlParts(NamedTuple):
    """A URL, cut into three.

    Attributes
    ----------
    before : str
        What says where the path is: ``s3://``, or ``simplecache::s3://``.
    path : str
        The bucket or the host, and what follows.
    after : str
        A query, or where the file lies that the path is in.
    """

    before: str
    path: str
    after: str

    @property
    def is_web(self) -> bool:
        """Whether a web server is asked. Only there paths are percent-encoded."""
        return self.before.rpartition("::")[2].rstrip(":/") in _WEB

    @property
    def last(self) -> str:
        """The last part of the path."""
        top, slash, rest = self.path.rstrip("/").partition("/")
        return rest.rpartition("/")[2] if slash else "" if self.is_web else top

    @property
    def parent(self) -> str:
        """The URL of the folder."""
        return self.before + self.path.rstrip("/").rpartition("/")[0] + self.after

    def joined(self, *parts: str) -> str:
        """Return the URL of what lies below."""
        inner = "/".join(part.strip("/") for part in parts if part)
        start = self.path.rstrip("/")
        return f"{self.before}{start}{'/' if start and inner else ''}{inner}{self.after}"


def parts_of(url: str) -> UrlParts:
    """Cut a URL into what is before its path, the path, and what is after it."""
    first, chain, rest = url.partition("::")
    if chain and "://" not in first:
        inner = parts_of(rest)
        return inner._replace(before=f"{first}::{inner.before}")
    protocol, mark, path = first.partition("://")
    after = chain + rest
    if protocol in _WEB:
        ends = [at for at in map(path.find, "?#") if at >= 0]
        at = min(ends, default=len(path))
        path, after = path[:at], path[at:] + after
    return UrlParts(protocol + mark, path, after)


def identity_of(url: str) -> str:
    """Return the same for two spellings of one URL, without asking its storage."""
    protocol, _, rest = url.partition("://")
    try:
        kind = _kind_of(protocol)
        if kind is None:
            return url
        path: str = kind._strip_protocol(url).rstrip("/")
        return _place_of(kind, f"{protocol}://{rest.partition('/')[0]}") + path
    except Exception:  # what is wrong with it is told when it is read or written
        return url


@lru_cache(maxsize=1024)
def _place_of(kind: Any, start: str) -> str:
    """Return what all storage of a kind has in common that a URL's start names."""
    told = kind._get_kwargs_from_urls(start)
    name = kind.protocol if isinstance(kind.protocol, str) else kind.protocol[0]
    return f"{name}://{told.get('host', '')}:{told.get('port', '')}/"


@cache
def _kind_of(protocol: str) -> Any:
    """Return the class of storage; None if it is unknown, chained or not installed."""
    from fsspec import get_filesystem_class

    try:
        return get_filesystem_class(protocol)
    except (ImportError, ValueError):
        return None


def opened(url: str) -> tuple[Any, str]:
    """Return the storage of a URL, and what the file is called there."""
    from fsspec.core import url_to_fs

    storage, path = url_to_fs(url)
    return storage, path


def reason_of(error: BaseException) -> str:
    """Return what is wrong in one line: the libraries of storage have errors of their own."""
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return _on_one_line(str(reason))


@contextmanager
def at_storage() -> Iterator[None]:
    """Turn what storage refuses, by errors of its own library, into an `OSError`."""
    try:
        yield
    except (OSError, SmaltiError, MemoryError):
        raise
    except Exception as error:
        raise OSError(reason_of(error)) from error


def reason_missing(url: str, error: Exception) -> str | None:
    """Return why nothing was found at a URL; None if that is the name of a folder.

    Parameters
    ----------
    url : str
    error : Exception
        What was raised. That of a web server's name has a cause: no such host, not found.
    """
    if parts_of(url).is_web:
        return _on_one_line(str(error.__cause__ or "")) or _NOTHING
    if error.__cause__ is not None:
        return reason_of(error)
    try:
        storage, path = opened(url)
        return None if storage.ls(path, detail=False) else _NOTHING
    except Exception as other:
        # A missing bucket is told with a cause. Else there is but the name again.
        return reason_of(other) if other.__cause__ is not None else _NOTHING


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def is_folder_at(url: str) -> bool:
    """Whether there is a folder at a URL now, as far as its storage tells."""
    try:
        storage, path = opened(url)
        storage.invalidate_cache(path)
        return bool(storage.isdir(path))
    except Exception:  # what is wrong is told when it is read or written
        return False


def why_not_written(url: str) -> str | None:
    """Return why nothing can be written to URLs of this kind; None if nothing is known."""
    try:
        opened(url)
    except ImportError as error:
        return f"this kind of URL needs another package: {reason_of(error)}"
    except Exception as error:
        return f"cannot be written: {reason_of(error)}"
    return "this kind of URL can be read, but not written" if parts_of(url).is_web else None


def kind_at(url: str) -> str | None:
    """Return what is at a URL now, ``"file"`` or ``"directory"``; None if there is nothing."""
    storage, path = opened(url)
    storage.invalidate_cache(path)
    try:
        return str(storage.info(path)["type"])
    except FileNotFoundError:
        return None


def size_at(url: str) -> int:
    """Return how many bytes a file has, or all files of a folder.

    Raises
    ------
    OSError
        If the storage refuses to tell.
    """
    with at_storage():
        storage, path = opened(url)
        # Others may have written there.
        storage.invalidate_cache()
        return sum(int(info["size"]) for info in storage.find(path, detail=True).values())


def put(url: str, data: bytes, *, overwrite: bool) -> None:
    """Hand over the contents of a file in one piece.

    Raises
    ------
    FileExistsError
        If there is one and it is not to be replaced, as far as the storage can tell.
    """
    storage, path = opened(url)
    if not overwrite and kind_at(url) is not None:
        raise FileExistsError(url)
    try:
        _pipe(storage, path, data, overwrite=overwrite)
    except FileNotFoundError:
        if not _lacks_folder(storage, path):
            raise
        storage.makedirs(storage._parent(path), exist_ok=True)
        _pipe(storage, path, data, overwrite=overwrite)


def put_file(url: str, path: str) -> None:
    """Hand over a file of this machine, of any size.

    Raises
    ------
    OSError
        If the storage refuses it.
    """
    with at_storage():
        storage, target = opened(url)
        if _lacks_folder(storage, target):
            storage.makedirs(storage._parent(target), exist_ok=True)
        storage.put_file(path, target)


def names_in(url: str) -> dict[str, str]:
    """Return what storage calls the files in a folder, by their places in it; of a file itself."""
    storage, path = opened(url)
    # Others may have written there.
    storage.invalidate_cache()
    start = f"{path.rstrip('/')}/"
    with suppress(FileNotFoundError):
        return {name.removeprefix(start): name for name in storage.find(path)}
    return {}


def remove(url: str, *, first: Sequence[str] = ()) -> None:
    """Remove a file, or a folder with all that is in it, if it is there.

    `first` are names in a folder that are removed before the rest: those of what says what it is.

    Raises
    ------
    OSError
        If it cannot be removed.
    """
    with at_storage(), suppress(FileNotFoundError):
        storage, path = opened(url)
        names = names_in(url)
        remove_names(storage, [names.pop(place) for place in first if place in names])
        remove_names(storage, names.values())
        # Most storage has no folders but those of files.
        storage.invalidate_cache()
        if storage.isdir(path):
            folders = storage.find(path, withdirs=True, detail=False)
            for folder in sorted({*folders, path}, key=len, reverse=True):
                with suppress(Exception):
                    storage.rmdir(folder)


def remove_names(storage: Any, names: Iterable[str]) -> None:
    """Remove files of exactly these names: `rm` takes them for patterns."""
    _requested(storage.rm_file, list(names))


def copy_names(storage: Any, targets: Mapping[str, str]) -> None:
    """Copy files to other names within the storage; where it cannot, through this machine."""
    try:
        storage.copy(list(targets), list(targets.values()), on_error="raise")
    except NotImplementedError:
        _requested(lambda name: _sent_on(storage, name, targets[name]), list(targets))


def _sent_on(storage: Any, name: str, target: str) -> None:
    storage.makedirs(storage._parent(target), exist_ok=True)
    storage.pipe_file(target, storage.cat_file(name))


def _requested(request: Callable[[str], Any], names: list[str]) -> None:
    """Make requests, some at a time: each is to be waited for."""
    from concurrent.futures import ThreadPoolExecutor

    if names:
        with ThreadPoolExecutor(min(len(names), _REQUESTS)) as pool:
            list(pool.map(request, names))


def _lacks_folder(storage: Any, path: str) -> bool:
    """Whether the folder of a file is missing in a bucket or disk that there is.

    To make the folder would otherwise make a bucket, too.
    """
    start = path[: len(path) - len(path.lstrip("/"))]
    top = start + path.lstrip("/").partition("/")[0]
    parent = storage._parent(path)
    return bool(parent != top and storage.exists(top) and not storage.exists(parent))


def _pipe(storage: Any, path: str, data: bytes, *, overwrite: bool) -> None:
    from inspect import signature

    if overwrite or "mode" not in signature(storage.pipe_file).parameters:
        storage.pipe_file(path, data)
        return
    try:
        # Another run may write the same file meanwhile: some storage refuses the second.
        storage.pipe_file(path, data, mode="create")
    except OSError as error:
        if error.errno == errno.ENOSYS:
            storage.pipe_file(path, data)
            return
        storage.invalidate_cache(path)
        if not isinstance(error, FileNotFoundError) and storage.exists(path):
            raise FileExistsError(path) from error
        raise

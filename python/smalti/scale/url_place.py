"""Outputs at URLs.

Workers put labels beside the output, into ``.NAME.smalti-part``. All else of a run stays in a
folder of this machine, for storage at URLs knows neither locks nor files that grow. So the same
command goes on from there on the same machine.

Storage at URLs cannot rename, but copy without sending. The metadata of Zarr come last: until then
there is no image.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path, PurePosixPath

from smalti.exceptions import ImageWriteError, MissingExtraError, SmaltiError
from smalti.files import exists_already, written_to_url
from smalti.scale.place import labels_name, part_name
from smalti.sources.tiles.zarr_folder import ZARR_FILES, is_zarr_at
from smalti.urls import identity_of, is_url, kind_at, opened, parts_of, reason_of

__all__ = ["UrlPlace", "at_storage"]

_TAKING = "taking"


class UrlPlace:
    """A URL of any kind that fsspec can write to; see `smalti.scale.place.Place`."""

    takes_copies = True

    def __init__(self, url: str) -> None:
        self.name = url

    @cached_property
    def run_folder(self) -> Path:
        """See `Place`."""
        try:
            from platformdirs import user_cache_path
        except ImportError:
            raise MissingExtraError(
                f"{self.name}: outputs by parts at URLs need platformdirs, which is not installed: "
                "pip install 'smalti[large]'"
            ) from None
        told = hashlib.sha256(identity_of(self.name).encode()).hexdigest()
        runs = user_cache_path("smalti", appauthor=False) / "runs"
        try:
            runs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ImageWriteError(f"{runs}: cannot be made: {reason_of(error)}") from None
        return runs / told[:32]

    def labels(self, number: str) -> str:
        """See `Place`."""
        parts = parts_of(self.name)
        beside = parts_of(parts.parent).joined(part_name(parts.last))
        return parts_of(beside).joined(labels_name(number))

    def has_labels(self, number: str) -> bool:
        """See `Place`."""
        with at_storage():
            return is_zarr_at(self.labels(number))

    def remove_labels(self, number: str) -> None:
        """See `Place`."""
        with at_storage():
            _remove(self.labels(number))

    def restore(self) -> None:
        """Do nothing: nothing is renamed."""

    def check_free(self, *, overwrite: bool, is_folder: bool | None = None) -> None:
        """See `Place`. What a run has begun to copy there may be replaced."""
        url = self.name
        with written_to_url(url):
            kind = kind_at(url)
            if kind is None or (self.run_folder / _TAKING).exists():
                return
            if is_folder is False and kind == "directory":
                raise ImageWriteError(f"{url}: is a folder, not a file to write")
            if is_folder and not is_zarr_at(url):
                raise ImageWriteError(f"{url}: is there, but is no Zarr that could be replaced")
            if not overwrite:
                raise exists_already(url)

    def take(self, made: str) -> None:
        """See `Place`."""
        taking = self.run_folder / _TAKING
        taking.touch()
        with at_storage():
            if is_url(made):
                _copy(made, self.name)
            else:
                storage, path = opened(self.name)
                storage.put_file(made, path)
        taking.unlink()


@contextmanager
def at_storage() -> Iterator[None]:
    """Turn what storage refuses, by errors of its own library, into an `OSError`."""
    try:
        yield
    except (OSError, SmaltiError, MemoryError):
        raise
    except Exception as error:
        raise OSError(reason_of(error)) from error


def _copy(folder: str, target: str) -> None:
    """Copy a folder of Zarr, and what says so last; remove first what is there."""
    _remove(target)
    storage, source = opened(folder)
    _, path = opened(target)
    storage.invalidate_cache()
    places = [name[len(source.rstrip("/")) + 1 :] for name in storage.find(source)]
    last = [place for place in places if place in ZARR_FILES]
    first = [place for place in places if place not in ZARR_FILES]
    for some in (first, last):
        storage.copy(
            [f"{source}/{place}" for place in some],
            [f"{path}/{place}" for place in some],
            on_error="raise",
        )


def _remove(folder: str) -> None:
    """Remove a folder, and first what says that it is an image."""
    storage, path = opened(folder)
    storage.invalidate_cache()
    with suppress(FileNotFoundError):
        for name in ZARR_FILES:
            with suppress(FileNotFoundError):
                storage.rm_file(str(PurePosixPath(path) / name))
        storage.rm(path, recursive=True)

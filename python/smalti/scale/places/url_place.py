"""Outputs at URLs.

Workers put labels beside the output, into ``.NAME.smalti-part``. All else of a run stays in a
folder of this machine, for storage at URLs knows neither locks nor files that grow. So the same
command goes on from there on the same machine.

Storage at URLs cannot rename, but copy without sending. The metadata of Zarr come last: until then
there is no image.
"""

import hashlib
from functools import cached_property
from pathlib import Path

from smalti.cache_folder import CACHE_VARIABLE, cache_folder
from smalti.exceptions import ImageWriteError
from smalti.files import exists_already, written_to_url
from smalti.scale.places.place import labels_name, part_name
from smalti.sources.tiles.zarr_folder import ZARR_FILES, is_zarr_at
from smalti.urls import at_storage, identity_of, is_url, kind_at, opened, parts_of, put_file, remove

__all__ = ["UrlPlace"]


class UrlPlace:
    """A URL of any kind that fsspec can write to; see `smalti.scale.place.Place`."""

    takes_copies = True

    def __init__(self, url: str) -> None:
        self.name = url

    @cached_property
    def run_folder(self) -> Path:
        """See `Place`."""
        cache = cache_folder()
        if cache is None:
            raise ImageWriteError(
                f"{self.name}: outputs by parts at URLs need a folder of this machine; "
                f"{CACHE_VARIABLE} must name one"
            )
        told = hashlib.sha256(identity_of(self.name).encode()).hexdigest()
        return cache / "runs" / told[:32]

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
        remove(self.labels(number), first=ZARR_FILES)

    def restore(self) -> None:
        """Do nothing: nothing is renamed."""

    def check_free(self, *, overwrite: bool, is_folder: bool | None = None) -> None:
        """See `Place`."""
        url = self.name
        with written_to_url(url):
            kind = kind_at(url)
            if kind is None:
                return
            if is_folder is False and kind == "directory":
                raise ImageWriteError(f"{url}: is a folder, not a file to write")
            if is_folder and not is_zarr_at(url):
                raise ImageWriteError(f"{url}: is there, but is no Zarr that could be replaced")
            if not overwrite:
                raise exists_already(url)

    def take(self, made: str) -> None:
        """See `Place`."""
        if is_url(made):
            with at_storage():
                _copy(made, self.name)
        else:
            put_file(self.name, made)


def _copy(folder: str, target: str) -> None:
    """Copy a folder of Zarr, and what says so last; remove first what is there."""
    remove(target, first=ZARR_FILES)
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

"""Outputs at URLs.

Workers put pyramids beside the output, into ``.NAME.smalti-part``. All else of a run stays in a
folder of this machine, for storage at URLs knows neither locks nor files that grow. So the same
command goes on from there on the same machine.

Storage at URLs cannot rename, but copy without sending. Until the copies are whole a file among
them has the number of their run. The metadata of Zarr come last: before there is no image.
"""

import hashlib
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from smalti.cache_folder import CACHE_VARIABLE, cache_folder
from smalti.exceptions import ImageWriteError
from smalti.files import written_to_url
from smalti.scale.places.place import part_name, refuse_what_is_there
from smalti.sources.tiles.zarr_folder import ZARR_FILES, is_zarr_at
from smalti.urls import (
    at_storage,
    copy_names,
    identity_of,
    is_url,
    kind_at,
    names_in,
    opened,
    parts_of,
    put,
    put_file,
    remove,
    remove_names,
)

__all__ = ["UrlPlace"]

_SIGN = ".smalti-copying"


class UrlPlace:
    """A URL of any kind that fsspec can write to; see `smalti.scale.places.place.Place`."""

    takes_copies = True

    def __init__(self, url: str) -> None:
        self.name = url.rstrip("/")

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

    def staged(self, name: str) -> str:
        """See `Place`."""
        parts = parts_of(self.name)
        beside = parts_of(parts.parent).joined(part_name(parts.last))
        return parts_of(beside).joined(name)

    def is_staged(self, name: str) -> bool:
        """See `Place`."""
        with at_storage():
            return is_zarr_at(self.staged(name))

    def remove_staged(self, name: str) -> None:
        """See `Place`."""
        remove(self.staged(name), first=ZARR_FILES)

    def restore(self) -> None:
        """Do nothing: nothing is renamed."""

    def check_free(self, *, overwrite: bool, is_folder: bool | None = None) -> None:
        """See `Place`. Copies that no run has completed may be replaced, as Zarr may."""
        with written_to_url(self.name):
            kind = kind_at(self.name)
            if kind is not None:
                refuse_what_is_there(
                    self.name,
                    is_a_folder=kind == "directory",
                    is_zarr=is_zarr_at(self.name) or self._copying() is not None,
                    is_folder=is_folder,
                    overwrite=overwrite,
                )

    def is_begun(self, number: str) -> bool:
        """See `Place`."""
        with written_to_url(self.name):
            return self._copying() == number

    def begin(self, made: str, number: str) -> None:
        """See `Place`. A file is written at once."""
        if is_url(made):
            with at_storage():
                put(self._sign, number.encode(), overwrite=True)

    def take(self, made: str, number: str) -> None:
        """See `Place`."""
        if is_url(made):
            with at_storage():
                self._copy(made, number)
        else:
            put_file(self.name, made)

    @property
    def _sign(self) -> str:
        return parts_of(self.name).joined(_SIGN)

    def _copying(self) -> str | None:
        """Return the number of the run whose copies are not whole; None if there is none."""
        storage, path = opened(self._sign)
        with suppress(FileNotFoundError, NotADirectoryError):
            return bytes(storage.cat_file(path)).decode(errors="replace")
        return None

    def _copy(self, made: str, number: str) -> None:
        """Copy a pyramid here, and what says that it is an image last; remove what was here."""
        storage, path = opened(self.name)
        new, old = names_in(made), names_in(self.name)
        says = [place for place in new if place.rpartition("/")[2] in ZARR_FILES]
        if not set(says) & set(ZARR_FILES):
            raise FileNotFoundError("what was made of it has vanished")
        old.pop(_SIGN, None)
        remove_names(storage, [old.pop(place) for place in ZARR_FILES if place in old])
        remove_names(storage, old.values())
        # What is deeper first: that of the group says that there is an image.
        last = sorted(says, key=lambda place: place.count("/"), reverse=True)
        folder = path.rstrip("/")
        copy_names(storage, {new[place]: f"{folder}/{place}" for place in new if place not in says})
        if self._copying() != number:
            raise OSError("another run is writing it")
        for place in last:
            copy_names(storage, {new[place]: f"{folder}/{place}"})
        remove_names(storage, [opened(self._sign)[1]])

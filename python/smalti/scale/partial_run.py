"""What a run has done of its output, so that the same command goes on where it was interrupted.

A folder beside the output, ``.NAME.smalti-part``, holds what was learnt, the parts of the output
that are written, and their numbers. It belongs to one input and one set of options: for others it
is begun anew. When the output has its name, the folder is gone. Of outputs at URLs the folder is
elsewhere (`smalti.scale.places.url_place`).

The digest of input and options is what makes the rest of the folder count. It is written before the
rest but the run's number, and removed first.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from smalti import _core
from smalti.exceptions import (
    ImageWriteError,
    InvalidParameterError,
    MissingExtraError,
    SmaltiError,
)
from smalti.files import write_atomically
from smalti.scale.places.place import Place
from smalti.sources.tiles.tiled_image import TiledImage
from smalti.urls import reason_of

__all__ = ["DENSITIES", "LABELS", "PartialRun", "digest_of", "is_begun_at", "partial_run"]

_DIGEST, _DONE, _LOCK = "digest", "done", "lock"
_NUMBER = "number"

LABELS, DENSITIES = "labels", "densities"
"""The pyramids that a run may make."""

_BYTES_PER_NUMBER = 8


def is_begun_at(place: Place) -> bool:
    """Whether a run of this machine was interrupted while its output got its name."""
    try:
        number = (place.run_folder / _NUMBER).read_text()
    except OSError:
        return False
    return place.is_begun(number)


def digest_of(image: TiledImage, *others: object) -> str:
    """Return what stands for an image and all else that decides on an output.

    An image without an identity gets a new digest each time, so that its run never goes on.
    """
    identity = image.identify() or os.urandom(16).hex()
    told = (_core.__version__, image.name, identity, image.store.shape, *others)
    return hashlib.sha256(repr(told).encode()).hexdigest()


class PartialRun:
    """The work on one output.

    Attributes
    ----------
    folder : Path
        Where parts are.
    done : set of int
        Numbers of the windows that an earlier run has written.
    """

    def __init__(self, places: Mapping[str, Place], digest: str) -> None:
        self._pyramids = tuple(places)
        self._place = next(iter(places.values()))
        self.folder = self._place.run_folder
        self._place.restore()
        self._number = self._number_of(digest)
        if not self._number:
            self._clear()
            self._number = os.urandom(8).hex()
            self.keep(_NUMBER, self._number.encode())
            self.keep(_DIGEST, digest.encode())
        done = self.folder / _DONE
        # Written at once, so that a run that is killed has it.
        self._log = done.open("ab", buffering=0)
        # The last number may have been cut short.
        whole = done.stat().st_size // _BYTES_PER_NUMBER * _BYTES_PER_NUMBER
        os.truncate(done, whole)
        data = done.read_bytes()
        starts = range(0, whole, _BYTES_PER_NUMBER)
        self.done = {int.from_bytes(data[i : i + _BYTES_PER_NUMBER], "little") for i in starts}

    def _number_of(self, digest: str) -> str:
        """Return the number of an earlier run of the same, if what it has written is there."""
        number = (self.kept(_NUMBER) or b"").decode()
        if self.kept(_DIGEST) != digest.encode() or not number:
            return ""
        if not self.kept(_DONE):
            return number
        are_there = all(self._place.is_staged(f"{each}-{number}") for each in self._pyramids)
        return number if are_there else ""

    def _clear(self) -> None:
        """Remove everything, what makes the rest count first."""
        for name in (_DIGEST, _DONE):
            (self.folder / name).unlink(missing_ok=True)
        number = self.kept(_NUMBER)
        if number is not None:
            for each in (LABELS, DENSITIES):
                self._place.remove_staged(f"{each}-{number.decode()}")
        for entry in self.folder.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            elif entry.name != _LOCK:
                entry.unlink()

    def staged(self, pyramid: str) -> str:
        """Return where a pyramid is made: a folder or URL, of another name for each run."""
        return self._place.staged(f"{pyramid}-{self._number}")

    def mark(self, number: int) -> None:
        """Remember that a window is written; several threads may call it."""
        self._log.write(number.to_bytes(_BYTES_PER_NUMBER, "little"))

    def kept(self, name: str) -> bytes | None:
        """Return what was kept under a name."""
        try:
            return (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None

    def keep(self, name: str, data: bytes) -> None:
        """Keep something for a run that goes on."""
        write_atomically(self.folder / name, data)

    @property
    def has_results(self) -> bool:
        """Whether there is anything to go on from."""
        beside = {_DIGEST, _DONE, _LOCK, _NUMBER}
        kept = {path.name for path in self.folder.iterdir() if path.is_file()} - beside
        return bool(kept or self.kept(_DONE))

    def close(self) -> None:
        """End the work, for now."""
        self._log.close()

    def discard(self) -> None:
        """Remove the folder. What cannot be removed stays, and the next run tries it again."""
        self.close()
        with suppress(OSError):
            self._clear()
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def is_begun(self) -> bool:
        """Whether it was interrupted while its output got its name, and may go on there."""
        return self._place.is_begun(self._number)

    def finish(self, made: Sequence[tuple[Place, str]], *, overwrite: bool) -> None:
        """Give what was made its names, and remove the folder.

        Parameters
        ----------
        made : sequence of (Place, str)
            Where each output goes, and what it is. That which names the run comes last.
        overwrite : bool

        Raises
        ------
        ImageWriteError
            If something has taken a name that may not be replaced.
        """
        if not self.is_begun:
            for place, _ in made:
                place.check_free(overwrite=overwrite)
        for place, path in reversed(made):
            place.begin(path, self._number)
        if not self._place.takes_copies:
            # From here on the folder is no longer what a run could go on from.
            (self.folder / _DIGEST).unlink(missing_ok=True)
        for place, path in made:
            try:
                place.take(path, self._number)
            except OSError as error:
                raise _refused(place, error) from None
        self.discard()


@contextmanager
def partial_run(places: Mapping[str, Place], digest: str) -> Iterator[PartialRun]:
    """Begin or go on with the work on an output.

    Parameters
    ----------
    places : mapping of str to Place
        Where the pyramids go that the run makes, `LABELS` or `DENSITIES`. The first one names the
        run. A folder of this machine that they lie in exists.
    digest : str
        Stands for the input and for all that decides on the output.

    Raises
    ------
    ImageWriteError
        If another run is at work on it, or nothing can be written there.
    MissingExtraError
        If the extra ``large`` is not installed.
    """
    place = next(iter(places.values()))
    try:
        from filelock import FileLock, Timeout
    except ImportError:
        raise MissingExtraError(
            f"{place.name}: images larger than memory need filelock, which is not installed: "
            "pip install 'smalti[large]'"
        ) from None
    try:
        folder = _folder_for(place)
        with FileLock(folder / _LOCK, timeout=0):
            run = PartialRun(places, digest)
            with _ended(run):
                yield run
        _remove_empty(folder)
    except Timeout:
        raise ImageWriteError(f"{place.name}: is being written by another run") from None
    except SmaltiError:
        raise
    except OSError as error:
        raise _refused(place, error) from None


def _folder_for(place: Place) -> Path:
    """Make the run's folder, if it is not there."""
    folder = place.run_folder
    try:
        folder.mkdir(parents=place.takes_copies, exist_ok=True)
    except OSError as error:
        if place.takes_copies:
            raise ImageWriteError(f"{folder}: cannot be made: {reason_of(error)}") from None
        raise
    return folder


@contextmanager
def _ended(run: PartialRun) -> Iterator[None]:
    """End a run: what there is to go on from stays."""
    try:
        yield
    except InvalidParameterError:
        # A run with these arguments never goes on.
        run.discard()
        raise
    except BaseException:
        if not run.has_results:
            run.discard()
        raise
    finally:
        run.close()


def _remove_empty(folder: Path) -> None:
    """Remove a folder that holds a lock alone, which some systems keep as long as it is locked."""
    with suppress(OSError):
        if [entry.name for entry in folder.iterdir()] in ([], [_LOCK]):
            (folder / _LOCK).unlink(missing_ok=True)
            folder.rmdir()


def _refused(place: Place, error: OSError) -> ImageWriteError:
    return ImageWriteError(f"{place.name}: cannot be written: {reason_of(error)}")

"""What a run has done of its output, so that the same command goes on where it was interrupted.

A folder beside the output, ``.NAME.smalti-part``, holds what was learnt, the parts of the output
that are written, and their numbers. It belongs to one input and one set of options: for others it
is begun anew. When the output has its name, the folder is gone.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from smalti.exceptions import (
    Advice,
    ImageWriteError,
    InvalidParameterError,
    MissingExtraError,
)
from smalti.files import write_atomically

__all__ = ["PartialRun", "part_of", "partial_run"]

_DIGEST, _DONE, _LOCK, _REPLACED = "digest", "done", "lock", "replaced"

_BYTES_PER_NUMBER = 8


def part_of(target: Path) -> Path:
    """Return the folder in which an output is made."""
    return target.parent / f".{target.name}.smalti-part"


class PartialRun:
    """The work on one output.

    Attributes
    ----------
    folder : Path
        Where parts are.
    done : set of int
        Numbers of the windows that an earlier run has written.
    """

    def __init__(self, target: Path, digest: str) -> None:
        self._target = target
        self.folder = part_of(target)
        if self.kept(_DIGEST) != digest.encode():
            for entry in self.folder.iterdir():
                if entry.is_dir():
                    shutil.rmtree(entry)
                elif entry.name != _LOCK:
                    entry.unlink()
            self.keep(_DIGEST, digest.encode())
        self.done = self._numbers()
        # Written at once, so that a run that is killed has it.
        self._log = (self.folder / _DONE).open("ab", buffering=0)

    def _numbers(self) -> set[int]:
        data = self.kept(_DONE) or b""
        # The last number may have been cut short.
        ends = range(_BYTES_PER_NUMBER, len(data) + 1, _BYTES_PER_NUMBER)
        return {int.from_bytes(data[end - _BYTES_PER_NUMBER : end], "little") for end in ends}

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
        beside = {_DIGEST, _DONE, _LOCK}
        kept = {path.name for path in self.folder.iterdir() if path.is_file()} - beside
        return bool(kept or self.kept(_DONE))

    def close(self) -> None:
        """End the work, for now."""
        self._log.close()

    def discard(self) -> None:
        """Remove the folder."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def finish(self, made: Path, *, overwrite: bool) -> None:
        """Give what was made in the folder the name of the output, and remove the folder.

        Raises
        ------
        ImageWriteError
            If something has taken the name that may not be replaced.
        """
        target, old = self._target, self.folder / _REPLACED
        check_free(target, overwrite=overwrite)
        try:
            if target.is_dir():
                target.replace(old)
            made.replace(target)
        except OSError as error:
            with suppress(OSError):
                old.replace(target)
            raise _refused(target, error) from None
        self.discard()


def check_free(target: Path, *, overwrite: bool) -> None:
    """Raise `ImageWriteError` if there is something of a name that may not be replaced."""
    if target.exists() and not overwrite:
        raise ImageWriteError(
            f"{target}: exists already; to replace it, use",
            advice=Advice(python="overwrite=True", command_line="--force"),
        )


@contextmanager
def partial_run(target: Path, digest: str) -> Iterator[PartialRun]:
    """Begin or go on with the work on an output.

    Parameters
    ----------
    target : Path
        The output, whose folder exists.
    digest : str
        Stands for the input and for all that decides on the output.

    Raises
    ------
    ImageWriteError
        If another run is at work on it, or nothing can be written there.
    MissingExtraError
        If filelock is not installed.
    """
    try:
        from filelock import FileLock, Timeout
    except ImportError:
        raise MissingExtraError(
            f"{target}: images larger than memory need filelock, which is not installed: "
            "pip install 'smalti[large]'"
        ) from None
    try:
        part_of(target).mkdir(exist_ok=True)
        lock = FileLock(part_of(target) / _LOCK, timeout=0)
        lock.acquire()
    except Timeout:
        raise ImageWriteError(f"{target}: is being written by another run") from None
    except OSError as error:
        raise _refused(target, error) from None
    try:
        run = PartialRun(target, digest)
        try:
            yield run
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
    finally:
        lock.release()


def _refused(target: Path, error: OSError) -> ImageWriteError:
    return ImageWriteError(f"{target}: cannot be written: {error.strerror or error}")

"""NumPy archives (``.npz``): written in memory, and read as what a stranger may have made."""

import io
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from smalti.exceptions import Advice, ImageReadError

__all__ = [
    "CLASSES",
    "CODEBOOK",
    "NPY_MAGIC",
    "PICTURE",
    "ZIP_MAGIC",
    "archive",
    "kind_of",
    "unarchive",
]

NPY_MAGIC, ZIP_MAGIC = b"\x93NUMPY", b"PK"
"""How a file of one array begins, and an archive of several."""

PICTURE, CODEBOOK, CLASSES = "a picture", "a codebook", "classes of a segmentation"
"""What an archive may be, as messages call it."""

_READERS = {
    PICTURE: Advice("smalti.load", "smalti reconstruct"),
    CODEBOOK: Advice("smalti.Codebook.load", "the Python package, which made it"),
    CLASSES: Advice("smalti.PixelClassifier.load", "smalti segment --classes"),
}

Fields = dict[str, Any]
Result = TypeVar("Result")


def archive(**arrays: Any) -> bytes:
    """Return the bytes of an archive of these arrays, compressed."""
    import numpy as np

    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def kind_of(data: bytes) -> str | None:
    """Return what the names in an archive are those of: PICTURE, CODEBOOK, CLASSES; else None."""
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as members:
            return _kind([name.removesuffix(".npy") for name in members.namelist()])
    except Exception:  # whatever zipfile stumbles over, it is no archive of smalti's
        return None


def unarchive(
    data: bytes,
    name: str,
    what: str,
    max_bytes: int,
    readers: Mapping[int, Callable[[Fields], Result]],
) -> Result:
    """Return what the reader of the archive's ``version`` makes of its fields.

    Parameters
    ----------
    data : bytes
        The archive.
    name : str
        What messages call it.
    what : str
        What it should be, PICTURE, CODEBOOK or CLASSES.
    max_bytes : int
        What it may unpack to; a header of a few bytes may ask for gigabytes.
    readers : mapping
        A function of the fields for each version; what it raises tells of damage.

    Raises
    ------
    ImageReadError
        If it is too large, of an unknown version, something else or damaged.
    """
    import zipfile

    import numpy as np

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as members:
            unpacked = sum(member.file_size for member in members.infolist())
        if unpacked > max_bytes:
            raise ImageReadError(f"{name}: unpacks to {unpacked} bytes, which is too large")
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            fields = {key: file[key] for key in file.files}
        kind = _kind(fields)
        if kind is not None and kind != what:
            raise ImageReadError(f"{name}: is {kind}, not {what}: use", advice=_READERS[kind])
        version = int(fields["version"])
        if version not in readers:
            raise ImageReadError(
                f"{name}: is of version {version}, but only {_listed(readers)} known"
            )
        return readers[version](fields)
    except ImageReadError:
        raise
    except KeyError as error:
        raise ImageReadError(f"{name}: is not {what} saved by smalti: {error}") from None
    except Exception as error:  # zipfile, zlib and numpy each have errors of their own
        raise ImageReadError(f"{name}: is damaged: {error}") from error


def _kind(names: Collection[str]) -> str | None:
    """Return what has fields of these names; pictures of pixels have centroids, too."""
    if {"shape", "indices"} <= set(names):
        return PICTURE
    if "class_centroids" in names:
        return CLASSES
    return CODEBOOK if set(names) == {"version", "centroids"} else None


def _listed(versions: Iterable[int]) -> str:
    *others, last = (str(version) for version in versions)
    return f"{', '.join(others)} and {last} are" if others else f"{last} is"

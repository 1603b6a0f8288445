"""What a second run over the same files leaves out: outputs of the first."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from smalti.batch.image_names import is_image_name
from smalti.batch.marker import digest_of_file, marker_of_file
from smalti.batch.paths import STANDARD, stem_of
from smalti.batch.storage import storage_of
from smalti.formats.registry import format_of_suffix, formats
from smalti.parallel import Threads, each
from smalti.urls import is_url

__all__ = ["EarlierOutputs"]

# Files at URLs that are looked at at the same time. To wait for them takes no processor.
_AT_A_TIME = 16


class EarlierOutputs:
    """Tells which files look like outputs of an earlier run.

    The name of such a file is that of an output, ``photo-smalti.png``, and an image called
    ``photo`` lies beside it.

    Parameters
    ----------
    suffix : str
        The ending of this run's outputs. The usual endings count, too.
    """

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        usual = [f"-smalti{one.suffixes[0]}" for one in formats().values()]
        # An ending such as .png alone says nothing.
        self._endings = [ending for ending in (suffix, *usual) if not ending.startswith(".")]
        self._folders: dict[str, dict[str, list[str]]] = {}
        self._made: set[str] = set()

    def know(self, folders: Mapping[str, Sequence[str]]) -> None:
        """Take notice of the files in folders at URLs, which are not listed again.

        Marks are read, many at a time, only of files beside which lies one that differs in the
        ending alone.
        """
        doubtful: dict[str, set[str]] = {}
        for folder, names in folders.items():
            self._folders[folder] = images = _by_stems(names)
            for name in filter(_can_have_mark, names):
                others = {*images.get(stem_of(name, is_plain=False), ())} - {name}
                if others:
                    doubtful[name] = others

        def is_made(name: str) -> bool:
            marker = marker_of_file(name)
            source = None if marker is None else marker.source
            return source is not None and any(
                _has_digest(other, source) for other in sorted(doubtful[name])
            )

        told = list(each(doubtful, is_made, Threads(_AT_A_TIME)))
        self._made.update(name for name, is_told in zip(doubtful, told, strict=True) if is_told)

    def source_of(self, name: str) -> str | None:
        """Return the image that a file seems to be made from; None if it is no such output."""
        if name == STANDARD:
            return None
        storage = storage_of(name)
        last = storage.last(name)
        for ending in self._endings:
            stem = last.removesuffix(ending)
            if stem and stem != last and storage.exists(name):
                return next(iter(self._images(storage.parent(name)).get(stem, ())), None)
        return None

    def is_made_of_another(self, name: str) -> bool:
        """Whether a file was made of one that lies beside it, as its marker says.

        The file's name is that of the other's output, or begins as the other's. Then contents tell.
        At URLs this is known of files that `know` was told of.
        """
        if name == STANDARD:
            return False
        if is_url(name):
            return name in self._made
        marker = marker_of_file(name)
        if marker is None or marker.source is None:
            return False
        path = Path(name)
        images = self._images(str(path.parent))
        stem = path.name.removesuffix(self._suffix)
        if stem != path.name and any(other != str(path) for other in images.get(stem, ())):
            return True
        ends = range(len(path.stem), 0, -1)
        others = {other for end in ends for other in images.get(path.stem[:end], ())}
        return any(_has_digest(other, marker.source) for other in sorted(others - {str(path)}))

    def _images(self, folder: str) -> dict[str, list[str]]:
        """Return the images of a folder by what the names of their outputs begin with."""
        if folder not in self._folders:
            self._folders[folder] = _by_stems(storage_of(folder).listed(folder))
        return self._folders[folder]


def _by_stems(names: Iterable[str]) -> dict[str, list[str]]:
    """Return images by what the names of their outputs begin with."""
    images: dict[str, list[str]] = {}
    for name in names:
        path = Path(storage_of(name).last(name))
        if is_image_name(path.name):
            images.setdefault(path.stem, []).append(name)
            images.setdefault(f"{path.stem}-{path.suffix[1:]}", []).append(name)
    return images


def _can_have_mark(name: str) -> bool:
    """Whether a file is of a format that holds marks, by its name."""
    form = format_of_suffix(Path(storage_of(name).last(name)).suffix)
    return form is not None and form.mark is not None


def _has_digest(name: str, digest: bytes) -> bool:
    found = digest_of_file(name)
    return found is not None and found.startswith(digest)

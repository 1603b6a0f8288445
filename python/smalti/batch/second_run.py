"""What a second run over the same files leaves out: outputs of the first."""

from pathlib import Path

from smalti.batch.destination import is_image_name
from smalti.batch.marker import digest_of_file, marker_of_file
from smalti.batch.paths import STANDARD
from smalti.batch.storage import storage_of
from smalti.formats.registry import formats

__all__ = ["EarlierOutputs"]


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

    def source_of(self, name: str) -> str | None:
        """Return the image that a file seems to be made from; None if it is no such output."""
        if name == STANDARD or "://" in name:
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
        """
        if name == STANDARD or "://" in name:
            return False
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
            images: dict[str, list[str]] = {}
            storage = storage_of(folder)
            for name in storage.listed(folder):
                path = Path(storage.last(name))
                if is_image_name(path.name):
                    images.setdefault(path.stem, []).append(name)
                    images.setdefault(f"{path.stem}-{path.suffix[1:]}", []).append(name)
            self._folders[folder] = images
        return self._folders[folder]


def _has_digest(name: str, digest: bytes) -> bool:
    found = digest_of_file(name)
    return found is not None and found.startswith(digest)

"""What a second run over the same files leaves out: its own outputs, and what is done already."""

from collections.abc import Sequence
from pathlib import Path

from smalti.batch.destination import is_image_name
from smalti.batch.paths import STANDARD
from smalti.formats.format import Format
from smalti.formats.registry import formats

__all__ = ["EarlierOutputs", "is_done"]

# Bytes that tell a file's format.
_HEAD_BYTES = 16


class EarlierOutputs:
    """Tells which inputs look like outputs of an earlier run.

    The name of such an input is that of an output, ``photo-smalti.png``, and an image called
    ``photo`` lies beside it. An input that is alone was asked for by name, and is never one.

    Parameters
    ----------
    suffix : str
        The ending of this run's outputs. The usual endings count, too.
    inputs : sequence of str
        All inputs.
    """

    def __init__(self, suffix: str, inputs: Sequence[str]) -> None:
        usual = [f"-smalti{one.suffixes[0]}" for one in formats().values()]
        # An ending such as .png alone says nothing.
        self._endings = [ending for ending in (suffix, *usual) if not ending.startswith(".")]
        self._alone = len(inputs) == 1
        self._folders: dict[Path, dict[str, str]] = {}

    def source_of(self, name: str) -> str | None:
        """Return the image that an input seems to be made from; None if it is no such output."""
        if self._alone or name == STANDARD or "://" in name:
            return None
        path = Path(name)
        for ending in self._endings:
            stem = path.name.removesuffix(ending)
            if stem and stem != path.name and path.exists():
                return self._images(path.parent).get(stem)
        return None

    def _images(self, folder: Path) -> dict[str, str]:
        """Return the images of a folder by what the names of their outputs begin with."""
        if folder not in self._folders:
            images = [path for path in _listed(folder) if is_image_name(path.name)]
            by_stem = {f"{path.stem}-{path.suffix[1:]}": str(path) for path in images}
            self._folders[folder] = by_stem | {path.stem: str(path) for path in images}
        return self._folders[folder]


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def is_done(source: str, output: str, form: Format) -> bool:
    """Whether an output is there, of its format, and no older than the file it is made from."""
    if STANDARD in (source, output) or "://" in source:
        return False
    try:
        with Path(output).open("rb") as file:
            head = file.read(_HEAD_BYTES)
        return form.sniff(head) and Path(output).stat().st_mtime >= Path(source).stat().st_mtime
    except (OSError, ValueError):
        return False

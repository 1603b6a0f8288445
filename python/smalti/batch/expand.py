"""Which files there are: names, patterns and folders become a list of inputs, in a fixed order.

Folders are listed as people sort them: ``2.png`` before ``10.png``, the files of a folder before
its folders.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from smalti.batch.natural_order import natural
from smalti.batch.paths import STANDARD
from smalti.batch.second_run import EarlierOutputs
from smalti.batch.storage import Entry, Listing, identity, storage_of
from smalti.exceptions import Advice, ImageReadError, SmaltiError

__all__ = ["Item", "expanded", "globbed", "without_outputs"]

# Endings of the kinds of images that smalti reads. Files of other kinds in a folder are none of its
# business.
_IMAGES = frozenset(
    f".{ending}"
    for endings in (
        ("png", "apng", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "bmp", "dib", "tif", "tiff"),
        ("pnm", "ppm", "pgm", "pbm", "pam", "tga", "avif", "jp2", "j2k", "jpx", "jpc"),
    )
    for ending in endings
)
# Files of several sizes of one picture. A palette picture would replace them all.
_ICONS = frozenset((".ico", ".cur", ".icns"))


_NO_PLACE = "left out, its name has no place in a folder; to compress it, name it alone"


@dataclass(frozen=True)
class Item:
    """One input.

    Attributes
    ----------
    name : str
        The path or URL, or ``-`` for stdin.
    below : str or None
        Where a file lies in the folder that it was found in, ``""`` for the folder itself; None if
        it was named itself, or by a pattern.
    reason : str or None
        Why it is left out, if that is known already.
    error : SmaltiError or None
        Why there is nothing to be read, if that is known already.
    """

    name: str
    below: str | None = None
    reason: str | None = None
    error: SmaltiError | None = None

    @property
    def is_found(self) -> bool:
        """Whether it was found in a folder."""
        return self.below is not None

    @property
    def is_open(self) -> bool:
        """Whether there is something to be done with it."""
        return self.reason is None and self.error is None


def expanded(inputs: Iterable[str], out: str | None, suffix: str, *, recursive: bool) -> list[Item]:
    """Return the inputs that names, patterns and folders stand for.

    Parameters
    ----------
    inputs : iterable of str
        Paths, patterns, URLs and ``-``.
    out : str or None
        The folder that outputs go to. It is not searched.
    suffix : str
        The ending of outputs; outputs of earlier runs are left out of folders.
    recursive : bool
        Whether the images in a folder are meant, or a folder is an error.
    """
    target = None if out is None else identity(out)
    # What was named twice in one way is one input.
    named = dict(pair for given in inputs for pair in _named(given, target, recursive=recursive))
    # The trees of several folders are told apart by the names of these.
    several = sum(named.values()) > 1
    files = {identity(name) for name, is_tree in named.items() if not is_tree}
    search = _Search(target, suffix, files)
    items: list[Item] = []
    for name, is_tree in named.items():
        if not is_tree:
            items.append(Item(name))
        elif recursive:
            items += _in_folder(search, name, several=several)
        else:
            items.append(Item(name, error=_is_a_folder(name)))
    return items


def globbed(name: str) -> list[str]:
    """Return the names that a pattern stands for, or the name itself if it is none.

    Shells expand patterns, but not all do, and few know ``**``. A file may have a name that looks
    like a pattern.
    """
    if name == STANDARD:
        return [name]
    return storage_of(name).matching(name) or [name]


def _named(name: str, out: str | None, *, recursive: bool) -> Iterator[tuple[str, bool]]:
    """Yield what a name stands for, and whether that is a folder of files."""
    found = globbed(name)
    is_itself = found == [name]
    for each in found:
        storage = storage_of(each)
        is_tree = each != STANDARD and storage.is_tree(each, is_likely=recursive and is_itself)
        # A pattern such as images/* is not meant for folders, nor ** for outputs.
        if is_itself or ((recursive or not is_tree) and not _is_in(each, out)):
            yield each, is_tree


def _is_in(name: str, folder: str | None) -> bool:
    """Whether a file lies in a folder, or deeper."""
    if folder is None:
        return False
    return identity(name).startswith((f"{folder}/", os.path.join(folder, "")))  # noqa: PTH118


def without_outputs(items: list[Item], suffix: str) -> list[Item]:
    """Return the inputs, with a reason for those named ones that an earlier run has made."""
    earlier = EarlierOutputs(suffix)
    return [
        item if item.is_found or not item.is_open else replace(item, reason=_reason(item, earlier))
        for item in items
    ]


def _reason(item: Item, earlier: EarlierOutputs) -> str | None:
    source = earlier.source_of(item.name)
    if source is not None:
        return f"left out, it has the name of an output of {source}; to compress it, name it alone"
    if earlier.is_made_of_another(item.name):
        return "left out, it was made of an image beside it; to compress it, name it alone"
    return None


class _Search:
    """What is looked for in folders."""

    def __init__(self, out: str | None, suffix: str, seen: set[str]) -> None:
        self.out = out
        self.earlier = EarlierOutputs(suffix)
        self.seen = seen

    def is_new(self, path: str) -> bool:
        """Whether a file has not been found under another folder."""
        real = identity(path)
        is_new = real not in self.seen
        self.seen.add(real)
        return is_new

    def is_input(self, path: str) -> bool:
        """Whether a file is new, and was not made by an earlier run of one that lies beside it."""
        if not self.is_new(path) or self.earlier.source_of(path) is not None:
            return False
        return not self.earlier.is_made_of_another(path)


def _in_folder(search: _Search, folder: str, *, several: bool) -> list[Item]:
    """Return the images of a folder and of those in it."""
    listing = storage_of(folder).listing(folder)
    top = listing.title if several else ""
    with suppress(OSError):  # it is told when it is walked through
        listing.entries(folder)
        search.earlier.know(listing.known)
    found = list(_walked(search, listing, folder, top))
    found += [Item(name, top, reason=_NO_PLACE) for name in listing.odd]
    if not found:
        return [Item(folder, top, reason="has no images in it")]
    return found


def _walked(search: _Search, listing: Listing, folder: str, below: str) -> Iterator[Item]:
    try:
        visible = [entry for entry in listing.entries(folder) if not entry.name.startswith(".")]
    except OSError as error:
        reason = error.strerror or str(error)
        yield Item(folder, below, error=ImageReadError(f"{folder}: cannot be read: {reason}"))
        return
    visible.sort(key=lambda entry: natural(entry.name))
    for entry in visible:
        suffix = Path(entry.name).suffix.lower()
        if suffix in _ICONS and _is_file(entry) and search.is_new(entry.path):
            reason = "left out, it is an icon of several sizes; to compress one, name it alone"
            yield Item(entry.path, below, reason=reason)
        elif suffix in _IMAGES and _is_file(entry) and search.is_input(entry.path):
            yield Item(entry.path, below)
    for entry in visible:
        # A link may lead back, or out of the tree.
        if not entry.is_dir(follow_symlinks=False) or identity(entry.path) == search.out:
            continue
        if listing.is_zarr(entry.path):
            reason = "left out, it is a Zarr image; name it alone"
            yield Item(entry.path, below, reason=reason)
        else:
            inner = os.path.join(below, entry.name)  # noqa: PTH118
            yield from _walked(search, listing, entry.path, inner)


def _is_file(entry: Entry) -> bool:
    """Whether there is a file, which may be that of a link."""
    try:
        return entry.is_file()
    except OSError:  # links that lead in a circle
        return False


def _is_a_folder(name: str) -> ImageReadError:
    return ImageReadError(
        f"{name}: is a folder, not a file; to compress the images in it, use",
        advice=Advice(python="recursive=True", command_line="-r"),
    )

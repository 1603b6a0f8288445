"""Where each input's output goes."""

import copy
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from smalti.batch.image_names import is_image_name
from smalti.batch.paths import STANDARD, FilesRead, ending_of, stem_of, write_output
from smalti.batch.storage import identity, storage_of
from smalti.exceptions import ImageWriteError, OptionsError
from smalti.files import check_writable
from smalti.sources.tiles.open import is_zarr
from smalti.urls import is_url, local_path

__all__ = ["Destination", "Tree", "is_folder_for", "literal"]


def is_folder_for(out: str, *, several: bool) -> bool:
    """Whether outputs go into a folder of this name, which need not exist.

    A slash at the end says so. Several inputs need a folder, and so get one if the name is not that
    of an image file.
    """
    if is_zarr(out):
        # It is one picture, though of many files.
        return False
    if out.endswith(("/", os.sep)):
        return True
    storage = storage_of(out)
    if is_url(out):
        # Its storage is asked only if the name does not tell.
        return not is_image_name(out) and (several or storage.is_folder(out))
    if storage.is_folder(out):
        return True
    return several and out != STANDARD and not storage.exists(out) and not is_image_name(out)


@dataclass(frozen=True)
class Tree:
    """Where inputs lie in the folders that they were found in.

    Attributes
    ----------
    below : mapping of str to str
        The folder of each, from where the search began.
    suffix : str
        The ending of their outputs in a folder of its own, where names need not differ from those
        of inputs: ``.png``.
    """

    below: Mapping[str, str]
    suffix: str


class Destination:
    """Names the output of each input: ``-o``, or beside the input with another suffix.

    ``photo.jpg`` becomes ``photo-smalti.png``. Where two inputs of a run would have one output,
    as ``a.jpg`` and ``a.png`` have, each keeps its own ending: ``a-jpg-smalti.png``. An input that
    is replaced by its output keeps its name. All names are decided at the beginning, so that they
    do not depend on which input is done first.

    Parameters
    ----------
    out : str or None
        A file, a folder (several inputs), ``-`` for stdout, or None.
    suffix : str
        What replaces the input's extension: ``-smalti.png``.
    inputs : sequence of str
        All inputs that have an output.
    others : sequence of str, default: ()
        What is read beside them.
    tree : Tree, optional
        Where inputs lie that were found in folders. Their outputs have the same places in `out`.

    Raises
    ------
    OptionsError
        If `out` is no folder, and has to be one.
    """

    def __init__(
        self,
        out: str | None,
        suffix: str,
        inputs: Sequence[str],
        others: Sequence[str] = (),
        tree: "Tree | None" = None,
    ) -> None:
        # A file of this machine is one by its URL, too.
        out = local_path(out or "") or out
        self._suffix = suffix
        self._tree = tree or Tree({}, suffix)
        several = len(inputs) > 1 or tree is not None
        self._out = STANDARD if out is None and list(inputs) == [STANDARD] else out
        is_folder = out is not None and is_folder_for(out, several=several)
        self._folder = storage_of(out).joined(out) if out is not None and is_folder else None
        if self._folder is not None:
            reason = storage_of(self._folder).no_folder(self._folder)
            if reason is not None:
                raise OptionsError(f"{{}}: {literal(reason)}", ("out_dir", self._folder))
        if several and self._out is not None and self._folder is None:
            number = f"are {len(inputs)} inputs" if len(inputs) > 1 else "is a folder of inputs"
            raise OptionsError(
                f"{{}}: must be a folder when there {number}, such as {{}}",
                ("out_dir", out),
                ("out_dir", "out/"),
            )
        self._read = FilesRead((name, "the input") for name in (*inputs, *others))
        self._inputs = {identity(name): name for name in inputs} if several else {}
        self._outputs = self._named(inputs)
        self._owners: dict[str, str] = {}
        for name, output in self._outputs.items():
            self._owners.setdefault(identity(output), name)

    @property
    def is_stdout(self) -> bool:
        """Whether stdout is where the picture goes."""
        return self._out == STANDARD

    @property
    def is_beside(self) -> bool:
        """Whether outputs go beside their inputs, under names that nobody has asked for."""
        return self._out is None

    def is_input(self, output: str) -> bool:
        """Whether an output has the name of an input."""
        return output != STANDARD and output in self._read

    def replaces(self, name: str) -> bool:
        """Whether the output of an input takes the input's place."""
        output = self.of(name)
        source = local_path(name) or name
        if STANDARD in (name, output) or is_url(source) or is_url(output):
            return False
        try:
            return Path(output).samefile(source)
        except (OSError, ValueError):
            return False

    def claim(self, name: str, *, overwrite: bool) -> str:
        """Return the output's path, or ``-``, once nothing is in its way.

        Raises
        ------
        ImageWriteError
            If the output exists already, cannot be written, is that of another input, or would
            replace another input, or one of several frames.
        """
        output = self.of(name)
        if output == STANDARD:
            if sys.stdout.isatty():
                raise ImageWriteError(
                    f"{name}: a picture is not written to a terminal; use -o FILE, or pipe it on"
                )
            return output
        self.refuse_second(name)
        key = identity(output)
        if self._inputs.get(key, name) != name and not self.replaces(name):
            raise ImageWriteError(
                f"{name}: would be written to {output}, which is an input itself; choose another "
                "folder with -o"
            )
        with storage_of(output).standing(output) as exists:
            if exists or self._folder is None:
                _check_output(output, name, overwrite=overwrite)
        if is_url(output):
            # Nobody could tell whether it has changed since it was read.
            self._read.refuse(output)
        else:
            self._read.refuse_animation(Path(output))
        return output

    def refuse_second(self, name: str) -> None:
        """Raise `ImageWriteError` if the output is that of an input before this one.

        That is known before anything is written, and so the same however many files are worked on
        at a time.
        """
        output = self.of(name)
        owner = name if output == STANDARD else self._owners.get(identity(output), name)
        if owner != name:
            raise ImageWriteError(f"{name}: would be written to {output}, as {owner} is")

    def of(self, name: str) -> str:
        """Return the output's path, or ``-``."""
        return self._outputs[name]

    def only(self, names: Iterable[str]) -> "Destination":
        """Return the destination of some inputs alone, which is small enough to be sent."""
        one = copy.copy(self)
        one._outputs = {name: self._outputs[name] for name in names if name in self._outputs}
        places = [identity(output) for output in one._outputs.values()]
        one._owners = {place: self._owners[place] for place in places if place in self._owners}
        one._inputs = {place: self._inputs[place] for place in places if place in self._inputs}
        one._tree = Tree({}, self._tree.suffix)
        read = {*one._outputs, *one._inputs.values()}
        one._read = FilesRead((name, "the input") for name in sorted(read))
        return one

    def write(
        self,
        output: str,
        data: bytes,
        *,
        overwrite: bool,
        finish: Callable[[Path], None] | None = None,
    ) -> None:
        """Write an output, whole or not at all, and make the folder that it goes to.

        `finish` is called with the file before it gets its name, and may still refuse it.
        """
        if self._folder is None:
            write_output(output, data, overwrite=overwrite, finish=finish)
            return
        with storage_of(output).made(output):
            write_output(output, data, overwrite=overwrite, finish=finish)

    def tidy(self, output: str) -> None:
        """Remove what runs that were killed have left where an output goes."""
        if output != STANDARD:
            storage_of(output).tidy(output)

    def _named(self, inputs: Sequence[str]) -> dict[str, str]:
        """Return the output of each input."""
        if self._out is not None and self._folder is None:
            return dict.fromkeys(inputs, self._out)
        stems = {name: self._stem(name) for name in inputs}
        # A name that was made longer may be that of another output, which then gets longer, too.
        while longer := self._told_apart(stems):
            stems |= longer
        return {name: self._path(name, stem) for name, stem in stems.items()}

    def _stem(self, name: str) -> str:
        """Return what an output's name begins with if no other input has the same."""
        return stem_of(name, is_plain=self._folder is None or not is_url(self._folder))

    def _path(self, name: str, stem: str) -> str:
        suffix, folder = self._suffix, self._folder
        below = self._tree.below.get(name)
        if folder is not None and below is not None:
            return storage_of(folder).joined(folder, below, f"{stem}{self._tree.suffix}")
        if folder is None:
            is_elsewhere = is_url(name) or name == STANDARD
            folder = "" if is_elsewhere else storage_of(name).parent(name)
        return storage_of(folder).joined(folder, f"{stem}{suffix}")

    def _told_apart(self, stems: Mapping[str, str]) -> dict[str, str]:
        """Return longer stems of inputs that would otherwise have the output of another one."""
        sharing: dict[str, list[str]] = defaultdict(list)
        for name, stem in stems.items():
            sharing[identity(self._path(name, stem))].append(name)
        longer = {}
        for place, names in sharing.items():
            if len(names) == 1:
                continue
            # Those that have been told apart do not change again, nor do those in their own place.
            short = [
                name
                for name in names
                if stems[name] == self._stem(name) and identity(name) != place
            ]
            endings = [ending_of(name) for name in short]
            times = Counter(endings)
            for name, ending in zip(short, endings, strict=True):
                if ending and times[ending] == 1:
                    longer[name] = f"{self._stem(name)}-{ending}"
        return longer


def literal(text: str) -> str:
    """Return text that formatting leaves as it is."""
    return text.replace("{", "{{").replace("}", "}}")


def _check_output(output: str, name: str, *, overwrite: bool) -> None:
    if not overwrite and storage_of(output).is_older(output, name):
        raise ImageWriteError(
            f"{output}: exists already, but {name} is newer; to replace it, use --force"
        )
    check_writable(output, overwrite=overwrite)

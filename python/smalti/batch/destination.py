"""Where each input's output goes."""

import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from smalti.batch.folders import made, obstacle
from smalti.batch.paths import STANDARD, FilesRead, path_in, stem_of, write_output
from smalti.exceptions import ImageWriteError, OptionsError
from smalti.files import check_writable, is_folder
from smalti.formats.registry import format_of_suffix

if TYPE_CHECKING:
    from mimetypes import MimeTypes

__all__ = ["Destination", "is_folder_for", "is_image_name"]


def is_folder_for(out: str, inputs: Sequence[str]) -> bool:
    """Whether outputs go into a folder of this name, which need not exist.

    A slash at the end says so. Several inputs need a folder, and so get one if the name is not that
    of an image file.
    """
    if is_folder(out) or out.endswith(("/", os.sep)):
        return True
    return len(inputs) > 1 and out != STANDARD and not Path(out).exists() and not is_image_name(out)


def is_image_name(name: str) -> bool:
    """Whether a file's name ends as those of images do."""
    suffix = Path(name).suffix
    kind, _ = _media_types().guess_type(f"x{suffix}", strict=False)
    return format_of_suffix(suffix) is not None or (kind or "").startswith("image/")


@cache
def _media_types() -> "MimeTypes":
    """Return a table of its own: that of the process depends on the system."""
    from mimetypes import MimeTypes

    return MimeTypes()


class Destination:
    """Names the output of each input: ``-o``, or beside the input with another suffix.

    ``photo.jpg`` becomes ``photo-smalti.png``. Where two inputs of a run would have one output,
    as ``a.jpg`` and ``a.png`` have, each keeps its own ending: ``a-jpg-smalti.png``.

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

    Raises
    ------
    OptionsError
        If `out` is no folder, and has to be one.
    """

    def __init__(
        self, out: str | None, suffix: str, inputs: Sequence[str], others: Sequence[str] = ()
    ) -> None:
        self._suffix = suffix
        self._out = STANDARD if out is None and list(inputs) == [STANDARD] else out
        self._folder = Path(out) if out is not None and is_folder_for(out, inputs) else None
        if self._folder is not None:
            in_the_way = obstacle(self._folder)
            if in_the_way is not None:
                sentence = f"{{}}: cannot be made a folder: {_literal(in_the_way)}"
                raise OptionsError(sentence, ("out_dir", str(self._folder)))
        if len(inputs) > 1 and self._out is not None and self._folder is None:
            raise OptionsError(
                f"{{}}: must be a folder when there are {len(inputs)} inputs, such as {{}}",
                ("out_dir", out),
                ("out_dir", "out/"),
            )
        self._claims: dict[str, str] = {}
        self._read = FilesRead((name, "the input") for name in (*inputs, *others))
        self._stems = self._told_apart(inputs)

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
        return output != STANDARD and Path(output) in self._read

    def claim(self, name: str, *, overwrite: bool) -> str:
        """Return the output's path, or ``-``, once nothing is in its way.

        Raises
        ------
        ImageWriteError
            If the output exists already, cannot be written, is that of another input, or would
            replace an input of several frames.
        """
        output = self.of(name)
        if output == STANDARD:
            if sys.stdout.isatty():
                raise ImageWriteError(
                    f"{name}: a picture is not written to a terminal; use -o FILE, or pipe it on"
                )
            return output
        key = _identity(output)
        if key in self._claims:
            raise ImageWriteError(
                f"{name}: would be written to {output}, as {self._claims[key]} is"
            )
        if self._folder is None or self._folder.exists():
            if not overwrite and _is_older(output, name):
                raise ImageWriteError(
                    f"{output}: exists already, but {name} is newer; to replace it, use --force"
                )
            check_writable(output, overwrite=overwrite)
        self._read.refuse_animation(Path(output))
        self._claims[key] = name
        return output

    def of(self, name: str) -> str:
        """Return the output's path, or ``-``."""
        if self._out is not None and self._folder is None:
            return self._out
        return self._path(name, self._stems.get(name, stem_of(name)))

    def write(self, output: str, data: bytes, *, overwrite: bool) -> None:
        """Write an output, whole or not at all, and make the folder that it goes to."""
        if self._folder is None:
            write_output(output, data, overwrite=overwrite)
            return
        with made(self._folder):
            write_output(output, data, overwrite=overwrite)

    def _path(self, name: str, stem: str) -> str:
        if self._folder is not None:
            folder = self._folder
        else:
            is_elsewhere = "://" in name or name == STANDARD
            folder = Path() if is_elsewhere else Path(name).parent
        return str(folder / f"{stem}{self._suffix}")

    def _told_apart(self, inputs: Sequence[str]) -> dict[str, str]:
        """Return the stems of inputs that would otherwise have the output of another one."""
        if len(inputs) == 1:
            return {}
        sharing: dict[str, list[str]] = defaultdict(list)
        for name in inputs:
            sharing[_identity(self._path(name, stem_of(name)))].append(name)
        stems = {}
        for names in sharing.values():
            endings = [_ending(name) for name in names]
            for name, ending in zip(names, endings, strict=True):
                if ending and len(names) > 1 and endings.count(ending) == 1:
                    stems[name] = f"{stem_of(name)}-{ending}"
        return stems


def _literal(text: str) -> str:
    """Return text that formatting leaves as it is."""
    return text.replace("{", "{{").replace("}", "}}")


def _is_older(output: str, name: str) -> bool:
    """Whether there is an output that was written before its input."""
    try:
        return Path(output).stat().st_mtime < Path(name).stat().st_mtime
    except (OSError, ValueError):
        return False


def _identity(path: str) -> str:
    """Return the same for two spellings of one path."""
    return os.path.normcase(os.path.realpath(path))


def _ending(name: str) -> str:
    return Path(path_in(name) if "://" in name else name).suffix[1:]

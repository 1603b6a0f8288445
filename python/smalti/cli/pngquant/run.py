"""What the program does with its arguments: one file after the other, and what it says of them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from smalti.batch.paths import STANDARD, FilesRead, source_of, write_output
from smalti.cli.pngquant.arguments import Request, parsed
from smalti.cli.pngquant.exit_codes import (
    DONE,
    INTERRUPTED,
    LARGER,
    NO_MEMORY,
    NOT_OVERWRITTEN,
    NOT_REACHED,
    NOT_WRITTEN,
    UNREADABLE,
    USAGE,
    ExitError,
)
from smalti.cli.pngquant.usage import USAGE_LINES, help_text, version_text
from smalti.cli.silence import stdout_given_up
from smalti.exceptions import ImageReadError, ImageWriteError
from smalti.files import check_writable

if TYPE_CHECKING:
    from smalti.cli.pngquant.picture import Palette
    from smalti.sources.source_image import SourceImage

__all__ = ["run"]

_NAME = "smalti-pngquant"
_SUFFIX = ".png"


def run(arguments: list[str]) -> int:
    """Run the program and return its exit code."""
    try:
        request = parsed(arguments)
    except ExitError as error:
        _say(f"error: {error}")
        if error.code == USAGE:
            sys.stderr.write(USAGE_LINES)
        return error.code
    for name, text in (("help", help_text), ("version", version_text)):
        if name in request.switches:
            sys.stdout.write(text())
            return DONE
    for warning in request.warnings:
        _say(f"warning: {warning}")
    try:
        return _run_files(request)
    except KeyboardInterrupt:
        _say("interrupted")
        return INTERRUPTED


def _say(sentence: str) -> None:
    sys.stderr.write(f"{_NAME}: {sentence}\n")


def _run_files(request: Request) -> int:
    """Do all files, and return the code of the last that failed."""
    code = DONE
    job = _Job(request)
    for name in request.files:
        try:
            job.run(name)
        except ExitError as error:
            code = error.code
            is_skipped = code in (LARGER, NOT_REACHED)
            if str(error) and not (is_skipped and "quiet" in request.switches):
                _say(f"{'skipped' if is_skipped else 'error'}: {error}")
        except MemoryError:
            code = NO_MEMORY
            _say(f"error: {name}: there is not enough memory for this")
    return code


class _Job:
    """What is done with every file."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._read = FilesRead((name, "the input") for name in request.files)
        self._palette: Palette | None = None

    def run(self, name: str) -> None:
        """Do one file.

        Raises
        ------
        ExitError
            If it fails, or is not worth it. Where a picture goes to stdout the original goes there.
        """
        output = self._output(name)
        self._check(output, name)
        called = "stdin" if name == STANDARD else name
        original = self._original(name)
        try:
            made, colors = self._made(original, called, output)
        except ExitError as error:
            if output == STANDARD and error.code in (LARGER, NOT_REACHED):
                _write(output, original, overwrite=False)
            raise
        _write(output, made, overwrite=self._has("force"))
        if self._has("verbose"):
            where = "stdout" if output == STANDARD else output
            _say(f"{called}: {len(original):,} bytes")
            _say(f"{where}: {len(made):,} bytes, {colors} colours")

    def _has(self, switch: str) -> bool:
        return switch in self._request.switches

    def _output(self, name: str) -> str:
        """Return where the picture goes."""
        if self._request.output is not None:
            return self._request.output
        if name == STANDARD:
            return STANDARD if len(self._request.files) == 1 else name
        has_suffix = name.lower().endswith(_SUFFIX)
        return (name[: -len(_SUFFIX)] if has_suffix else name) + self._request.suffix

    def _check(self, output: str, name: str) -> None:
        """Refuse an output that cannot be written, before any work is done."""
        if output == STANDARD:
            if sys.stdout.isatty():
                raise ExitError(
                    f"{name}: a picture is not written to a terminal; use -o FILE, or pipe it on",
                    NOT_WRITTEN,
                )
            return
        overwrite = self._has("force")
        if not overwrite and _is_file(output):
            raise ExitError(f"{output} exists; not overwriting it without --force", NOT_OVERWRITTEN)
        try:
            check_writable(output, overwrite=overwrite)
        except ImageWriteError as error:
            raise ExitError(error.command_line, NOT_WRITTEN) from None

    def _original(self, name: str) -> bytes:
        """Return the contents of an input."""
        if name == STANDARD and len(self._request.files) > 1:
            raise ExitError("stdin (-) must be the only input", UNREADABLE)
        from smalti.contents import read_bytes

        try:
            # As a path a URL is the name of a file, which it is to pngquant.
            data, _ = read_bytes(source_of(name) if name == STANDARD else Path(name))
        except ImageReadError as error:
            raise ExitError(error.command_line, UNREADABLE) from None
        return data

    def _made(self, original: bytes, name: str, output: str) -> tuple[bytes, int]:
        """Return the file of a picture, and the number of its colours."""
        from smalti.cli.pngquant import picture

        if self._request.palette is not None and self._palette is None:
            self._palette = picture.palette_of(self._request.palette)
        source = picture.decoded_png(original, name)
        self._tell_notes(source)
        self._refuse_animation(output)
        image = picture.compressed(source, self._request, self._palette)
        made = picture.encoded(image, original, self._request)
        if self._has("skip-if-larger"):
            allowed = picture.expected_bytes(image, source, len(original))
            if len(made) >= allowed:
                raise ExitError(
                    f"{name}: {len(made):,} bytes instead of {len(original):,}; for its quality"
                    f" fewer than {allowed:,} are worth it",
                    LARGER,
                )
        return made, image.k

    def _tell_notes(self, source: "SourceImage") -> None:
        if not self._has("quiet"):
            for note in source.notes:
                _say(f"warning: {note.text}")

    def _refuse_animation(self, output: str) -> None:
        """Refuse to replace an input of several frames by one picture."""
        if output == STANDARD:
            return
        try:
            self._read.refuse_animation(Path(output))
        except ImageWriteError as error:
            raise ExitError(error.command_line, NOT_OVERWRITTEN) from None


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except (OSError, ValueError):  # no name that a file can have
        return False


def _write(output: str, data: bytes, *, overwrite: bool) -> None:
    try:
        write_output(output, data, overwrite=overwrite)
    except ImageWriteError as error:
        raise ExitError(error.command_line, NOT_WRITTEN) from None
    except OSError as error:
        raise ExitError(stdout_given_up(error) or "", NOT_WRITTEN) from None

"""``smalti compress`` on images larger than memory, and into files that hold images of any size."""

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from smalti.batch.folders import made
from smalti.batch.paths import STANDARD, FilesRead, source_of
from smalti.cli.console import Failures, print_json, print_note, print_notes
from smalti.cli.exit_codes import FAILED
from smalti.cli.options import destination_for, usage_errors
from smalti.cli.reporter import Reporter
from smalti.exceptions import InvalidParameterError, SmaltiError
from smalti.options import CompressOptions
from smalti.parallel import usable_cpus
from smalti.sources.note import UNREAD
from smalti.sources.tiles.open import by_parts, opened_by_parts

if TYPE_CHECKING:
    from smalti.scale.compress_large import LargeResult

__all__ = ["PartsRun", "is_written_by_parts", "read_by_parts"]

# Endings of files that are written by parts alone; PNG is either.
_ENDINGS = (".tif", ".tiff", ".zarr")

# Options for images that are read as a whole.
_FOR_WHOLE = (
    "skip_if_larger",
    "strip",
    "preserve",
    "shared_palette",
    "dry_run",
    "check",
    "format_",
)


def is_written_by_parts(name: str | None) -> bool:
    """Whether the ending of an output is one of files that only parts are written to."""
    return name is not None and name.lower().rstrip("/").endswith(_ENDINGS)


def read_by_parts(name: str, max_pixels: int | None) -> bool:
    """Whether an input is read by parts."""
    if name == STANDARD:
        return False
    try:
        return opened_by_parts(name, max_pixels=max_pixels) is not None
    except SmaltiError:  # it is told when the input's turn comes
        return True


@dataclass(frozen=True)
class PartsRun:
    """What is done with images by parts.

    Attributes
    ----------
    names : list of str
        The inputs.
    out : str or None
        A file, or a folder; None for beside the inputs.
    ext : str or None
        Ending of output names.
    options : CompressOptions
    overwrite : bool
    jobs : int or None
        Threads.
    max_pixels : int or None
    json, quiet : bool
        What is printed.
    """

    names: list[str]
    out: str | None
    ext: str | None
    options: CompressOptions
    overwrite: bool
    jobs: int | None
    max_pixels: int | None
    json: bool
    quiet: bool

    def __call__(self) -> None:
        """Compress all inputs one after the other, and print what became of them."""
        _refuse_options()
        paths = self._paths()
        failures = Failures()
        for name, path in paths.items():
            about = {"input": name} if self.json else None
            with failures.collected(about), usage_errors():
                self._compress(name, path, failures)
        failures.exit_if_any()

    def _paths(self) -> dict[str, Path]:
        """Return where the output of each input goes; what cannot be is wrong usage."""
        if self.out == STANDARD:
            raise click.BadParameter("-o -: images are written by parts into files, not to stdout")
        if len(self.names) > 1 and is_written_by_parts(self.out):
            raise click.BadParameter(f"-o {self.out}: must be a folder when there are many inputs")
        if is_written_by_parts(self.out):
            paths = {self.names[0]: Path(self.out or "")}
        else:
            places = destination_for(self.out, self.ext or "-smalti.png", self.names)
            paths = {name: Path(places.of(name)) for name in self.names}
            for name in self.names:
                self._refuse_second(name, paths)
        for path in paths.values():
            self._check(path)
        return paths

    def _refuse_second(self, name: str, paths: dict[str, Path]) -> None:
        others = [other for other, path in paths.items() if path == paths[name] and other != name]
        if others:
            raise click.BadParameter(
                f"{name}: would be written to {paths[name]}, as {others[0]} is"
            )

    def _check(self, path: Path) -> None:
        from smalti.scale.outputs.kinds import kind_of

        try:
            kind = kind_of(str(path))
        except InvalidParameterError as error:
            raise click.BadParameter(f"-o {path}: {error}") from None
        if self.options.colors > kind.max_colors:
            raise click.BadParameter(
                f"-k {self.options.colors}: {kind.title} holds at most {kind.max_colors} colours"
            )

    def _compress(self, name: str, path: Path, failures: Failures) -> None:
        from smalti.scale.compress_large import Writing, compress_parts
        from smalti.scale.partial_run import part_of

        FilesRead([(other, "the input") for other in self.names]).refuse(path)
        began = time.monotonic()
        writing = Writing(path, "0.4", self.overwrite, self.jobs or usable_cpus())
        folder = path.absolute().parent
        try:
            with made(folder), Reporter(enabled=not (self.json or self.quiet)) as reporter:
                reporter.start(name)
                writing.check(self.options)
                image = by_parts(source_of(name), max_pixels=self.max_pixels)
                found = compress_parts(image, self.options, writing, reporter.update)
        except KeyboardInterrupt:
            if part_of(path).exists():
                print_note(f"{path}: is not done; the same command goes on from there")
            raise
        print_notes(found.notes)
        if any(note.kind == UNREAD for note in found.notes):
            failures.add_code(FAILED)
        seconds = time.monotonic() - began
        if self.json:
            print_json(_row(name, found, seconds))
        elif not self.quiet:
            click.echo(_sentence(name, found, seconds))


def _refuse_options() -> None:
    """Refuse options that were given and are for images that are read as a whole."""
    context = click.get_current_context()
    for name in _FOR_WHOLE:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            option = f"--{name.rstrip('_').replace('_', '-')}"
            raise click.BadParameter(f"{option} is for images that are read as a whole")


def _row(name: str, found: "LargeResult", seconds: float) -> dict[str, Any]:
    height, width = found.shape
    colors = len(found.palette)
    index_bits = height * width * math.ceil(math.log2(colors)) if colors > 1 else 0
    palette_bits = 8 * found.palette.colors.size
    bits = index_bits + palette_bits
    return {
        "input": name,
        "output": str(found.path),
        "width": width,
        "height": height,
        "colors": colors,
        "rate_weight": 0.0,
        "dither": found.dither,
        "input_bytes": found.input_bytes,
        "output_bytes": found.output_bytes,
        "original_bits": found.original_bits,
        "index_bits": index_bits,
        "palette_bits": palette_bits,
        "compressed_bits": bits,
        "ratio": bits / found.original_bits,
        **dict.fromkeys(("entropy_bits", "mse", "psnr", "ssimulacra2", "worst_local_error")),
        "seconds": round(seconds, 3),
    }


def _sentence(name: str, found: "LargeResult", seconds: float) -> str:
    height, width = found.shape
    before = "" if found.input_bytes is None else f"{found.input_bytes:,} bytes to "
    speed = height * width / 1e6 / max(seconds, 1e-3)
    return (
        f"{name}: {width:,} x {height:,}, {len(found.palette)} colours, "
        f"{before}{found.output_bytes:,} bytes in {seconds:.1f} s ({speed:.0f} MP/s): {found.path}"
    )

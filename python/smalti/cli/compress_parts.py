"""``smalti compress`` on images larger than memory, and into files that hold images of any size."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from smalti.batch.destination import Destination
from smalti.batch.paths import STANDARD, FilesRead, source_of
from smalti.batch.storage import storage_of
from smalti.bits import bits_per_index
from smalti.cli.console import Failures, print_json, print_note, print_notes
from smalti.cli.exit_codes import FAILED
from smalti.cli.options import destination_for, usage_errors
from smalti.cli.reporter import Reporter
from smalti.cli.workers import workers_of
from smalti.exceptions import InvalidParameterError
from smalti.options import CompressOptions
from smalti.parallel import Threads, Workers
from smalti.sources.note import UNREAD
from smalti.sources.tiles.open import by_parts

if TYPE_CHECKING:
    from smalti.scale.compress_large import LargeResult, Writing

__all__ = ["PartsRun"]

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
    scheduler : str or None
        The cluster that works instead.
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
    scheduler: str | None
    max_pixels: int | None
    json: bool
    quiet: bool

    def __call__(self) -> None:
        """Compress all inputs one after the other, and print what became of them."""
        _refuse_options()
        places = self._places()
        outputs = {name: places.of(name) for name in self.names}
        for output in outputs.values():
            self._check(output)
        failures = Failures()
        with workers_of(self.scheduler, self.jobs) as workers:
            for name, output in outputs.items():
                with failures.collected({"input": name} if self.json else None):
                    places.refuse_second(name)
                    self._compress(name, self._writing(output, workers), failures)
        failures.exit_if_any()

    def _places(self) -> Destination:
        """Return where outputs go; what cannot be is wrong usage."""
        if self.out == STANDARD:
            raise click.BadParameter("-o -: images are written by parts into files, not to stdout")
        return destination_for(self.out, self.ext or "-smalti.png", self.names)

    def _check(self, output: str) -> None:
        try:
            with usage_errors():
                self._writing(output, Threads(1)).check_options(self.options)
        except InvalidParameterError as error:
            raise click.BadParameter(f"-o {error}") from None

    def _writing(self, output: str, workers: Workers) -> "Writing":
        from smalti.scale.compress_large import Writing
        from smalti.scale.places.named import place_of

        return Writing(place_of(output), "0.4", self.overwrite, workers)

    def _compress(self, name: str, writing: "Writing", failures: Failures) -> None:
        from smalti.scale.compress_large import compress_parts

        output = writing.name
        FilesRead([(other, "the input") for other in self.names]).refuse(output)
        began = time.monotonic()
        try:
            with (
                storage_of(output).made(output),
                Reporter(enabled=not (self.json or self.quiet)) as reporter,
            ):
                reporter.start(name)
                writing.check(self.options)
                image = by_parts(source_of(name), max_pixels=self.max_pixels)
                found = compress_parts(image, self.options, writing, reporter.update)
        except KeyboardInterrupt:
            if writing.place.run_folder.exists():
                print_note(f"{output}: is not done; the same command goes on from there")
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
    index_bits = height * width * bits_per_index(len(found.palette))
    palette_bits = 8 * found.palette.colors.size
    return {
        "input": name,
        "output": str(found.path),
        "width": width,
        "height": height,
        "colors": len(found.palette),
        "rate_weight": 0.0,
        "dither": found.dither,
        "input_bytes": found.input_bytes,
        "output_bytes": found.output_bytes,
        "original_bits": found.original_bits,
        "index_bits": index_bits,
        "palette_bits": palette_bits,
        "compressed_bits": index_bits + palette_bits,
        "ratio": (index_bits + palette_bits) / found.original_bits,
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

"""What is done with one file: read, compress, choose the smaller, write, measure."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from smalti.batch.destination import Destination
from smalti.batch.figures import figures_of, original_figures
from smalti.batch.paths import STANDARD, source_of
from smalti.batch.result import FileResult
from smalti.batch.second_run import EarlierOutputs, is_done
from smalti.exceptions import ImageReadError, LargerError, SmaltiError
from smalti.formats.registry import format_named
from smalti.options import CompressOptions
from smalti.progress import Progress, tell
from smalti.sources.note import GROWN, KEPT, SKIPPED, Note

if TYPE_CHECKING:
    from smalti.images.never_larger import Smallest
    from smalti.sources.source_image import SourceImage

__all__ = ["Job", "Wishes"]


@dataclass(frozen=True)
class Wishes:
    """What is asked for beside options of the compressor."""

    inputs: tuple[str, ...]
    overwrite: bool
    skip_if_larger: bool
    measure: bool
    max_pixels: int | None


@dataclass(frozen=True)
class Job:
    """What is done with every input."""

    destination: Destination
    wishes: Wishes
    options: CompressOptions
    earlier: EarlierOutputs

    def run(self, name: str, progress: Progress) -> FileResult:
        """Compress one input. What is wrong with it is in the result."""
        try:
            reason = self._left_out(name)
            if reason is not None:
                note = Note(SKIPPED, f"{name}: {reason}")
                return FileResult(name, status="skipped", reason=reason, notes=(note,))
            return self._compressed(name, progress)
        except SmaltiError as error:
            return FileResult(name, error=error)
        except MemoryError:
            too_much = ImageReadError(f"{name}: there is not enough memory for this")
            return FileResult(name, error=too_much)

    def _left_out(self, name: str) -> str | None:
        """Return why an input of several is left out, if it is: an earlier run has seen to it."""
        inputs = self.wishes.inputs
        source = self.earlier.source_of(name)
        if source is not None:
            return (
                f"left out, it has the name of an output of {source}; to compress it, name it alone"
            )
        output = self.destination.of(name)
        if len(inputs) == 1 or self.wishes.overwrite:
            return None
        if self.destination.is_input(output) and self.earlier.source_of(output) is None:
            return None
        if is_done(name, output, format_named(self.options.format)):
            return f"left out, {output} exists already; to make it anew, use --force"
        return None

    def _compressed(self, name: str, progress: Progress) -> FileResult:
        from smalti.images.compress import compress
        from smalti.images.never_larger import smallest

        began = time.monotonic()
        output = self.destination.claim(name, overwrite=self.wishes.overwrite)
        source, original = _read(name, self.wishes.max_pixels)
        image = compress(source, options=self.options, progress=progress)
        data = image.to_bytes(self.options.format, progress=progress)
        if self.wishes.skip_if_larger and len(data) > len(original):
            sizes = _sizes(len(data), len(original))
            raise LargerError(f"{name}: would become larger and is not written: {sizes}")
        chosen = smallest(original, source, data, self.options.format)
        is_written, note = self._written(name, output, chosen, len(original))
        seconds = round(time.monotonic() - began, 4)
        figures: dict[str, Any] = {}
        if self.wishes.measure:
            tell(progress, "measure")
            figures = original_figures(source) if chosen.is_original else figures_of(image, source)
        return FileResult(
            name,
            output if is_written else None,
            status="kept" if chosen.is_original else "written",
            notes=source.notes if note is None else (*source.notes, note),
            input_bytes=len(original),
            output_bytes=len(chosen.data) if is_written else len(original),
            figures={**figures, "seconds": seconds},
        )

    def _written(
        self, name: str, output: str, chosen: "Smallest", input_bytes: int
    ) -> tuple[bool, Note | None]:
        """Write what was chosen. Return whether there was a need to, and what there is to tell."""
        name = "stdin" if name == STANDARD else name
        size = len(chosen.data)
        if chosen.is_original and size >= input_bytes and self.destination.is_beside:
            return False, Note(KEPT, f"{name}: already as small as it gets, nothing is written")
        self.destination.write(output, chosen.data, overwrite=self.wishes.overwrite)
        if chosen.is_original:
            return True, Note(KEPT, f"{name}: already as small as it gets, written as it is")
        if size <= input_bytes:
            return True, None
        written = "stdout" if output == STANDARD else output
        sizes, advice = _sizes(size, input_bytes), _advice(self.options, input_bytes)
        return True, Note(GROWN, f"{written}: is larger than {name}: {sizes}{advice}")


def _read(name: str, max_pixels: int | None) -> "tuple[SourceImage, bytes]":
    """Return the image of an input, and the contents of its file."""
    from smalti.sources import decode
    from smalti.sources.read import read_bytes
    from smalti.sources.reading import Reading

    data, called = read_bytes(source_of(name))
    return decode.from_bytes(data, Reading(called, max_pixels)), data


def _sizes(output_bytes: int, input_bytes: int) -> str:
    return f"{output_bytes:,} bytes instead of {input_bytes:,}"


def _advice(options: CompressOptions, input_bytes: int) -> str:
    """Return what makes the file smaller than with these options."""
    if options.format == "npz":
        return f"; fewer colours than {options.k} (-k) make it smaller"
    if options.max_bytes is not None:
        return "; a smaller --max-size makes it smaller"
    if options.quality is not None:
        return f"; a lower quality than -q {options.quality:g} makes it smaller"
    limit = f"--max-size {input_bytes}"
    return f"; for a file that is no larger use {limit}, or keep the other with --skip-if-larger"

"""What is done with one file: read, compress, choose the smaller, write, measure."""

import dataclasses
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from smalti.batch.destination import Destination
from smalti.batch.done import DoneBefore
from smalti.batch.expand import Item
from smalti.batch.figures import figures_of, original_figures, quality_figures
from smalti.batch.original import HAS_FRAMES, Original, too_little_memory
from smalti.batch.paths import STANDARD
from smalti.batch.result import FileResult
from smalti.batch.stage_clock import StageClock
from smalti.exceptions import ImageWriteError, LargerError, SmaltiError
from smalti.formats.marks import MOST_BYTES
from smalti.formats.registry import format_named, format_of_bytes
from smalti.options import CompressOptions
from smalti.parallel import PixelBudget, StoppedError
from smalti.progress import Progress, tell
from smalti.sources.note import GROWN, KEPT, SKIPPED, Note

if TYPE_CHECKING:
    from smalti.formats.png_chunks import Chunk
    from smalti.images.blocks.block_image import BlockImage
    from smalti.images.compressed_image import CompressedImage
    from smalti.images.never_larger import Smallest
    from smalti.sources.source_image import SourceImage

__all__ = ["Job", "Measure", "Wishes"]

Measure: TypeAlias = Literal["all", "quality", "nothing"]


@dataclass(frozen=True)
class Wishes:
    """What is asked for beside options of the compressor.

    Attributes
    ----------
    measure : {"all", "quality", "nothing"}
        Which figures there are; ``"quality"`` is SSIMULACRA2.
    resume : bool
        Whether files are marked, and those that are done are left out. Where a file replaces its
        input this is so in any case.
    shared_palette : bool
        Whether one palette is fitted to all inputs first.
    """

    overwrite: bool = False
    preserve: bool = False
    dry_run: bool = False
    skip_if_larger: bool = False
    strip: str = "safe"
    measure: Measure = "all"
    max_pixels: int | None = None
    resume: bool = True
    shared_palette: bool = False


@dataclass(frozen=True)
class _Made:
    """A compressed picture and its file."""

    image: "CompressedImage | BlockImage"
    data: bytes


@dataclass(frozen=True)
class Job:
    """What is done with every input."""

    destination: Destination
    wishes: Wishes
    options: CompressOptions
    done: DoneBefore

    def only(self, name: str) -> "Job":
        """Return what is done with one input, which is small enough to be sent."""
        done = self.done.only([name])
        return dataclasses.replace(self, destination=done.destination, done=done)

    def run(
        self, turn: int, item: Item, budget: PixelBudget, progress: Progress | None
    ) -> FileResult:
        """Compress one input. What is wrong with it is in the result."""
        clock = StageClock()

        def watched(stage: str, fraction: float) -> None:
            if budget.is_stopped:
                raise StoppedError
            clock.enter(stage)
            if progress is not None:
                progress(stage, fraction)

        if item.error is not None:
            return FileResult(item.name, error=item.error)
        if item.reason is not None:
            return _skipped(item.name, Note(SKIPPED, item.reason))
        try:
            result = self._seen_to(turn, item, budget, watched)
        except SmaltiError as error:
            return FileResult(item.name, error=error)
        except MemoryError:
            return FileResult(item.name, error=too_little_memory(item.name))
        if result.figures:
            result = dataclasses.replace(result, stages=clock.stopped())
        return result

    def _seen_to(
        self, turn: int, item: Item, budget: PixelBudget, progress: Progress
    ) -> FileResult:
        name = item.name
        resumes = self.wishes.resume or self.destination.replaces(name)
        if not resumes:
            # Before stdin is waited for.
            self.destination.claim(name, overwrite=self.wishes.overwrite)
        self.destination.refuse_second(name)
        self._tidy(name)
        original = Original.read(name)
        if resumes:
            note = self.done.note(original, is_found=item.is_found)
            if note is not None:
                return _skipped(name, note)
        if item.is_found and original.has_frames:
            return _skipped(name, Note(SKIPPED, HAS_FRAMES))
        try:
            self.destination.claim(name, overwrite=self.wishes.overwrite)
            with budget.admitted(turn, original.pixels):
                return self._compressed(item, original, resumes, progress)
        except ImageWriteError:
            note = self._done_meanwhile(item) if resumes else None
            if note is None:
                raise
            return _skipped(name, note)

    def _tidy(self, name: str) -> None:
        """Remove what a run that was killed has left where the output goes."""
        output = self.destination.of(name)
        if not self.wishes.dry_run:
            self.destination.tidy(output)

    def _done_meanwhile(self, item: Item) -> Note | None:
        """Return why an input need not be done any more: another run has done it meanwhile."""
        try:
            return self.done.note(Original.read(item.name), is_found=item.is_found)
        except SmaltiError:
            return None

    def _compressed(
        self, item: Item, original: Original, resumes: bool, progress: Progress
    ) -> FileResult:
        began = time.monotonic()
        name, before = item.name, len(original.data)
        source = original.decoded(self.wishes.max_pixels)
        image, chosen = self._chosen(original, source, resumes, progress)
        output, note = self._written(item, original, chosen)
        is_kept = chosen.is_original or output is None
        if resumes and is_kept and not self.wishes.dry_run:
            self.done.remember(name, chosen.data if chosen.is_original else original.data)
        seconds = round(time.monotonic() - began, 4)
        figures = self._figures(None if is_kept else image, source, progress)
        return FileResult(
            name,
            output,
            status="kept" if is_kept else "written",
            notes=source.notes if note is None else (*source.notes, note),
            input_bytes=before,
            output_bytes=before if output is None else len(chosen.data),
            figures={**figures, "seconds": seconds},
        )

    def _chosen(
        self, original: Original, source: "SourceImage", resumes: bool, progress: Progress
    ) -> "tuple[CompressedImage | BlockImage | None, Smallest]":
        """Return the picture that was made, if one was, and what to write."""
        from smalti.images.never_larger import Smallest, smallest

        if resumes and self.done.is_to_be_copied(original):
            return None, Smallest(original.data, is_original=True)
        made, before = self._made(original, source, resumes, progress), len(original.data)
        if self.wishes.skip_if_larger and len(made.data) > before:
            sizes = _sizes(len(made.data), before)
            raise LargerError(f"{original.name}: would become larger and is not written: {sizes}")
        if self.options.palette is not None and not made.image._shows(source):
            # The palette is what is asked for, whatever the length.
            return made.image, Smallest(made.data, is_original=False)
        chosen = smallest(original.data, source, made.data, self.options.format, self.wishes.strip)
        if resumes and chosen.is_original:
            chosen = self._marked_if_there_is_room(original, chosen)
        return made.image, chosen

    def _made(
        self,
        original: Original,
        source: "SourceImage",
        resumes: bool,
        progress: Progress,
    ) -> _Made:
        """Compress a picture and encode it, with what its file says beside the pixels."""
        from smalti.images.compress import compress

        form = format_named(self.options.format)
        chunks = original.metadata(self.wishes.strip) if form.name == "png" else []
        options = self._with_room(chunks, resumes)
        image = compress(source, options=options, progress=progress)
        data = image.to_bytes(form.name, progress=progress)
        if chunks:
            from smalti.formats.png_chunks import with_chunks

            data = with_chunks(data, chunks)
        if resumes:
            data = self.done.marker_for(original).put_into(data, form)
        return _Made(image, data)

    def _marked_if_there_is_room(self, original: Original, chosen: "Smallest") -> "Smallest":
        """Return an original with a marker, if more bytes were removed from it."""
        form = format_named(self.options.format)
        marked = self.done.marker_for(original).put_into(chosen.data, form)
        if len(marked) >= len(original.data):
            return chosen
        return dataclasses.replace(chosen, data=marked)

    def _with_room(self, chunks: "list[Chunk]", resumes: bool) -> CompressOptions:
        """Return options that leave room for what is put into the file."""
        if self.options.max_bytes is None:
            return self.options
        more = sum(len(chunk.to_bytes()) for chunk in chunks) + (MOST_BYTES if resumes else 0)
        return dataclasses.replace(self.options, max_bytes=max(self.options.max_bytes - more, 1))

    def _written(
        self, item: Item, original: Original, chosen: "Smallest"
    ) -> tuple[str | None, Note | None]:
        """Write what was chosen. Return where, if anywhere, and what there is to tell."""
        name = "stdin" if item.name == STANDARD else item.name
        size, before = len(chosen.data), len(original.data)
        if chosen.is_original and size >= before and self._stays(item.name):
            return None, Note(KEPT, f"{name}: already as small as it gets, nothing is written")
        form = format_named(self.options.format)
        is_found = item.is_found and self.options.palette is None
        if is_found and size > before and format_of_bytes(original.data) is not form:
            sizes = _sizes(size, before)
            return None, Note(
                KEPT, f"{name}: would become larger as {form.title}, nothing is written: {sizes}"
            )
        output = self.destination.of(item.name)
        if not self.wishes.dry_run:
            is_replaced = self.destination.replaces(item.name)
            self.destination.write(
                output,
                chosen.data,
                overwrite=self.wishes.overwrite,
                finish=original.finish(replaced=is_replaced, preserve=self.wishes.preserve),
            )
        if chosen.is_original:
            return output, Note(KEPT, f"{name}: already as small as it gets, written as it is")
        if size <= before:
            return output, None
        written = "stdout" if output == STANDARD else output
        sizes, advice = _sizes(size, before), _advice(self.options, before)
        return output, Note(GROWN, f"{written}: is larger than {name}: {sizes}{advice}")

    def _stays(self, name: str) -> bool:
        """Whether an input that does not become smaller can stay where it is."""
        return self.destination.is_beside or self.destination.replaces(name)

    def _figures(
        self,
        image: "CompressedImage | BlockImage | None",
        source: "SourceImage",
        progress: Progress,
    ) -> dict[str, Any]:
        """Return figures of a picture, or of the original if that is what there is."""
        if self.wishes.measure == "nothing":
            height, width, _ = source.shape
            return {"width": width, "height": height}
        tell(progress, "measure")
        if self.wishes.measure == "quality":
            return quality_figures(image, source)
        return original_figures(source) if image is None else figures_of(image, source)


def _skipped(name: str, reason: Note) -> FileResult:
    """Return the result of what is left out for a reason, without the name in it."""
    note = Note(reason.kind, f"{name}: {reason.text}")
    return FileResult(name, status="skipped", reason=reason.text, notes=(note,))


def _sizes(output_bytes: int, input_bytes: int) -> str:
    return f"{output_bytes:,} bytes instead of {input_bytes:,}"


def _advice(options: CompressOptions, input_bytes: int) -> str:
    """Return what makes the file smaller than with these options."""
    if options.format == "npz":
        option = " (-k)" if options.palette is None else ""
        return f"; fewer colours than {options.colors}{option} make it smaller"
    if options.max_bytes is not None:
        return "; a smaller --max-size makes it smaller"
    if options.quality is not None:
        return f"; a lower quality than -q {options.quality:g} makes it smaller"
    limit = f"--max-size {input_bytes}"
    return f"; for a file that is no larger use {limit}, or keep the other with --skip-if-larger"

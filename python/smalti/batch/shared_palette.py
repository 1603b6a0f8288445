"""One palette for many files: their colours are counted, several files at a time."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from smalti.batch.expand import Item
from smalti.batch.original import Original
from smalti.batch.parallel import PixelBudget, StoppedError, in_order
from smalti.exceptions import SmaltiError
from smalti.images.fit_palette import ColorSum
from smalti.options import CompressOptions
from smalti.progress import Progress
from smalti.sources.note import Note

__all__ = ["Counted", "counted", "with_shared_palette"]


@dataclass(frozen=True)
class Counted:
    """What became of one file.

    Attributes
    ----------
    name : str
    notes : tuple of Note
        What there is to tell of it.
    error : SmaltiError or None
        Why it could not be read.
    is_in : bool
        Whether its colours count.
    """

    name: str
    notes: tuple[Note, ...] = ()
    error: SmaltiError | None = None
    is_in: bool = False


def counted(
    items: Sequence[Item],
    colors: ColorSum,
    *,
    jobs: int,
    max_pixels: int | None = None,
    progress: Progress | None = None,
) -> Generator[Counted, None, None]:
    """Add the colours of files to a sum, and yield what became of each in their order.

    Files that are left out of the run do not count, nor animations and stacks that were found in
    folders. To close the iterator ends all work soon.
    """

    def work(turn: int, item: Item, budget: PixelBudget) -> Counted:
        def watched(stage: str, fraction: float) -> None:
            if budget.is_stopped:
                raise StoppedError
            if progress is not None:
                progress(stage, fraction)

        if not item.is_open:
            return Counted(item.name, error=item.error)
        try:
            original = Original.read(item.name)
            if item.is_found and original.has_frames:
                return Counted(item.name)
            with budget.admitted(turn, original.pixels):
                source = original.decoded(max_pixels)
                colors.add(source, progress=watched)
            return Counted(item.name, source.notes, is_in=True)
        except SmaltiError as error:
            return Counted(item.name, error=error)

    return in_order(items, work, jobs)


def with_shared_palette(
    items: Sequence[Item],
    options: CompressOptions,
    *,
    jobs: int,
    max_pixels: int | None = None,
    progress: Progress | None = None,
) -> CompressOptions:
    """Return options with the palette that fits all files; as they are if none can be read."""
    colors = ColorSum()
    # What is wrong with a file is told when it is to be compressed.
    for _ in counted(items, colors, jobs=jobs, max_pixels=max_pixels, progress=progress):
        pass
    if colors.is_empty:
        return options
    palette = colors.palette(options, progress=progress)
    return replace(options, k=len(palette), keep_colors=(), palette=tuple(palette))

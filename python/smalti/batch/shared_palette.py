"""One palette for many files: their colours are counted, several files at a time."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from smalti.batch.expand import Item
from smalti.batch.original import HAS_FRAMES, Original, too_little_memory
from smalti.batch.parallel import PixelBudget, StoppedError, in_order
from smalti.exceptions import SmaltiError
from smalti.images.fit_palette import ColorSum
from smalti.images.palette import Palette
from smalti.options import CompressOptions
from smalti.progress import Progress
from smalti.sources.note import Note

__all__ = ["Counted", "Counting"]


@dataclass(frozen=True)
class Counted:
    """What became of one file.

    Attributes
    ----------
    name : str
    notes : tuple of Note
        What there is to tell of it.
    reason : str or None
        Why it does not count.
    error : SmaltiError or None
        Why it could not be read.
    """

    name: str
    notes: tuple[Note, ...] = ()
    reason: str | None = None
    error: SmaltiError | None = None


class Counting:
    """Adds up the colours of many files.

    Files that are left out of the run do not count, nor animations and stacks that were found in
    folders.

    Parameters
    ----------
    items : sequence of Item
    jobs : int
        Files at the same time.
    max_pixels : int or None
        Pixels that a file may have: see `smalti.read`.
    progress : callable or None
        Called with the stage of a file and its done fraction; raise to stop.
    """

    def __init__(
        self,
        items: Sequence[Item],
        jobs: int,
        max_pixels: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._items = items
        self._jobs = jobs
        self._max_pixels = max_pixels
        self._progress = progress
        self._colors = ColorSum()

    def results(self) -> Generator[Counted, None, None]:
        """Count, and yield what became of each file in their order.

        To close the iterator ends all work soon.
        """
        return in_order(self._items, self._counted, self._jobs)

    def palette(self, options: CompressOptions) -> Palette | None:
        """Return a palette that fits all files; None if none could be read."""
        return None if self._colors.is_empty else self._colors.palette(options)

    def shared(self, options: CompressOptions) -> CompressOptions:
        """Return options with that palette; as they are if there is none."""
        palette = self.palette(options)
        if palette is None:
            return options
        return replace(options, k=len(palette), keep_colors=(), palette=tuple(palette))

    def _counted(self, turn: int, item: Item, budget: PixelBudget) -> Counted:
        def watched(stage: str, fraction: float) -> None:
            if budget.is_stopped:
                raise StoppedError
            if self._progress is not None:
                self._progress(stage, fraction)

        if not item.is_open:
            return Counted(item.name, reason=item.reason, error=item.error)
        try:
            original = Original.read(item.name)
            if item.is_found and original.has_frames:
                return Counted(item.name, reason=HAS_FRAMES)
            with budget.admitted(turn, original.pixels):
                source = original.decoded(self._max_pixels)
                self._colors.add(source, progress=watched)
            return Counted(item.name, source.notes)
        except SmaltiError as error:
            return Counted(item.name, error=error)
        except MemoryError:
            return Counted(item.name, error=too_little_memory(item.name))

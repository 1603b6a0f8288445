"""One palette for many files: their colours are counted, several files at a time."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from smalti import _core
from smalti.batch.done import DoneBefore
from smalti.batch.expand import Item
from smalti.batch.marker import marker_of_file
from smalti.batch.original import HAS_FRAMES, Original, too_little_memory
from smalti.batch.paths import STANDARD
from smalti.colors import Color
from smalti.exceptions import ImageWriteError, SmaltiError
from smalti.images.color_sum import ColorSum
from smalti.images.palette import Palette
from smalti.options import CompressOptions
from smalti.parallel import PixelBudget, StoppedError, Threads, Workers, in_order
from smalti.progress import Progress
from smalti.sources.note import DONE, FRAMES, Note
from smalti.sources.tiles.open import is_likely_by_parts, is_read_by_parts, opened_by_parts

if TYPE_CHECKING:
    from smalti.sources.tiles.tiled_image import TiledImage

__all__ = ["Counted", "Counting"]

# Files that a worker counts at a time.
_GROUP = 16


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
    folders. Of files that earlier runs have done the outputs stay as they are: a palette for the
    others holds their colours.

    Parameters
    ----------
    items : sequence of Item
    jobs : int
        Files at the same time.
    max_pixels : int or None
        Pixels that a file may have: see `smalti.read`.
    progress : callable or None
        Called with the stage of a file and its done fraction; raise to stop.
    done : DoneBefore or None
        What earlier runs have done, if that matters.
    workers : Workers or None
        Who counts instead of threads: those of a cluster.
    """

    def __init__(
        self,
        items: Sequence[Item],
        jobs: int,
        max_pixels: int | None = None,
        progress: Progress | None = None,
        *,
        done: DoneBefore | None = None,
        workers: Workers | None = None,
    ) -> None:
        self._workers = workers
        self._items = items
        self._jobs = jobs
        self._max_pixels = max_pixels
        self._progress = progress
        self._done = done
        self._outputs: set[str] = set()
        self._colors = ColorSum()

    def results(self) -> Generator[Counted, None, None]:
        """Count, and yield what became of each file in their order.

        To close the iterator ends all work soon.
        """
        if self._workers is not None:
            return self._counted_elsewhere(self._workers)
        return in_order(self._items, self._counted, min(self._jobs, max(len(self._items), 1)))

    def run(self, counted: Callable[[int], None] | None = None) -> None:
        """Count all files; `counted` is called with their number. What is wrong is not told."""
        with closing(self.results()) as results:
            for number, _ in enumerate(results, 1):
                if counted is not None:
                    counted(number)

    @property
    def is_partly_done(self) -> bool:
        """Whether earlier runs have done some of the files, but not all."""
        return bool(self._outputs) and not self._colors.is_empty

    def palette(self, options: CompressOptions) -> Palette | None:
        """Return a palette that fits all files; None if none could be read."""
        return None if self._colors.is_empty else self._colors.palette(options)

    def shared(self, options: CompressOptions) -> CompressOptions:
        """Return options with a palette for all files; as they are if none is to be compressed.

        Raises
        ------
        ImageWriteError
            If outputs of earlier runs have more colours together than the palette.
        """
        if self._colors.is_empty:
            return options
        kept = {*options.keep_colors, *self._colors_of_outputs()}  # type: ignore[misc]
        if len(kept) > options.k:
            raise ImageWriteError(
                f"the outputs of earlier runs have {len(kept)} colours together, more than "
                f"k={options.k}: for one palette remove them, or name another folder"
            )
        palette = self._colors.palette(replace(options, keep_colors=tuple(sorted(kept))))
        return replace(options, k=len(palette), keep_colors=(), palette=tuple(palette))

    def _colors_of_outputs(self) -> Iterator[Color]:
        """Yield the colours of what earlier runs have written."""
        for output in sorted(self._outputs):
            # Who removes an output meanwhile does not want its colours.
            with suppress(SmaltiError):
                source = Original.read(output).decoded(self._max_pixels)
                colors, _ = _core.distinct_colors(source._as_made("pixels"))
                yield from (Color(*color).as_seen for color in colors.tolist())

    def _is_done(self, original: Original, item: Item) -> bool:
        """Whether a file is left out, for it is done or its output is not to be replaced."""
        if self._done is None:
            return False
        try:
            note = self._done.note(original, is_found=item.is_found)
        except ImageWriteError:
            return True
        output = self._done.destination.of(item.name)
        # What another program wrote has other colours.
        if note is not None and note.kind == DONE and marker_of_file(output) is not None:
            self._outputs.add(output)
        return note is not None

    def _counted_elsewhere(self, workers: Workers) -> Generator[Counted, None, None]:
        """Let others count, each some files at a time, and all of them the parts of a large one."""
        large = {
            item.name
            for item in self._items
            if self._done is None and item.is_open and self._is_large(item.name)
        }
        found = {
            item.name: self._counted(0, item, PixelBudget())
            for item in self._items
            if item.name in large
        }
        files = [item for item in self._items if item.name not in large]
        groups = [files[first : first + _GROUP] for first in range(0, len(files), _GROUP)]
        lost: list[Item] = []
        for sums in workers.map(_count_share, map(self._share, groups), _lost):
            found |= self._added(sums)
            lost += sums.lost
        # Among files that were counted together one has cost the workers.
        alone = (self._share([item]) for item in lost)
        for sums in workers.map(_count_share, alone, _failed):
            found |= self._added(sums)
        for item in self._items:
            yield found[item.name]

    def _is_large(self, name: str) -> bool:
        # Only files that are called so are looked into: there may be very many.
        return is_likely_by_parts(name) and is_read_by_parts(name, self._max_pixels)

    def _share(self, items: Sequence[Item]) -> "_Share":
        done = self._done and self._done.only(item.name for item in items)
        return _Share(items, self._max_pixels, done)

    def _added(self, sums: "_Sums") -> dict[str, Counted]:
        """Add what was counted elsewhere, and return what became of each file."""
        self._colors.add_bytes(sums.colors)
        self._outputs |= sums.outputs
        return {result.name: result for result in sums.results}

    def _counted(self, turn: int, item: Item, budget: PixelBudget) -> Counted:
        def watched(stage: str, fraction: float) -> None:
            if budget.is_stopped:
                raise StoppedError
            if self._progress is not None:
                self._progress(stage, fraction)

        if not item.is_open:
            return Counted(item.name, reason=item.reason, error=item.error)
        try:
            is_whole = self._done is not None or item.name == STANDARD
            parts = None if is_whole else opened_by_parts(item.name, max_pixels=self._max_pixels)
            if parts is None:
                return self._counted_whole(turn, item, budget, watched)
            # It takes little memory, however large it is.
            budget.pass_by(turn)
            return self._counted_by_parts(parts, item, watched)
        except SmaltiError as error:
            return Counted(item.name, error=error)
        except MemoryError:
            return Counted(item.name, error=too_little_memory(item.name))

    def _counted_by_parts(self, parts: "TiledImage", item: Item, progress: Progress) -> Counted:
        if item.is_found and any(note.kind == FRAMES for note in parts.notes):
            return Counted(item.name, reason=HAS_FRAMES)
        # Several images are counted at a time, or several parts of one.
        workers = self._workers or Threads(self._jobs if len(self._items) == 1 else 1)
        self._colors.add_parts(parts, workers=workers, progress=progress)
        return Counted(item.name, parts.all_notes())

    def _counted_whole(
        self, turn: int, item: Item, budget: PixelBudget, progress: Progress
    ) -> Counted:
        original = Original.read(item.name)
        if self._is_done(original, item):
            return Counted(item.name)
        if item.is_found and original.has_frames:
            return Counted(item.name, reason=HAS_FRAMES)
        with budget.admitted(turn, original.pixels):
            source = original.decoded(self._max_pixels)
            self._colors.add(source, progress=progress)
            return Counted(item.name, source.notes)


@dataclass(frozen=True)
class _Share:
    """Files that a worker counts."""

    items: Sequence[Item]
    max_pixels: int | None
    done: DoneBefore | None


@dataclass(frozen=True)
class _Sums:
    """What was counted in files, outputs of earlier runs, and what is to be tried again."""

    results: Sequence[Counted] = ()
    colors: bytes = b""
    outputs: frozenset[str] = frozenset()
    lost: Sequence[Item] = ()


def _count_share(share: _Share) -> _Sums:
    """Count some files, on a worker."""
    counting = Counting(share.items, 1, share.max_pixels, done=share.done)
    results = tuple(counting.results())
    return _Sums(results, counting._colors.to_bytes(), frozenset(counting._outputs))


def _lost(share: _Share, _error: SmaltiError) -> _Sums:
    """Return what is told of files with which workers were lost."""
    return _Sums(lost=share.items)


def _failed(share: _Share, error: SmaltiError) -> _Sums:
    """Return the same of a file alone: it counts as one that cannot be read."""
    return _Sums(tuple(Counted(item.name, error=error.of(item.name)) for item in share.items))

"""The second pass: every window is read, labelled and written, several at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from numpy.typing import NDArray

from smalti.parallel import each
from smalti.progress import Progress, tell
from smalti.scale.label_store import LabelStore
from smalti.scale.partial_run import PartialRun
from smalti.sources.source_image import Pixels
from smalti.sources.tiles.tiled_image import TiledImage
from smalti.sources.tiles.window import Window

__all__ = ["Labeler", "Pass", "Watcher"]


class Labeler(Protocol):
    """What labels the pixels of a window; several threads call it."""

    @property
    def reach(self) -> int:
        """How many rows and columns around a window it looks at."""

    def __call__(self, pixels: Pixels, window: Window, /) -> NDArray[Any]:
        """Return the labels of pixels, shape (h, w), those of a window grown by the reach."""


Watcher = Callable[[Window, Pixels], None]
"""Is shown the pixels of every window, once."""


@dataclass(frozen=True)
class Pass:
    """Labels an image window by window.

    Attributes
    ----------
    image : TiledImage
    labeler : Labeler
    store : LabelStore
    run : PartialRun
        What is done already.
    watch : callable
        Called with each window and its pixels.
    """

    image: TiledImage
    labeler: Labeler
    store: LabelStore
    run: PartialRun
    watch: Watcher

    def __call__(self, jobs: int, progress: Progress | None) -> None:
        """Label what is missing on so many threads, and make the pyramid."""
        windows = self.store.windows
        missing = [number for number in range(len(windows)) if number not in self.run.done]
        written = len(windows) - len(missing)

        def heard(share: float) -> None:
            tell(progress, "labels", (written + round(share * len(missing))) / len(windows))

        each(missing, self._label, jobs, heard)
        self.store.write_upper_levels(jobs, partial(tell, progress, "pyramid"))

    def _label(self, number: int) -> None:
        window = self.store.windows[number]
        larger = window.grown(self.labeler.reach, self.image.shape)
        pixels = self.image.region(larger)
        labels = self.labeler(pixels, larger)
        self.store.write(window, labels[window.within(larger)])
        self.watch(window, pixels[window.within(larger)])
        # What could not be read is tried again by a run that goes on, and told.
        if not self.image.has_failed_in(larger):
            self.run.mark(number)

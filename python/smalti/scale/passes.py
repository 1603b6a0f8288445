"""The second pass: every window is read, labelled and written, several at a time."""

from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from smalti.parallel import Workers, each
from smalti.progress import Progress, tell
from smalti.scale.densities import Densities
from smalti.scale.label_store import LabelStore
from smalti.scale.overview import Overview, small_copy
from smalti.scale.partial_run import PartialRun
from smalti.scale.pyramid_store import within
from smalti.sources.source_image import Pixels
from smalti.sources.tiles.tiled_image import TiledImage, Unread
from smalti.sources.tiles.window import Window

__all__ = ["Labeler", "Pass", "label_all"]


class Labeler(Protocol):
    """What labels the pixels of a window; several threads call it."""

    @property
    def reach(self) -> int:
        """How many rows and columns around a window it looks at."""

    def __call__(self, pixels: Pixels, window: Window, /) -> NDArray[Any]:
        """Return the labels of pixels, shape (h, w), those of a window grown by the reach."""


class Written(NamedTuple):
    """What there is to tell of a window that is written.

    Attributes
    ----------
    number : int
    small : uint8 array, shape (h, w, 3), or None
        Its part of the overview, if there is one.
    unread : list of Unread
        What of its pixels, and of those around them, could not be read.
    """

    number: int
    small: NDArray[np.uint8] | None
    unread: list[Unread]


@dataclass(frozen=True)
class Pass:
    """Labels windows of an image; another process can do it, too.

    Attributes
    ----------
    image : TiledImage
    labeler : Labeler
    store : LabelStore
    halvings : int or None
        How often sides are halved for the overview; None without one.
    densities : Densities or None
        Writes the densities of stains, too.
    """

    image: TiledImage
    labeler: Labeler
    store: LabelStore
    halvings: int | None = None
    densities: Densities | None = None

    def __call__(self, number: int) -> Written:
        """Label a window, and write its labels."""
        window = self.store.windows[number]
        larger = window.grown(self.labeler.reach, self.image.shape)
        pixels = self.image.region(larger)
        labels = self.labeler(pixels, larger)
        self.store.write(window, labels[window.within(larger)])
        if self.densities is not None:
            self.densities.write(window, pixels[window.within(larger)])
        small = None
        if self.halvings is not None:
            small = small_copy(pixels[window.within(larger)], self.halvings)
        return Written(number, small, self.image.unread_in(larger))


def label_all(
    work: Pass,
    run: PartialRun,
    workers: Workers,
    progress: Progress | None,
    overview: Overview | None = None,
) -> None:
    """Label what a run has not labelled yet, and make the pyramids.

    Parameters
    ----------
    work : Pass
    run : PartialRun
        What is done already.
    workers : Workers
    progress : callable or None
    overview : Overview, optional
        Gets a small copy of every window.
    """
    store = work.store
    total = len(store.windows)
    missing = [number for number in range(total) if number not in run.done]

    def heard(share: float) -> None:
        tell(progress, "labels", (total - len(missing) + round(share * len(missing))) / total)

    for written in each(missing, work, workers, heard):
        if overview is not None and written.small is not None:
            overview.write(store.windows[written.number], written.small)
        work.image.add_unread(written.unread)
        # What could not be read is tried again by a run that goes on, and told.
        if not written.unread:
            run.mark(written.number)
    stores = [store] if work.densities is None else [store, work.densities.store]
    for number, each_store in enumerate(stores):
        told = within(partial(tell, progress, "pyramid"), number / len(stores), 1 / len(stores))
        each_store.write_upper_levels(workers, told)

"""What the writers of label maps are handed."""

from collections.abc import Callable
from typing import NamedTuple

from smalti.images.palette import Palette
from smalti.scale.label_store import LabelStore

__all__ = ["Labelled"]


class Labelled(NamedTuple):
    """What is to be written.

    Attributes
    ----------
    store : LabelStore
        Indices, counted from the kind's first.
    palette : Palette
    pixel_size : float or None
        Side of a pixel in micrometres.
    jobs : int
        Threads.
    tell : callable
        Hears the done share.
    """

    store: LabelStore
    palette: Palette
    pixel_size: float | None
    jobs: int
    tell: Callable[[float], None]

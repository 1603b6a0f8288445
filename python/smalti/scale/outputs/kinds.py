"""The kinds of files that hold a label map of any size."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from smalti.exceptions import InvalidParameterError
from smalti.images.palette import Palette
from smalti.scale.label_store import LabelStore
from smalti.scale.outputs.ome_zarr import describe
from smalti.scale.outputs.palette_tiff import write_palette_tiff
from smalti.scale.outputs.streamed_png import MAX_SIDE, write_png

__all__ = ["KINDS", "Kind", "Labelled", "kind_of"]


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


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes
    ----------
    title : str
        What sentences call it.
    suffixes : tuple of str
        Endings of names, in lower case.
    first : int
        The number of the first colour.
    max_colors : int
    holds_alpha : bool
    max_side : int or None
        The most rows or columns.
    write : callable or None
        Writes a label map to a path; None if the store is the file.
    """

    title: str
    suffixes: tuple[str, ...]
    first: int
    max_colors: int
    holds_alpha: bool
    max_side: int | None
    write: Callable[[Labelled, Path], None] | None

    @property
    def needs_tifffile(self) -> bool:
        """Whether tifffile writes it."""
        return self.write is _tiff

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of files."""
        return self.write is None


def finish_ome_zarr(labelled: Labelled) -> None:
    """Write what OME-Zarr says of a store."""
    palette = labelled.palette
    describe(
        labelled.store,
        names=palette.hex,
        colors=palette.colors,
        pixel_size=labelled.pixel_size,
    )


def _tiff(labelled: Labelled, path: Path) -> None:
    write_palette_tiff(
        labelled.store,
        np.asarray(labelled.palette.colors),
        path,
        pixel_size=labelled.pixel_size,
        jobs=labelled.jobs,
        tell=labelled.tell,
    )


def _png(labelled: Labelled, path: Path) -> None:
    write_png(
        labelled.store,
        np.asarray(labelled.palette.colors),
        path,
        pixel_size=labelled.pixel_size,
        tell=labelled.tell,
    )


KINDS = (
    Kind("OME-Zarr", (".ome.zarr", ".zarr"), 1, 65_535, True, None, None),
    Kind("a palette TIFF", (".tif", ".tiff"), 0, 256, False, 2**31 - 1, _tiff),
    Kind("PNG", (".png",), 0, 256, True, MAX_SIDE, _png),
)


def kind_of(name: str) -> Kind:
    """Return the kind that the ending of a name stands for.

    Raises
    ------
    InvalidParameterError
        If it stands for none.
    """
    lower = name.lower()
    for kind in KINDS:
        if lower.endswith(kind.suffixes):
            return kind
    listed = ", ".join(suffix for kind in KINDS for suffix in kind.suffixes)
    raise InvalidParameterError(
        f"the ending of an image that is written by parts must be one of {listed}, got {name!r}"
    )

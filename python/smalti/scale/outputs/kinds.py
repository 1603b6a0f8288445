"""The kinds of files that hold a label map of any size."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from smalti.exceptions import InvalidParameterError
from smalti.scale.outputs.labelled import Labelled
from smalti.scale.outputs.ome_zarr import describe
from smalti.scale.outputs.palette_tiff import write_palette_tiff
from smalti.scale.outputs.streamed_png import MAX_SIDE, write_png

__all__ = ["KINDS", "Kind", "describe_palette", "kind_of"]


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
        return self.write is write_palette_tiff

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder of files."""
        return self.write is None


def describe_palette(labelled: Labelled) -> None:
    """Write what OME-Zarr says of labels that are colours."""
    palette = labelled.palette
    describe(
        labelled.store, names=palette.hex, colors=palette.colors, pixel_size=labelled.pixel_size
    )


KINDS = (
    Kind(
        title="OME-Zarr",
        suffixes=(".ome.zarr", ".zarr"),
        first=1,
        max_colors=65_535,
        holds_alpha=True,
        max_side=None,
        write=None,
    ),
    Kind(
        title="a palette TIFF",
        suffixes=(".tif", ".tiff"),
        first=0,
        max_colors=256,
        holds_alpha=False,
        max_side=2**31 - 1,
        write=write_palette_tiff,
    ),
    Kind(
        title="PNG",
        suffixes=(".png",),
        first=0,
        max_colors=256,
        holds_alpha=True,
        max_side=MAX_SIDE,
        write=write_png,
    ),
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
        f"{name}: the ending of an image that is written by parts must be one of {listed}"
    )

"""The colours of images, counted by whoever has them.

Every task counts some chunks or files and returns its sum as bytes; sums are added up in a tree.
Counts are whole numbers, so that neither order nor tree makes a difference.
"""

import os
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from dask.base import is_dask_collection
from dask.core import flatten
from dask.delayed import Delayed
from numpy.typing import NDArray

from smalti.contents import read_bytes
from smalti.dask.graph import Layer
from smalti.dask.parcels import opened, packed
from smalti.dask.picture import Picture, color_array, pixels_of
from smalti.images.color_sum import ColorSum, count_parts, in_groups
from smalti.sources.note import Note
from smalti.sources.read import read
from smalti.sources.source_image import Pixels, SourceImage
from smalti.sources.tiles.open import by_parts, is_read_by_parts
from smalti.sources.tiles.tiled_image import TiledImage, Unread
from smalti.sources.tiles.window import Window
from smalti.urls import absolute

__all__ = ["Counted", "Counting", "Stack", "counted", "sum_of"]

# Tasks that files are shared out to, and files of one, at most.
_TASKS, _MOST_FILES = 256, 64


class Counted(NamedTuple):
    """What has been counted.

    Attributes
    ----------
    colors : bytes
        What `ColorSum.to_bytes` returns.
    notes : tuple of Note
        What there is to tell of the images.
    unread : tuple of (str, Unread)
        The parts of images that could not be read.
    """

    colors: bytes
    notes: tuple[Note, ...] = ()
    unread: tuple[tuple[str, Unread], ...] = ()


def counted(picture: Picture) -> Delayed:
    """Return the `Counted` colours of one picture."""
    counting = Counting([(picture, 1.0)], has_weights=False, max_pixels=None)
    return counting.sum()


def sum_of(data: Sequence[bytes], *, has_weights: bool = False) -> ColorSum:
    """Return the sum of colours that were packed."""
    colors = ColorSum(has_weights=has_weights)
    for each in data:
        colors.add_bytes(each)
    return colors


class Stack(NamedTuple):
    """An array of many pictures, shape (N, H, W, C)."""

    array: Any


class Counting:
    """Tasks that count the colours of images.

    Parameters
    ----------
    images : sequence of (image, float)
        Pictures, stacks, arrays of dask, and anything that `smalti.read` takes, each with its
        weight.
    has_weights : bool
        Whether weights are used.
    max_pixels : int or None
        As of `smalti.read`.

    Attributes
    ----------
    parts : dict of str to TiledImage
        The images that are read by parts, by their names.
    """

    def __init__(
        self, images: Sequence[tuple[Any, float]], *, has_weights: bool, max_pixels: int | None
    ) -> None:
        self.parts: dict[str, TiledImage] = {}
        self._has_weights = has_weights
        self._max_pixels = max_pixels
        told = [(each.token if isinstance(each, Picture) else each, of) for each, of in images]
        self._layer = Layer("colors", told, has_weights, max_pixels)
        self._keys: list[Any] = []
        self._files: list[tuple[Any, float]] = []
        self._most_files = min(max(len(images) // _TASKS, 1), _MOST_FILES)
        for image, weight in images:
            self._add(image, weight)
        self._add_files()

    def sum(self) -> Delayed:
        """Return what is `Counted` in all images."""
        return self._layer.merged(self._keys, partial(_merged, has_weights=self._has_weights))

    def _add(self, image: Any, weight: float) -> None:
        name = os.fspath(image) if isinstance(image, str | os.PathLike) else None
        if isinstance(image, Stack):
            self._add_stack(image.array, weight)
        elif isinstance(image, Picture) or is_dask_collection(image):
            self._add_picture(image if isinstance(image, Picture) else Picture(image), weight)
        elif name is not None and is_read_by_parts(name, self._max_pixels):
            self._add_parts(name, weight)
        elif name is not None:
            # Workers are at work in folders of their own.
            self._add_file(absolute(name), weight)
        elif hasattr(image, "read"):
            # Open files cannot be sent.
            self._add_file(read_bytes(image)[0], weight)
        else:
            self._add_file(image, weight)

    def _key(self) -> Any:
        self._keys.append((self._layer.name, len(self._keys)))
        return self._keys[-1]

    def _add_file(self, file: Any, weight: float) -> None:
        self._files.append((file, weight))
        if len(self._files) == self._most_files:
            self._add_files()

    def _add_picture(self, picture: Picture, weight: float) -> None:
        self._add_files()
        self._layer.need(*picture.arrays)
        work = partial(_count_pixels, weight, self._has_weights)
        for row in picture.chunk_rows:
            for window in row:
                self._layer.add_work(self._key(), picture, window, work)

    def _add_stack(self, array: Any, weight: float) -> None:
        self._add_files()
        array = color_array(array, several=True)
        self._layer.need(array)
        work = partial(_count_stack, weight, self._has_weights)
        for key in flatten(array.__dask_keys__()):
            self._layer.tasks[self._key()] = (work, key)

    def _add_files(self) -> None:
        if self._files:
            work = partial(_count_files, self._files, self._has_weights, self._max_pixels)
            self._layer.tasks[self._key()] = (work,)
            self._files = []

    def _add_parts(self, name: str, weight: float) -> None:
        self._add_files()
        times = ColorSum(has_weights=self._has_weights).times(weight)
        if not times:
            return
        image = by_parts(name, max_pixels=self._max_pixels)
        self.parts[name] = image
        parcel = packed(image)
        for windows in in_groups(image):
            self._layer.tasks[self._key()] = (partial(_count_parts, parcel, times, windows),)


def _count_pixels(
    weight: float, has_weights: bool, pixels: Pixels, _larger: Window, _window: Window
) -> Counted:
    colors = ColorSum(has_weights=has_weights)
    colors.add(SourceImage(pixels, 1, "the part"), weight)
    return Counted(colors.to_bytes())


def _count_stack(weight: float, has_weights: bool, samples: NDArray[Any]) -> Counted:
    """Count the colours of some pictures, shape (n, h, w, C)."""
    colors = ColorSum(has_weights=has_weights)
    place = Window.whole(samples.shape[1:])
    for each in samples:
        colors.add(SourceImage(pixels_of(each, place), 1, "the part"), weight)
    return Counted(colors.to_bytes())


def _count_files(
    files: list[tuple[Any, float]], has_weights: bool, max_pixels: int | None
) -> Counted:
    colors = ColorSum(has_weights=has_weights)
    notes: list[Note] = []
    for file, weight in files:
        image = read(file, max_pixels=max_pixels)
        colors.add(image, weight)
        notes += image.notes
    return Counted(colors.to_bytes(), tuple(notes))


def _count_parts(parcel: bytes, times: int, windows: list[Window]) -> Counted:
    image: TiledImage = opened(parcel)
    found = count_parts(image, times, windows)
    return Counted(found.colors, (), tuple((image.name, unread) for unread in found.unread))


def _merged(parts: list[Counted], has_weights: bool) -> Counted:
    return Counted(
        sum_of([part.colors for part in parts], has_weights=has_weights).to_bytes(),
        tuple(note for part in parts for note in part.notes),
        tuple(unread for part in parts for unread in part.unread),
    )

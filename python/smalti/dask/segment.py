"""Classes of colours for arrays of dask."""

import os
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
from dask.delayed import Delayed
from numpy.typing import NDArray

from smalti.dask.colors import Counted, counted, sum_of
from smalti.dask.graph import Layer, computed, labelled
from smalti.dask.picture import NAME, Picture, window_rows
from smalti.exceptions import InvalidParameterError, SegmentationWarning
from smalti.inputs import warn_of
from smalti.labelmaps.classes import OUTSIDE
from smalti.options import SegmentOptions, chosen
from smalti.scale.class_labeler import (
    ClassLabeler,
    Neighbours,
    check_segment_by_parts,
    surroundings,
)
from smalti.scale.learning import Learning, LearntByParts
from smalti.scale.sample import sample_of, sample_windows
from smalti.segmentation.classifier import PixelClassifier
from smalti.sources.note import Note
from smalti.sources.source_image import Pixels
from smalti.sources.tiles.window import Window
from smalti.validation import whole_number

__all__ = ["fit_classes", "segment"]


class _Learnt(NamedTuple):
    """What was learnt, as it travels."""

    classes: bytes
    gap: float | None
    notes: tuple[Note, ...]


def fit_classes(
    array: Any,
    k: int | None = None,
    *,
    mask: Any = None,
    nodata: float | None = None,
    options: SegmentOptions | None = None,
    **asked: Any,
) -> PixelClassifier:
    """Learn classes from an array of dask: those that `smalti.segment_large` learns from it.

    Parameters
    ----------
    array : dask array, shape (H, W) or (H, W, C)
        A picture of bool, 8 or 16 bits, or floats from 0 to 1, with 1 to 4 bands.
    k : int, optional
        Number of classes, 1 to 255; to be left out with a `preset`.
    mask : dask array, shape (H, W) or (H, W, C), optional
        Pixels that are black or clear in it take no part.
    nodata : float, optional
        Pixels of which all colours have this value take no part.
    options : SegmentOptions, optional
        All options as one value.
    **asked
        Options one by one, by the names that `smalti.SegmentOptions` gives them: `preset`, `space`,
        `spatial_weight`, `chroma_weight`, `normalize`, `stains`, `init_colors`, `locked`, `names`
        and `seed`.

    Returns
    -------
    PixelClassifier
        The same whatever the chunks, the scheduler and the workers.

    Raises
    ------
    InvalidParameterError, ImageReadError
        If an argument is outside its range, the array holds no colours, or no pixel takes part.
    ChunkError
        If the array cannot be computed.

    Warns
    -----
    SegmentationWarning
        If the array lacks classes of the preset.

    Examples
    --------
    >>> import dask.array as da
    >>> import smalti.dask
    >>> array = da.zeros((300, 400, 3), dtype="uint8", chunks=(100, 100, 3))
    >>> array[:100] = 200, 30, 30
    >>> classes = smalti.dask.fit_classes(array, 2)
    >>> classes.colors.tolist()
    [[0, 0, 0], [200, 30, 30]]
    >>> int(smalti.dask.segment(array, classes).sum().compute())
    40000
    """
    if "min_region" in asked:
        raise InvalidParameterError("min_region is for labels, not for classes: see segment")
    wished = chosen(SegmentOptions, options, k=k, **asked)
    check_segment_by_parts(wished, None)
    picture = Picture(array, mask, nodata)
    learnt = computed(_learnt(picture, Learning(wished, None, NAME)), NAME)
    warn_of(learnt.notes, SegmentationWarning)
    return PixelClassifier.load(learnt.classes)


def segment(
    array: Any,
    classes: "PixelClassifier | str | os.PathLike[str] | int | None" = None,
    *,
    spatial_weight: float = 0.0,
    min_region: int = 0,
    mask: Any = None,
    nodata: float | None = None,
    options: SegmentOptions | None = None,
    **asked: Any,
) -> Any:
    """Give every pixel of an array of dask its class, as `smalti.segment_large` does.

    Parameters
    ----------
    array : dask array, shape (H, W) or (H, W, C)
        A picture of bool, 8 or 16 bits, or floats from 0 to 1, with 1 to 4 bands, in chunks of any
        size.
    classes : PixelClassifier, path of its file, or int
        Classes that are known, as `fit_classes` learns them, or how many are to be learnt first, 1
        to 255; to be left out with a `preset`.
    spatial_weight : float, default: 0
        How much boundaries weigh, 0 to 8.
    min_region : int, default: 0
        Regions of fewer pixels, at most 512, join the neighbour that they share most of their
        boundary with.
    mask, nodata, options, **asked
        As of `fit_classes`.

    Returns
    -------
    dask array of uint8, shape (H, W)
        Labels from 0 on, and 255 for pixels that take no part. Nothing is computed yet, nor learnt.
        Chunks are those of `array`; where neighbours count, of 2,048 rows and columns.

    Raises
    ------
    InvalidParameterError, ImageReadError
        If an argument is outside its range, or the array holds no colours.

    Notes
    -----
    Labels are the same whatever the chunks, the scheduler and the workers. Where neighbours count,
    windows of a fixed grid are read with as many pixels around them as count (docs/large.md).

    Examples
    --------
    >>> import dask.array as da
    >>> import smalti.dask
    >>> array = da.zeros((300, 400, 3), dtype="uint8", chunks=(100, 100, 3))
    >>> array[:100] = 200, 30, 30
    >>> labels = smalti.dask.segment(array, 2, spatial_weight=0.5)
    >>> labels.shape, int(labels.sum().compute())
    ((300, 400), 40000)
    """
    known = _known(classes)
    if known is not None and (asked or options is not None):
        raise InvalidParameterError(
            "options that decide on classes are decided by the classes that are given"
        )
    is_decided = classes is None and (options is not None or asked.get("preset") is not None)
    k = known.k if known else None if is_decided else whole_number("classes", classes, 1, OUTSIDE)
    wished = chosen(
        SegmentOptions,
        options,
        k=k,
        spatial_weight=spatial_weight,
        min_region=min_region,
        **asked,
    )
    check_segment_by_parts(wished, known)
    picture = Picture(array, mask, nodata)
    learning = Learning(wished, known, NAME)
    neighbours = Neighbours(wished.boundary_weight, None, wished.min_region)
    reach = surroundings(learning.reach, neighbours)
    rows = window_rows(picture.shape) if reach else picture.chunk_rows
    work, first = partial(_label, neighbours), None
    if known is not None and not learning.needs_sample:
        work = partial(_label, neighbours, learnt=_Learnt(known.to_bytes(), None, ()))
    else:
        first = _learnt(picture, learning)
    return labelled(picture, rows, work, reach=reach, known=first, dtype=np.uint8)


def _known(classes: Any) -> PixelClassifier | None:
    if isinstance(classes, str | os.PathLike):
        return PixelClassifier.load(classes)
    return classes if isinstance(classes, PixelClassifier) else None


def _learnt(picture: Picture, learning: Learning) -> Delayed:
    """Return what is learnt from a picture, a `_Learnt`, when it is asked for."""
    known = b"" if learning.known is None else learning.known.to_bytes()
    layer = Layer("classes", picture.token, learning.options.digest(), known)
    if learning.counts_colors:
        colors = counted(picture)
        layer.need(colors)
        layer.tasks[layer.name] = (partial(_of_colors, learning), colors.key)
        return Delayed(layer.name, layer.graph())
    layer.need(*picture.arrays)
    windows = sample_windows(picture.shape)
    keys = [(layer.name, i) for i in range(len(windows))]
    for key, window in zip(keys, windows, strict=True):
        layer.add_work(key, picture, window, _pixels)
    layer.tasks[layer.name] = (partial(_of_sample, learning), keys)
    return Delayed(layer.name, layer.graph())


def _pixels(pixels: Pixels, _larger: Window, _window: Window) -> Pixels:
    return pixels


def _of_colors(learning: Learning, colors: Counted) -> _Learnt:
    return _told(learning.of_colors(sum_of([colors.colors])))


def _of_sample(learning: Learning, parts: list[Pixels]) -> _Learnt:
    return _told(learning.of_sample(sample_of(parts, learning.name)))


def _told(learnt: LearntByParts) -> _Learnt:
    return _Learnt(learnt.classifier.to_bytes(), learnt.gap, learnt.notes)


def _label(
    neighbours: Neighbours, pixels: Pixels, larger: Window, window: Window, learnt: _Learnt
) -> NDArray[np.uint8]:
    labeler = _labeler(learnt.classes, neighbours._replace(gap=learnt.gap))
    labels: NDArray[np.uint8] = labeler(pixels, larger)[window.within(larger)]
    # In 8 bits 0 - 1 is 255, for pixels of no class.
    return labels - np.uint8(1)


@lru_cache(maxsize=4)
def _labeler(classes: bytes, neighbours: Neighbours) -> ClassLabeler:
    """Return what labels pixels, and has labelled colours before in this process."""
    return ClassLabeler(PixelClassifier.load(classes), neighbours)

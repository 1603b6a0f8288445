"""One palette for arrays of dask, and for many images."""

from typing import TYPE_CHECKING

from dask.base import is_dask_collection
from dask.delayed import Delayed

from smalti.colors import Colors
from smalti.dask.colors import Counting, Stack, sum_of
from smalti.dask.graph import computed
from smalti.images.fit_palette import several, weighed
from smalti.images.palette import Palette
from smalti.inputs import warn_of
from smalti.options import CompressOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from smalti.sources.read import ImageSource

__all__ = ["fit_palette"]


def fit_palette(
    images: "Iterable[ImageSource] | ImageSource",
    k: int = 256,
    *,
    space: str = "oklab",
    keep_colors: Colors = (),
    weights: "Iterable[float] | None" = None,
    effort: int = 5,
    seed: int = 0,
    max_pixels: int | None = None,
) -> Palette:
    """Fit one palette to an array of dask, or to many images, as `smalti.fit_palette` does.

    The scheduler of dask counts colours: threads, or the cluster whose client there is.

    Parameters
    ----------
    images : dask array, or iterable of anything that `smalti.fit_palette` takes
        An array has shape (H, W), (H, W, C) or, of many pictures, (N, H, W, C), with 1 to 4 bands
        of bool, 8 or 16 bits, or floats from 0 to 1. Paths and URLs are read by the workers, which
        have to reach them.
    k, space, keep_colors, weights, effort, seed, max_pixels
        As of `smalti.fit_palette`.

    Returns
    -------
    Palette
        The same as that of `smalti.fit_palette`, whatever chunks, scheduler and workers.

    Raises
    ------
    ImageReadError, ChunkError
        If an image cannot be read, or an array not be computed.
    InvalidParameterError
        If an option is outside its range, there is no image, or not as many weights as images.

    Warns
    -----
    ImageReadWarning
        If something about an image is not as it seems.

    Notes
    -----
    Sums of colours are what workers send each other: some two bytes for each distinct opaque colour
    of 8 bits. They are added up eight at a time.

    Examples
    --------
    >>> import dask.array as da
    >>> import smalti.dask
    >>> array = da.zeros((300, 400, 3), dtype="uint8", chunks=(100, 100, 3))
    >>> array[:100] = 200, 30, 30
    >>> palette = smalti.dask.fit_palette(array, k=2)
    >>> palette.hex, palette.weights.tolist()
    (['#000000', '#c81e1e'], [80000.0, 40000.0])
    """
    options = CompressOptions(k=k, space=space, keep_colors=keep_colors, effort=effort, seed=seed)
    has_weights = weights is not None
    given = weighed([Stack(images)] if _is_stack(images, weights) else several(images), weights)
    counting = Counting(list(given), has_weights=has_weights, max_pixels=max_pixels)
    found = computed(counting.sum(), "images")
    for name, unread in found.unread:
        counting.parts[name].add_unread([unread])
    for image in counting.parts.values():
        image.check_readable()
    colors = sum_of([found.colors], has_weights=has_weights)
    palette = colors.palette(options)
    warn_of(found.notes)
    for image in counting.parts.values():
        warn_of(image.all_notes())
    return palette


def _is_stack(images: object, weights: object) -> bool:
    """Return whether the pictures of an array may be counted together: those without weights."""
    is_array = is_dask_collection(images) and not isinstance(images, Delayed)
    return is_array and getattr(images, "ndim", 0) == 4 and weights is None

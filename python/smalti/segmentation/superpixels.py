"""Superpixels: connected groups of pixels that are alike and near, all of about the same size.

R. Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods", 2012,
doi:10.1109/TPAMI.2012.120: K-Means of colour and position, each centre searched for near its cell
of a grid. It takes time in proportion to the pixels, however many superpixels are wanted: 24
megapixels about 1 s on two threads, with 16 bytes a pixel beside the image and the labels. The
core's module tells where it deviates from the paper. The same input gives the same labels on any
number of threads.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.images.compress import SPACES
from smalti.images.read import ImageSource, read
from smalti.images.source_image import Pixels
from smalti.validation import one_of, real_number, whole_number

__all__ = ["COMPACTNESS", "superpixels"]

COMPACTNESS = 0.3
"""The default. On composites of known truth 0.25 to 0.4 have the best boundary recall, and the
undersegmentation error is flat: more is better for noise, less for fine texture."""

_Progress: TypeAlias = Callable[[str, float], object]


def superpixels(
    image: ImageSource,
    n: int,
    *,
    compactness: float = COMPACTNESS,
    space: str = "oklab",
    mask: ArrayLike | None = None,
    progress: _Progress | None = None,
) -> NDArray[np.uint32]:
    """Divide an image into about `n` connected superpixels.

    Parameters
    ----------
    image : path, URL, bytes, binary file object, Pillow image or array
        What `smalti.compress` takes.
    n : int
        Superpixels wanted, at least 1. About as many come out: the grid that they begin as is
        rounded to whole rows and columns, parts that are cut off stay apart if they are larger
        than a quarter of a cell, and join the neighbour with the longest border if they are not.
    compactness : float, optional
        How much position counts beside colour, at least 0; 0.3 by default. At 1 the spread of
        positions within a cell of the grid counts as much as that of the colours, averaged over
        the image, whatever the space and the size of the cells. Higher values make superpixels
        rounder, lower ones make them follow colours into thin shapes.
    space : {"oklab", "srgb", "linear"}, optional
        The space in which colours are compared.
    mask : bool array, shape (H, W), optional
        True for pixels to divide; `n` is for these alone. Default: all.
    progress : callable, optional
        Called as ``progress(stage, fraction)`` now and then; what it raises stops the work.

    Returns
    -------
    uint32 array, shape (H, W)
        Superpixels are numbered from 1 on, row by row of their first pixels, without gaps: as
        `skimage.segmentation.slic` does, and as `skimage.measure.regionprops` and napari expect,
        to which 0 is background. It is here, too: 0 is for pixels outside the mask or of alpha 0,
        and does not occur when there are none. Otherwise alpha has no influence.

    Raises
    ------
    ImageReadError
        If the image cannot be read.
    InvalidParameterError
        If an argument is outside its range, or the mask of another shape or dtype.

    Examples
    --------
    >>> import numpy as np
    >>> import smalti
    >>> image = np.zeros((40, 60, 3), dtype=np.uint8)
    >>> image[:, 25:] = 200, 120, 40
    >>> labels = smalti.superpixels(image, 6)
    >>> np.unique(labels).tolist()
    [1, 2, 3, 4, 5, 6]
    >>> bool((labels[:, 24] != labels[:, 25]).all())
    True
    """
    n = whole_number("n", n, 1)
    compactness = real_number("compactness", compactness, 0.0)
    one_of("space", space, SPACES)
    pixels = read(image).pixels
    chosen = _chosen(pixels, mask)
    features = _core.color_features(pixels, space, progress=progress)
    return _core.superpixels(
        features,
        min(n, pixels.shape[0] * pixels.shape[1]),
        compactness=compactness,
        mask=chosen,
        progress=progress,
    )


def _chosen(pixels: Pixels, mask: ArrayLike | None) -> NDArray[np.bool_] | None:
    """Return which pixels to divide, or None for all."""
    visible = pixels[..., 3] > 0 if pixels.shape[2] == 4 else None
    if mask is None:
        return None if visible is None or visible.all() else visible
    try:
        chosen = np.asarray(mask)
    except ValueError as error:  # a ragged list
        raise InvalidParameterError(f"mask cannot be made an array: {error}") from None
    if chosen.dtype != bool:
        raise InvalidParameterError(f"mask must be a bool array, got dtype {chosen.dtype}")
    if chosen.shape != pixels.shape[:2]:
        raise InvalidParameterError(
            f"mask must have the image's shape {pixels.shape[:2]}, got {chosen.shape}"
        )
    return np.ascontiguousarray(chosen if visible is None else chosen & visible)

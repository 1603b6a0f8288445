"""Superpixels: connected groups of pixels that are alike and near, all of about the same size.

R. Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods", 2012,
doi:10.1109/TPAMI.2012.120: K-Means of colour and position, each centre searched for near its cell
of a grid. It takes time in proportion to the pixels: 24 megapixels 0.9 s on two threads, whether
1,500 superpixels are wanted or 20,000 (with cells below 10 pixels wide it takes longer), and 35
bytes a pixel beside the image. The core's module tells where it deviates from the paper. The same
input gives the same labels on any number of threads.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti import _core
from smalti.inputs import read_samples
from smalti.options import BANDS, SPACES
from smalti.progress import Progress
from smalti.segmentation.features.feature_weights import band_space
from smalti.segmentation.mask import taking_part
from smalti.sources.read import ImageSource
from smalti.validation import one_of, real_number, whole_number

__all__ = ["COMPACTNESS", "superpixels"]

COMPACTNESS = 0.35
"""The default. On composites of known truth (docs/benchmarks.md) it is near the highest boundary
recall and the least undersegmentation error; 0.25 and 0.4 lose a hundredth of either at most. More
suits noise, less fine texture."""


def superpixels(
    image: ImageSource,
    k: int,
    *,
    compactness: float = COMPACTNESS,
    space: str | None = None,
    mask: ArrayLike | None = None,
    nodata: float | None = None,
    progress: Progress | None = None,
) -> NDArray[np.uint32]:
    """Divide an image into about `k` connected superpixels.

    Parameters
    ----------
    image : path, URL, bytes, binary file object, Pillow image or array
        What `smalti.compress` takes; or an array, or a .npy file, of up to 32 bands and of any
        finite values, as `smalti.segment` takes it. Pixels without data take no part.
    k : int
        Superpixels wanted, at least 1. About as many come out: the grid that they begin as is
        rounded to whole rows and columns, parts that are cut off stay apart if they are larger
        than a quarter of a cell, and join the neighbour with the longest border if they are not.
    compactness : float, optional
        How much position counts beside colour, at least 0; 0.35 by default. At 1 the spread of
        positions within a cell of the grid counts as much as that of the colours, averaged over
        the image, whatever the space and the size of the cells. Higher values make superpixels
        rounder, lower ones make them follow colours into thin shapes.
    space : {"oklab", "srgb", "linear", "bands"}, optional
        The space in which colours are compared; or "bands", as they are. Default: "bands" for
        arrays that are no pictures, else "oklab".
    mask : array of bool or whole numbers, shape (H, W), optional
        0 or False for pixels to leave out; `k` is for the others alone. Default: all.
    nodata : float, optional
        The value of samples without data, as in `smalti.segment`.
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
        If an argument is outside its range, the mask is none of this image, or no pixel is left.

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
    k = whole_number("k", k, 1)
    compactness = real_number("compactness", compactness, 0.0)
    if space is not None:
        one_of("space", space, (*SPACES, BANDS))
    source = read_samples(image, space, nodata)
    if source.bands is None:
        features = _core.color_features(source.pixels, space or "oklab", progress=progress)
    else:
        features = band_space(source, as_stored=True).of_samples(source.samples)
    mask = taking_part(source, mask)
    return _core.superpixels(
        features,
        min(k, features.shape[0] * features.shape[1]),
        compactness=compactness,
        mask=mask,
        progress=progress,
    )

"""The three functions by which image compression with K-Means is taught.

An image of N pixels takes 24 N bits. With K colours it takes ``N ceil(log2 K)`` bits of
indices and ``24 K`` bits of codebook:

>>> import numpy as np
>>> from smalti import calculate_num_bits, compress_image, reconstruct_image
>>> image = np.arange(100 * 100 * 3, dtype=np.uint32).reshape(100, 100, 3).astype(np.uint8)
>>> labels, centroids = compress_image(image, n_clusters=16)
>>> calculate_num_bits(image, 256), calculate_num_bits(labels, 16)
((8, 240000), (4, 40000))
>>> calculate_num_bits(centroids, 256)
(8, 384)
>>> reconstruct_image(labels, centroids, image.shape).shape
(100, 100, 3)
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti.bits import bits_per_index
from smalti.exceptions import InvalidParameterError
from smalti.inputs import read_input
from smalti.sources.read import ImageSource
from smalti.validation import one_of, whole_number
from smalti.vectors.arrays import as_points
from smalti.vectors.kmeans import kmeans
from smalti.vectors.scikit_learn import check_verbose, messages_of, seed_of, starts_of

__all__ = ["calculate_num_bits", "compress_image", "reconstruct_image"]

# scikit-learn's number of starts from random centres for n_init="auto".
_AUTO_STARTS = 10


def calculate_num_bits(arr: ArrayLike, max_int: int) -> tuple[int, int]:
    """Bits to store an array with a fixed-length code.

    Parameters
    ----------
    arr : array
        Any shape; only its size counts.
    max_int : int
        Number of different values, at least 1: K for labels, 256 (or 255) for 8-bit samples.

    Returns
    -------
    num_bits : int
        Bits of a value, ``ceil(log2 max_int)``.
    total_bits : int
        Bits of the array, its size times `num_bits`.

    Raises
    ------
    InvalidParameterError
        If `max_int` is no whole number of at least 1, or `arr` is no array.

    Examples
    --------
    >>> calculate_num_bits(np.zeros((303, 227, 3)), 256)
    (8, 1650744)
    """
    num_bits = bits_per_index(whole_number("max_int", max_int, 1))
    try:
        return num_bits, np.asarray(arr).size * num_bits
    except ValueError:  # a ragged list
        raise InvalidParameterError("arr must be an array, got rows of different lengths") from None


def compress_image(
    image: ImageSource,
    n_clusters: int = 8,
    *,
    init: str | ArrayLike = "k-means++",
    n_init: int | str = "auto",
    max_iter: int = 300,
    tol: float = 0.0,
    verbose: int = 0,
    random_state: Any = 42,
    copy_x: bool = True,
    algorithm: str = "lloyd",
) -> tuple[NDArray[np.unsignedinteger[Any]], NDArray[np.float64]]:
    """Cluster the colours of an image with plain K-Means.

    The arguments are those of ``sklearn.cluster.KMeans``. Two defaults differ: `tol`, for the
    iterations go on to the fixed point, and `random_state`, for the same image gives the same
    result.

    Parameters
    ----------
    image : array of shape (H, W, 3), or anything else `smalti.compress` reads
        Clustered as it is stored (sRGB, 0..255). Alpha is not taken here.
    n_clusters : int, default: 8
        Number of colours K, at least 1. An image with fewer distinct colours gives those.
    init
        As in `smalti.kmeans`.
    n_init : int or "auto", default: "auto"
        Starts, of which the best counts; "auto" is 1 for k-means++ and given centroids, 10 for
        random ones.
    max_iter, tol
        As in `smalti.kmeans`.
    verbose : int, default: 0
        Above 0 the inertia after each iteration of the best start is printed, and what ended it.
    random_state : int, None, numpy Generator or RandomState, default: 42
        The seed; None draws a new one.
    copy_x : bool, default: True
        Without effect: the image is never written to.
    algorithm : {"lloyd", "elkan"}, default: "lloyd"
        Without effect: both find the same centroids, and how distances are left out is chosen for
        the data (docs/kmeans.md).

    Returns
    -------
    labels : unsigned array, shape (N,)
        For each pixel, row by row, the position of its centroid, in the smallest unsigned type
        that holds K.
    centroids : float64 array, shape (K, 3)
        Colours in 0..255.

    Raises
    ------
    ImageReadError
        If the image cannot be read.
    InvalidParameterError
        If an argument is outside its range, or the image has an alpha channel.
    TypeError
        For an argument of another name, as Python raises it.
    """
    k = whole_number("n_clusters", n_clusters, 1)
    starts, seed = starts_of(n_init, init, _AUTO_STARTS), seed_of(random_state)
    check_verbose(verbose)
    if not isinstance(copy_x, bool | np.bool_):
        raise InvalidParameterError(f"copy_x must be True or False, got {copy_x!r}")
    one_of("algorithm", algorithm, ("lloyd", "elkan"))
    pixels = read_input(image).pixels
    if pixels.shape[2] != 3:
        raise InvalidParameterError(
            "compress_image takes images without alpha (3 channels, got 4): use smalti.compress"
        )
    colors = pixels.reshape(-1, 3)
    result = kmeans(
        colors if colors.dtype == np.uint8 else colors * (255 / 65535),
        k,
        init=init,
        n_init=starts,
        max_iter=max_iter,
        tol=tol,
        seed=seed,
    )
    if verbose:
        for message in messages_of(result, max_iter, tol):
            print(message)  # noqa: T201 - what verbose asks for
    # A copy that the caller may change.
    return result.labels.copy(), result.centroids.copy()


def reconstruct_image(
    labels: ArrayLike, centroids: ArrayLike, original_shape: tuple[int, ...]
) -> NDArray[np.uint8]:
    """Replace every label by its centroid.

    Parameters
    ----------
    labels : integer array
        As many as `original_shape` has pixels.
    centroids : array, shape (K, D)
        Colours in 0..255; rounded and clipped to that range.
    original_shape : tuple of int
        (H, W, D).

    Returns
    -------
    uint8 array of `original_shape`

    Raises
    ------
    InvalidParameterError
        If a label has no centroid, a centroid is not finite, or the shape has not as many samples.
    """
    points = as_points("centroids", centroids)
    if not np.isfinite(points).all():
        raise InvalidParameterError("centroids must be finite numbers, got NaN or infinity")
    colors = np.clip(np.rint(points), 0, 255).astype(np.uint8)
    positions = _as_labels(labels, len(colors))
    shape = _as_shape(original_shape)
    if math.prod(shape) != positions.size * colors.shape[1]:
        raise InvalidParameterError(
            f"original_shape {shape} has {math.prod(shape)} samples, but {positions.size} "
            f"labels of {colors.shape[1]} channels give {positions.size * colors.shape[1]}"
        )
    picture: NDArray[np.uint8] = colors[positions].reshape(shape)
    return picture


def _as_labels(labels: ArrayLike, k: int) -> NDArray[np.integer[Any]]:
    try:
        positions = np.asarray(labels).ravel()
    except ValueError:  # a ragged list
        raise InvalidParameterError("labels must be an array of whole numbers") from None
    if positions.dtype.kind not in "ui":
        raise InvalidParameterError(f"labels must be whole numbers, got dtype {positions.dtype}")
    if positions.size and not 0 <= int(positions.min()) <= int(positions.max()) < k:
        raise InvalidParameterError(
            f"labels must lie in 0 to {k - 1}, one of the {k} centroids, "
            f"got {positions.min()} to {positions.max()}"
        )
    return positions


def _as_shape(original_shape: Any) -> tuple[int, ...]:
    try:
        return tuple(whole_number("original_shape", size, 0) for size in original_shape)
    except (TypeError, InvalidParameterError):
        raise InvalidParameterError(
            f"original_shape must be a tuple of whole numbers such as (H, W, 3), "
            f"got {original_shape!r}"
        ) from None

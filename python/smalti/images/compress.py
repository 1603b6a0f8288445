"""Compressing an image: the one call."""

from collections.abc import Callable

from smalti import _core
from smalti.images.compressed_image import CompressedImage
from smalti.images.read import ImageSource, read
from smalti.validation import MAX_SEED, one_of, real_number, whole_number

__all__ = ["SPACES", "compress"]

SPACES = ("oklab", "srgb", "linear")


def compress(
    image: ImageSource,
    k: int = 256,
    *,
    rate_weight: float | None = None,
    dither: float | None = None,
    space: str = "oklab",
    effort: int = 5,
    seed: int = 0,
    progress: Callable[[str, float], object] | None = None,
) -> CompressedImage:
    """Compress an image by K-Means vector quantisation.

    The distinct colours of the image are clustered, the centroids become the palette, and every
    pixel gets the index of its colour's nearest centroid.

    Parameters
    ----------
    image : path, URL, bytes, binary file object, Pillow image or array
        Arrays have shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) and dtype uint8, uint16,
        bool or float (0 to 1).
    k : int, default: 256
        Number of colours, 1 to 65,536. An image with fewer distinct colours keeps them all,
        unchanged; colours that round to the same 8-bit value become one.
    rate_weight, dither : 0 or None, default: None
        Every pixel takes its nearest colour; other values are not available yet.
    space : {"oklab", "srgb", "linear"}, default: "oklab"
        Where distances are measured: as the eye sees them, in stored values (what the
        literature reports), or in linear light.
    effort : int, default: 5
        1 (fast) to 9: how long to search for the palette, and how hard `save` tries. A better
        palette can make a slightly larger file.
    seed : int, default: 0
        0 to 2**64 - 1; for choices made by chance. There are none at present: the same image
        and arguments give the same bytes, with any seed and on any number of threads.
    progress : callable, optional
        Called with the stage's name and the done fraction, 0 to 1; raise to stop.

    Returns
    -------
    CompressedImage

    Raises
    ------
    ImageReadError
        If the image cannot be read.
    InvalidParameterError
        If an argument is outside its range.

    Notes
    -----
    Images with alpha are clustered in premultiplied 4-D; fully transparent and fully opaque
    pixels stay so, except when k is 1.

    Examples
    --------
    >>> import numpy as np
    >>> import smalti
    >>> ramp = np.linspace(0, 1, 256)[np.newaxis, :, np.newaxis].repeat(64, 0).repeat(3, 2)
    >>> compressed = smalti.compress(ramp, k=16)
    >>> compressed
    <CompressedImage 256 x 64, 16 colours>
    >>> compressed.indices.dtype, compressed.palette.shape
    (dtype('uint8'), (16, 3))
    """
    k = whole_number("k", k, 1, _core.MAX_COLORS)
    effort = whole_number("effort", effort, 1, 9)
    whole_number("seed", seed, 0, MAX_SEED)
    space = one_of("space", space, SPACES)
    weight = None if rate_weight is None else real_number("rate_weight", rate_weight, 0)
    share = None if dither is None else real_number("dither", dither, 0, 1)
    source = read(image)
    indices, palette, centroids, weight, share = _core.compress(
        source.pixels,
        k,
        rate_weight=weight,
        dither=share,
        space=space,
        effort=effort,
        progress=progress,
    )
    return CompressedImage(
        indices,
        palette,
        centroids,
        original_bits=source.original_bits,
        effort=effort,
        rate_weight=weight,
        dither=share,
        source=source,
    )

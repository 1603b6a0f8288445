"""Compressing an image: the one call."""

import math
import sys
from collections.abc import Callable
from typing import Any, overload

from smalti import _core
from smalti.colors import Colors, colors_of
from smalti.exceptions import InvalidParameterError, TargetNotReachedError
from smalti.images.blocks.block_image import BlockImage
from smalti.images.blocks.grid import block_of
from smalti.images.compressed_image import CompressedImage
from smalti.options import DITHER_METHODS, SPACES
from smalti.sources.read import ImageSource, read
from smalti.validation import MAX_SEED, one_of, real_number, whole_number

__all__ = ["compress"]


@overload
def compress(
    image: ImageSource,
    k: int = 256,
    *,
    block: None = None,
    quality: float | None = None,
    max_bytes: int | None = None,
    rate_weight: float | None = None,
    dither: float | None = None,
    dither_method: str = "diffusion",
    keep_colors: Colors = (),
    space: str = "oklab",
    effort: int = 5,
    seed: int = 0,
    progress: Callable[[str, float], object] | None = None,
) -> CompressedImage: ...
@overload
def compress(
    image: ImageSource,
    k: int = 256,
    *,
    block: tuple[int, int] | None,
    rate_weight: float | None = None,
    dither: float | None = None,
    space: str = "oklab",
    effort: int = 5,
    seed: int = 0,
    progress: Callable[[str, float], object] | None = None,
) -> CompressedImage | BlockImage: ...
def compress(
    image: ImageSource,
    k: int = 256,
    *,
    block: tuple[int, int] | None = None,
    quality: float | None = None,
    max_bytes: int | None = None,
    rate_weight: float | None = None,
    dither: float | None = None,
    dither_method: str = "diffusion",
    keep_colors: Colors = (),
    space: str = "oklab",
    effort: int = 5,
    seed: int = 0,
    progress: Callable[[str, float], object] | None = None,
) -> CompressedImage | BlockImage:
    """Compress an image by K-Means vector quantisation.

    The distinct colours of the image are clustered and the centroids become the palette. Every
    pixel gets an index: that of its colour's nearest centroid if `rate_weight` and `dither` are
    0, else one whose error is worth its bits.

    Parameters
    ----------
    image : path, URL, bytes, binary file object, Pillow image or array
        Arrays have shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) and dtype uint8, uint16,
        bool or float (0 to 1).
    k : int, default: 256
        Number of colours, 1 to 65,536. An image with fewer distinct colours keeps them all,
        unchanged; colours that round to the same 8-bit value become one. With a `block` other
        than (1, 1) the same holds for blocks.
    block : (int, int), optional
        Height and width in pixels, 1 to 64 each, of what gets one index. Default: (1, 1), pixels.
        Any other makes a `BlockImage`: a codebook of `k` blocks, of which every block of the image
        gets the nearest. It is saved as .npz, and takes neither `quality`, `max_bytes`,
        `dither_method` and `keep_colors` nor a `rate_weight` or `dither` above 0.
    quality : float, optional
        Return the smallest picture whose SSIMULACRA2 is at least this, at most 100: 90 is hardly
        distinguishable from the original, 70 good, 50 fair. Drawings of up to a megapixel get as
        few colours as suffice; so they do for `max_bytes`.
    max_bytes : int, optional
        Return the best picture whose PNG has at most this many bytes, at the same effort.
    rate_weight : float, optional
        What one bit of the file is worth in squared error, at least 0. Errors are measured in
        percent of the space's range and weigh less where the image is busy. 0 leaves bits out
        of account; 0.02 to 1 is useful. Default: what costs at most one point of SSIMULACRA2.
        At most one of `quality`, `max_bytes` and `rate_weight` can be given; like `dither`,
        they need a `k` of at most 256.
    dither : float, optional
        How much of every pixel's error is made up for, 0 to 1. Default: about half, which looks
        best. An image of no more than `k` colours is left as it is unless one of these four is
        given. Flat areas whose colour is nearly in the palette stay flat.
    dither_method : {"diffusion", "blue-noise", "ordered"}, default: "diffusion"
        Who makes up for errors: the pixels that follow, which needs the fewest bytes, or a mask of
        thresholds that stays in its place, so that with a `rate_weight` of 0 what does not change
        from frame to frame keeps its dots. Blue noise (64 x 64) has no pattern, Bayer's matrix (8
        x 8) a regular one. At a `dither` of 1 these two suit few colours.
    keep_colors : sequence of str, or array-like of shape (n, 3) or (n, 4), optional
        Colours that the palette holds exactly, at most `k`, whether or not the image has them:
        hexadecimal digits such as "FF8000", "#ff8000" or, with alpha, "FF800080", or whole numbers
        of 0 to 255. Pixels that have one of them keep it, whatever the other arguments say; to
        other pixels they are entries like any other. The remaining colours are learned beside them.
    space : {"oklab", "srgb", "linear"}, default: "oklab"
        Where distances are measured: as the eye sees them, in stored values (what the
        literature reports), or in linear light.
    effort : int, default: 5
        1 (fast) to 9: how long to search for the palette, and how hard `save` tries. A better
        palette can make a slightly larger file.
    seed : int, default: 0
        0 to 2**64 - 1; for choices made by chance, which only blocks need. The same image and
        arguments give the same bytes on any number of threads.
    progress : callable, optional
        Called with the stage's name and the done fraction, 0 to 1; raise to stop.

    Returns
    -------
    CompressedImage, or BlockImage for a `block` other than (1, 1)

    Raises
    ------
    ImageReadError
        If the image cannot be read.
    InvalidParameterError
        If an argument is outside its range.
    TargetNotReachedError
        If no picture of `k` colours has the quality, or as few bytes; the message tells how
        close one comes.

    Notes
    -----
    Labels that weigh error and bits are entropy-constrained vector quantisation (P. A. Chou,
    T. Lookabaugh and R. M. Gray, IEEE Trans. ASSP 37(1), 1989, doi:10.1109/29.17498), searched
    for the coding of PNG. The palette then has the order that suits this coding.

    Unless `rate_weight` and `dither` are 0, small regions of a colour of their own are guarded: of
    8 colours or more some are given to regions that the palette would lose, and errors that show as
    a wrong spot are not made for bits, unless the weight is far above 2.
    Diffusion is that of R. Floyd and L. Steinberg (1976); blue noise is made by void and cluster
    (R. A. Ulichney, 1993, doi:10.1117/12.152707); both masks mix colours in pairs (J. Yliluoma,
    "Arbitrary-palette positional dithering algorithm", 2011).

    Images with alpha are clustered in 4-D, as they look before grey backgrounds on average; fully
    transparent and fully opaque pixels stay so, except when k is 1 or kept colours leave no entry
    for them.

    Blocks are vectors of D = C bh bw coordinates (doi:10.1109/TCOM.1980.1094577; docs/blocks.md);
    those that reach over an edge repeat its pixels.

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
    >>> blocks = smalti.compress(ramp, k=16, block=(4, 4))
    >>> blocks.indices.shape, blocks.codebook.shape
    ((16, 64), (16, 4, 4, 3))
    """
    k = whole_number("k", k, 1, _core.MAX_COLORS)
    effort = whole_number("effort", effort, 1, 9)
    seed = whole_number("seed", seed, 0, MAX_SEED)
    method = one_of("dither_method", dither_method, DITHER_METHODS)
    space = one_of("space", space, SPACES)
    given = {"rate_weight": rate_weight, "quality": quality, "max_bytes": max_bytes}
    goals = [name for name, value in given.items() if value is not None]
    if len(goals) > 1:
        raise InvalidParameterError(
            f"{' and '.join(goals)} cannot be given together: each of them decides the file's size"
        )
    weight = None if rate_weight is None else real_number("rate_weight", rate_weight, 0)
    score = None if quality is None else real_number("quality", quality, -math.inf, 100)
    # Any size fits into more bytes than there can be.
    size = None if max_bytes is None else min(whole_number("max_bytes", max_bytes, 1), sys.maxsize)
    share = None if dither is None else real_number("dither", dither, 0, 1)
    keep = colors_of("keep_colors", keep_colors)
    sides = (1, 1) if block is None else block_of(block)
    if sides != (1, 1):
        unused = {
            "quality": quality,
            "max_bytes": max_bytes,
            "rate_weight": rate_weight or None,
            "dither": dither or None,
            "dither_method": None if method == "diffusion" else method,
            "keep_colors": keep_colors if len(keep) else None,
        }
        _refuse_with_block(sides, unused)
        from smalti.images.blocks.compress import compress_blocks

        return compress_blocks(
            read(image), k, sides, space=space, effort=effort, seed=seed, progress=progress
        )
    source = read(image)
    try:
        indices, palette, centroids, weight, share = _core.compress(
            source.pixels,
            k,
            rate_weight=weight,
            quality=score,
            max_bytes=size,
            dither=share,
            dither_method=method,
            keep=keep,
            space=space,
            effort=effort,
            progress=progress,
        )
    except (InvalidParameterError, TargetNotReachedError) as error:
        # Among many images one wants to know which.
        raise type(error)(f"{source.name}: {error}") from None
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


def _refuse_with_block(sides: tuple[int, int], options: dict[str, Any]) -> None:
    """Refuse options, those that are not None, that only pixels can follow."""
    for name, value in options.items():
        if value is not None:
            raise InvalidParameterError(
                f"{name} must not be given with block={sides}, got {value!r}: every block gets the "
                "nearest of the codebook"
            )

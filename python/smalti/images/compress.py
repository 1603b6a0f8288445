"""Compressing an image: the one call."""

from typing import TYPE_CHECKING, cast, overload

from smalti import _core
from smalti.colors import Colors, PaletteLike
from smalti.exceptions import InvalidParameterError, TargetNotReachedError
from smalti.formats.pictures.png import FORMAT as PNG
from smalti.formats.registry import format_named
from smalti.images.compressed_image import CompressedImage
from smalti.inputs import read_input
from smalti.options import MAX_INDEXED_COLORS, CompressOptions, chosen
from smalti.progress import Progress
from smalti.raw_array import as_array_later
from smalti.sources.provenance import Provenance
from smalti.sources.read import ImageSource
from smalti.sources.source_image import SourceImage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from smalti.colors import Color
    from smalti.formats.format import Indices, Palette
    from smalti.images.blocks.block_image import BlockImage

__all__ = ["compress", "compress_with"]


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
    palette: "PaletteLike | None" = None,
    format: str = "png",
    effort: int = 5,
    seed: int = 0,
    options: None = None,
    progress: Progress | None = None,
) -> CompressedImage: ...
@overload
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
    options: CompressOptions | None = None,
    progress: Progress | None = None,
) -> "CompressedImage | BlockImage": ...
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
    palette: "PaletteLike | None" = None,
    format: str = "png",  # noqa: A002 - Pillow's and the API's name for it
    effort: int = 5,
    seed: int = 0,
    options: CompressOptions | None = None,
    progress: Progress | None = None,
) -> "CompressedImage | BlockImage":
    """Compress an image by K-Means vector quantisation.

    The distinct colours of the image are clustered and the centroids become the palette. Every
    pixel gets an index: that of its colour's nearest centroid if `rate_weight` and `dither` are
    0, else one whose error is worth its bits.

    Parameters
    ----------
    image : path, URL, bytes, binary file object, Pillow image or array
        Arrays, and lists, have shape (H, W) or (H, W, C), C being 1 to 4 (grey, grey and alpha,
        RGB or RGBA), and dtype uint8, uint16, bool, float (0 to 1) or any other of whole numbers:
        8 bits up to 255, else 16. Masked pixels and NaN become fully transparent.
    k : int, default: 256
        Number of colours, 1 to 65,536. An image with fewer distinct colours keeps them all,
        unchanged; colours that round to the same 8-bit value become one. With a `block` other
        than (1, 1) the same holds for blocks.
    block : (int, int), optional
        Height and width in pixels, 1 to 64 each, of what gets one index. Default: (1, 1), pixels.
        Any other makes a `BlockImage`: a codebook of `k` blocks, of which every block of the image
        gets the nearest. It is saved as .npz, and takes neither `quality`, `max_bytes`,
        `dither_method`, `keep_colors` and `palette` nor a `rate_weight` or `dither` above 0.
    quality : float, optional
        Return the smallest picture whose SSIMULACRA2 is at least this, at most 100: 90 is hardly
        distinguishable from the original, 70 good, 50 fair. Drawings of up to a megapixel get as
        few colours as suffice; so they do for `max_bytes`.
    max_bytes : int, optional
        Return the best picture whose file, of the `format`, has at most this many bytes at the same
        effort.
    rate_weight : float, optional
        What one bit of the file is worth in squared error, at least 0. Errors are measured in
        percent of the space's range and weigh less where the image is busy. 0 leaves bits out
        of account; 0.02 to 1 is useful. Default: what costs at most one point of SSIMULACRA2. At
        efforts 1 and 2 photographs of more than 65,536 pixels and 63 colours get 0.02, which
        usually costs less; that is not checked. At most one of `quality`, `max_bytes` and
        `rate_weight` can be given; like `dither`, they need a `k` of at most 256.
    dither : float, optional
        How much of every pixel's error is made up for, 0 to 1. Default: about half, which looks
        best. An image of no more than `k` colours is left as it is unless one of these four is
        given. Flat areas whose colour is nearly in the palette stay flat.
    dither_method : {"diffusion", "blue-noise", "ordered"}, default: "diffusion"
        How errors are made up for. Diffusion hands them on to the pixels that follow and needs the
        fewest bytes. The others add a mask of thresholds that stays in its place: with a
        `rate_weight` of 0, what does not change from frame to frame keeps its dots. Blue noise (64
        x 64) has no pattern, Bayer's matrix (8 x 8) a regular one. At a `dither` of 1 these two
        suit few colours.
    keep_colors : sequence of str, or array-like of shape (n, 3) or (n, 4), optional
        Colours that the palette holds exactly, at most `k`, whether or not the image has them:
        hexadecimal digits such as "FF8000", "#ff8000" or, with alpha, "FF800080", or whole numbers
        of 0 to 255. Pixels that have one of them keep it, whatever the other arguments say; to
        other pixels they are entries like any other. The remaining colours are learned beside them.
    space : {"oklab", "srgb", "linear"}, default: "oklab"
        Where distances are measured: as the eye sees them, in stored values (what the
        literature reports), or in linear light.
    palette : Palette, path, sequence of str, or array-like of shape (n, 3) or (n, 4), optional
        Colours to use instead of learned ones, 1 to 65,536: those of `smalti.fit_palette`, of a
        palette file such as ``"brand.gpl"``, or written as in `keep_colors`. They stay as they are,
        with their order and those that no pixel has; their number counts instead of `k`. Clear and
        opaque pixels stay so where there are such colours, every other pixel takes any. Of equal
        colours the first is used.
    format : {"png", "webp", "npz"}, default: "png"
        What the picture is for: labels are chosen by this format's prices (WebP and npz have none
        of their own and take PNG's), and `max_bytes` counts its bytes.
    effort : int, default: 5
        1 (fast) to 9: how long to search for the palette, and how hard `save` tries. A better
        palette can make a slightly larger file.
    seed : int, default: 0
        0 to 2**64 - 1; for choices made by chance, which only blocks need. The same image and
        arguments give the same bytes on any number of threads.
    options : CompressOptions, optional
        All of the above but `image` as one value, in place of them.
    progress : callable, optional
        Called with a `smalti.progress.Stage` and its done fraction, 0 to 1; raise to stop.

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
    asked = chosen(
        CompressOptions,
        options,
        k=k,
        block=(1, 1) if block is None else block,
        quality=quality,
        max_bytes=max_bytes,
        rate_weight=rate_weight,
        dither=dither,
        dither_method=dither_method,
        keep_colors=keep_colors,
        palette=palette,
        space=space,
        format=format,
        effort=effort,
        seed=seed,
    )
    return compress_with(read_input(image), asked, progress=progress)


def compress_with(
    source: SourceImage,
    options: CompressOptions,
    *,
    progress: Progress | None = None,
) -> "CompressedImage | BlockImage":
    """Compress an image that has been read: see `compress`."""
    if options.is_in_blocks:
        from smalti.images.blocks.compress import compress_blocks

        return compress_blocks(source, options, progress)
    try:
        indices, colors, centroids, (weight, share), file, score = _core.compress(
            source._as_made("pixels"),
            options.k,
            rate_weight=options.rate_weight,
            quality=options.quality,
            max_bytes=options.max_bytes,
            dither=options.dither,
            dither_method=options.dither_method,
            keep=cast("Sequence[Color]", options.keep_colors),
            order=source._as_made("palette"),
            space=options.space,
            effort=options.effort,
            palette=cast("Sequence[Color] | None", options.palette),
            count_bytes=_counter(options),
            progress=progress,
        )
    except (InvalidParameterError, TargetNotReachedError) as error:
        if isinstance(error, TargetNotReachedError):
            error.command_line = f"{error}; {_nearer(options)}"
        # With many images the sentence has to say which one failed.
        raise error.of(source.name) from None
    image = CompressedImage(
        as_array_later(indices),
        as_array_later(colors),
        as_array_later(centroids),
        original_bits=source.original_bits,
        effort=options.effort,
        rate_weight=weight,
        dither=share,
        # The core knows no other coder's prices.
        coder=PNG.coder if weight > 0 else None,
        provenance=Provenance.of(source),
    )
    if file is not None:
        image._keep_file(PNG.name, file)
    if score is not None:
        image._keep_score(score)
    return image


def _nearer(options: CompressOptions) -> str:
    """Return what to ask for on the command line where a quality or a size is out of reach."""
    if options.max_bytes is not None:
        return "ask for that or more, or for fewer colours with -k"
    if options.dither:
        return "ask for that or less, or try --dither 0"
    if options.palette is not None:
        return "ask for that or less, or for a palette of more colours"
    if options.k < MAX_INDEXED_COLORS:
        return "ask for that or less, or for more colours with -k"
    return f"ask for that or less: pictures of {MAX_INDEXED_COLORS} colours come no closer"


def _counter(options: CompressOptions) -> "Callable[[Indices, Palette], int] | None":
    """Return what counts the bytes of files, unless the core does so itself."""
    size = format_named(options.format).size
    if options.max_bytes is None or size is None:
        return None
    return lambda indices, palette: size(indices, palette, options.effort)

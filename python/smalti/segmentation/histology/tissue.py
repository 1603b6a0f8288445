"""Tissue against glass on stained slides.

Glass is bright and has hardly any colour; tissue absorbs light in at least one channel. What is
compared is the largest optical density of the three channels, relative to the glass, after light
smoothing: pink, blue and brown are all far from glass in it, in green, red or blue.

The threshold is Otsu's (N. Otsu, "A threshold selection method from gray-level histograms", 1979,
doi:10.1109/TSMC.1979.4310076) on the logarithm of the density, for tissue spreads over a range
ten times as wide as that of glass, and on the density itself the threshold lands in the middle of
the tissue. It is kept within absolute bounds, which is what makes one mask of very different
pictures: without them Otsu splits a crop that is all tissue into dark and light tissue, and an
empty one into two halves of noise. Of 11 pictures with tissue (crops, thumbnails, fat, skin; H&E
and H-DAB) 6 have their own threshold, 2 are at the lower bound and 3 at the upper.

Green and turquoise ink is not tissue: it absorbs red more than green, and blue at least nearly as
much as green, which no stain of these slides does. Red, blue and black pens and shadows of cover
glasses look too much like eosin, haematoxylin and dark nuclei to be told apart by colour; they
are left in.

24 megapixels take two seconds on one thread, and 20 bytes a pixel. Densities are counted in
thousandths, so that nothing depends on the machine.
"""

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageFilter

from smalti.sampling import some_colors
from smalti.segmentation.histology.stains import checked_white, density_table
from smalti.segmentation.mask import visible
from smalti.sources.read import ImageSource, read
from smalti.sources.source_image import Pixels

__all__ = ["tissue_mask", "white_level"]

# Glass: the darkest channel is at least this bright, and the brightest not much brighter, in 8-bit
# samples. Scanners' glass is 220 to 250 with a tint of up to 15; pale eosin is pinker.
_GLASS_SAMPLE = 200
_GLASS_TINT = 25

# Fewer than this share of the pixels are highlights and noise, not glass.
_GLASS_SHARE = 0.001

# The percentile of the samples of glass that is its level. Pale tissue passes for glass too, and
# nothing else is brighter, so that it lies above the median.
_GLASS_PERCENTILE = 75

# Pixels that are enough to know it.
_SAMPLE = 1 << 20

# Standard deviation of the smoothing in pixels: grain and the ringing of JPEG go, nuclei stay.
_SMOOTHING = 1.5

# The thresholds allowed, in thousandths of optical density. Glass is within 0.03 of its level, with
# shading and noise; the palest fat cells and fibres that one would outline have 0.08.
_LOW, _HIGH = 40, 80

# Added to densities before their logarithm is taken, in thousandths: about the noise of glass.
_NOISE = 10

# Densities from here on are one for Otsu's threshold.
_DENSE = 1000

# Ink absorbs red by this much more than green, and blue by at least this share of green. The bluest
# nuclei (of H-DAB slides) reach 1.25 in red, but absorb only half as much blue as green.
_INK_RED = 1.25
_INK_BLUE = 0.7

# Rows worked on at a time have about so many pixels.
_BAND = 1 << 18

_Sample = TypeVar("_Sample", bound=np.generic)


def tissue_mask(
    image: ImageSource, *, white: ArrayLike | None = None, mask: ArrayLike | None = None
) -> NDArray[np.bool_]:
    """Tell tissue from glass.

    Parameters
    ----------
    image : path, URL, bytes, file, Pillow image or array
        A stained slide, or part of it.
    white : array, shape (3,), optional
        Red, green and blue of glass, above 0 to 255. Default: `white_level` of the image.
    mask : bool array, shape (H, W), optional
        The pixels that take part: what the others show changes nothing. Default: all. Fully
        transparent ones never do.

    Returns
    -------
    bool array, shape (H, W)
        True where there is tissue. Pixels that take no part and green ink are none, nor are white
        gaps within tissue.

    Raises
    ------
    ImageReadError
        If the image cannot be read.
    InvalidParameterError
        If the array is no image, `white` no colour, or `mask` none of this image.

    Examples
    --------
    >>> import numpy as np
    >>> from smalti.segmentation.histology.tissue import tissue_mask
    >>> slide = np.full((60, 90, 3), 240, dtype=np.uint8)
    >>> slide[:, 30:60] = (200, 120, 170)
    >>> tissue_mask(slide)[0, [10, 40, 80]].tolist()
    [False, True, False]
    """
    pixels = read(image).pixels
    inside = visible(pixels, mask)
    glass = _glass(pixels, inside) if white is None else checked_white(white)
    dense, counts = _densest(_smoothed(pixels, glass, inside), glass, inside)
    tissue: NDArray[np.bool_] = dense > _threshold(counts)
    return tissue if inside is None else tissue & inside


def white_level(image: ImageSource, *, mask: ArrayLike | None = None) -> NDArray[np.float64]:
    """Return the colour of glass in a slide.

    Parameters
    ----------
    image : path, URL, bytes, file, Pillow image or array
    mask : bool array, shape (H, W), optional
        The pixels that take part. Default: all. Fully transparent ones never do.

    Returns
    -------
    float64 array, shape (3,)
        Red, green and blue, 0 to 255: a high percentile of the pixels that are bright and nearly
        colourless, or 255 where hardly one in a thousand is.

    Raises
    ------
    ImageReadError
        If the image cannot be read.
    InvalidParameterError
        If the array is no image, or `mask` none of this image.
    """
    pixels = read(image).pixels
    return _glass(pixels, visible(pixels, mask))


def _glass(pixels: Pixels, inside: NDArray[np.bool_] | None) -> NDArray[np.float64]:
    sample = some_colors(pixels, inside, _SAMPLE)
    red, green, blue = sample.T
    darkest = np.minimum(np.minimum(red, green), blue)
    tint = np.maximum(np.maximum(red, green), blue) - darkest
    unit = np.iinfo(pixels.dtype).max // 255
    bright = (darkest >= _GLASS_SAMPLE * unit) & (tint <= _GLASS_TINT * unit)
    if bright.sum() <= _GLASS_SHARE * len(sample):
        return np.full(3, 255.0)
    level = np.percentile(sample[bright], _GLASS_PERCENTILE, axis=0, method="nearest")
    white: NDArray[np.float64] = level.astype(np.float64) / unit
    return white


def _bands(pixels: NDArray[_Sample]) -> list[NDArray[_Sample]]:
    """Return views of a few rows each."""
    rows = max(1, _BAND // pixels.shape[1])
    return [pixels[start : start + rows] for start in range(0, len(pixels), rows)]


def _smoothed(
    pixels: Pixels, glass: NDArray[np.float64], inside: NDArray[np.bool_] | None
) -> NDArray[np.uint8]:
    """Return 8-bit colours, blurred; pixels that take no part are glass."""
    colors = pixels[..., :3]
    if colors.dtype != np.uint8:
        colors = (colors >> 8).astype(np.uint8)
    if inside is not None:
        colors = np.where(inside[..., np.newaxis], colors, np.rint(glass).astype(np.uint8))
    picture = Image.fromarray(np.ascontiguousarray(colors))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(_SMOOTHING)))


def _densest(
    colors: NDArray[np.uint8], glass: NDArray[np.float64], inside: NDArray[np.bool_] | None
) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Return the largest density of the channels, and how often each occurs inside.

    Densities are in thousandths and at least 0; ink has 0, but counts as what it is: it says as
    much about where glass ends as tissue does.
    """
    density = density_table(colors.dtype)
    tables = [np.rint(1000 * (density + np.log10(white / 255))).astype(np.int16) for white in glass]
    dense = np.empty(colors.shape[:2], dtype=np.int16)
    counts = np.zeros(_DENSE + 1, dtype=np.int64)
    counted = np.broadcast_to(np.True_, dense.shape) if inside is None else inside
    for band, part, result in zip(_bands(colors), _bands(counted), _bands(dense), strict=True):
        red, green, blue = (tables[channel][band[..., channel]] for channel in range(3))
        top = np.maximum(np.maximum(red, green), np.maximum(blue, 0))
        counts += np.bincount(np.minimum(top[part], _DENSE), minlength=_DENSE + 1)
        ink = (red > _INK_RED * green) & (blue > _INK_BLUE * green)
        result[:] = np.where(ink, 0, top)
    return dense, counts


def _threshold(counts: NDArray[np.int64]) -> int:
    """Return Otsu's threshold of densities counted by thousandths, within the bounds."""
    level = np.round(np.log(np.arange(_DENSE + 1) + _NOISE), 9)
    below = counts.cumsum()
    sums = (counts * level).cumsum()
    # Where all is on one side there is nothing to tell apart.
    inside = np.flatnonzero((below > 0) & (below < below[-1]))
    if len(inside) == 0:
        return _LOW
    left, right = below[inside], below[-1] - below[inside]
    between = (sums[-1] * left - sums[inside] * below[-1]) ** 2 / (left * right)
    return int(np.clip(inside[np.argmax(between)], _LOW, _HIGH))

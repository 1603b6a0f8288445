"""Tissue against glass on stained slides.

Glass is bright and has hardly any colour; tissue absorbs light in at least one channel. The image
is smoothed lightly, and the largest optical density of the three channels, relative to the glass,
is compared with a threshold. Pink, blue and brown are dense in green, red and blue.

The threshold is Otsu's (N. Otsu, "A threshold selection method from gray-level histograms", 1979,
doi:10.1109/TSMC.1979.4310076) on the logarithm of the density, for tissue spreads over a range
ten times as wide as that of glass, and on the density itself the threshold lands in the middle of
the tissue. It is kept within absolute bounds, so that it suits very different pictures: without
them Otsu splits a crop that is all tissue into dark and light tissue, and an empty one into two
halves of noise. Of 11 pictures with tissue (crops, thumbnails, fat, skin; H&E
and H-DAB) 6 have their own threshold, 2 are at the lower bound and 3 at the upper.

Glass and threshold are learnt from one image (`learn_tissue`) and can be applied to others
(`TissueThreshold.mask_of`). Applied, they look at a pixel and its neighbours within
`SMOOTHING_REACH`: a part of an image has the mask of the whole, but for a rim of that width along
the edges where it was cut.

Without the smoothing the mask would be a function of each pixel alone. That was tried on nine
pictures of `shared/data` (seven with tissue, six H&E and one H-DAB), looking at the outlines: the
grain of glass and the gaps between fibres turn into specks. In fat there are 10,364 regions of
tissue instead of 155, in a vessel 1,128 instead of 155, on the H-DAB slide 397 instead of 116.

Green and turquoise ink is not tissue: it absorbs red more than green, and blue at least nearly as
much as green, which no stain of these slides does. Red, blue and black pens and shadows of cover
glasses look too much like eosin, haematoxylin and dark nuclei to be told apart by colour; they
are left in.

24 megapixels take two seconds on one thread, and 20 bytes a pixel. Densities are counted in
thousandths, so that nothing depends on the machine.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageFilter

from smalti.inputs import read_input
from smalti.sampling import some_colors
from smalti.segmentation.histology.stains import checked_white, density_table
from smalti.segmentation.mask import visible
from smalti.sources.read import ImageSource
from smalti.sources.source_image import Pixels
from smalti.validation import real_number

__all__ = ["SMOOTHING_REACH", "TissueThreshold", "learn_tissue", "tissue_mask", "white_level"]

SMOOTHING_REACH = 6
"""Pixels, in rows and in columns, that have a say in whether a pixel is tissue."""

# Glass: the darkest channel is at least this bright, and the brightest not much brighter, in 8-bit
# samples. Scanners' glass is 220 to 250 with a tint of up to 15; pale eosin is pinker.
_GLASS_SAMPLE = 200
_GLASS_TINT = 25

# Fewer than this share of the pixels are highlights and noise, not glass.
_GLASS_SHARE = 0.001

# The percentile of the samples of glass that is its level. Pale tissue passes for glass too, and is
# darker: the level of glass lies above the median.
_GLASS_PERCENTILE = 75

# Pixels that are enough to find the level.
_SAMPLE = 1 << 20

# Standard deviation of the smoothing in pixels: grain and the ringing of JPEG go, nuclei stay.
# Pillow's is three passes of a mean over 2 pixels to either side: `SMOOTHING_REACH` in all.
_SMOOTHING = 1.5

# Thousandths, the unit of densities, in an optical density of 1.
_UNIT = 1000

# The thresholds allowed, in thousandths of optical density. Glass is within 0.03 of its level, with
# shading and noise; the palest fat cells and fibres that one would outline have 0.08.
_LOW, _HIGH = 40, 80

# The same for pale counterstain, which is hardly denser than glass. Stroma of H-DAB slides has 0.02
# to 0.1; the level of glass is a higher percentile, for such stroma passes for glass.
_PALE_LOW, _PALE_HIGH = 20, 25
_PALE_GLASS_PERCENTILE = 95

# Added to densities before their logarithm is taken, in thousandths: about the noise of glass.
_NOISE = 10

# For Otsu's threshold all larger densities count as this one.
_DENSE = 1000

# Ink absorbs red by this much more than green, and blue by at least this share of green. The bluest
# nuclei (of H-DAB slides) reach 1.25 in red, but absorb only half as much blue as green.
_INK_RED = 1.25
_INK_BLUE = 0.7

# Rows worked on at a time have about so many pixels.
_BAND = 1 << 18

_Sample = TypeVar("_Sample", bound=np.generic)


@dataclass(frozen=True)
class TissueThreshold:
    """Where glass ends and tissue begins, learnt from one slide.

    Attributes
    ----------
    white : (float, float, float)
        Red, green and blue of the glass, above 0 to 255.
    density : float
        The largest optical density of glass, 0 to 3: what is denser in any channel is tissue. It is
        counted in thousandths.
    """

    white: tuple[float, float, float]
    density: float

    def __post_init__(self) -> None:
        """Refuse what is no colour and no density; files may hold anything."""
        red, green, blue = checked_white(self.white).tolist()
        object.__setattr__(self, "white", (red, green, blue))
        object.__setattr__(self, "density", real_number("density", self.density, 0.0, 3.0))

    def mask_of(self, image: ImageSource, *, mask: ArrayLike | None = None) -> NDArray[np.bool_]:
        """Tell tissue from glass in this image or another one that was scanned alike.

        Parameters
        ----------
        image : path, URL, bytes, file, Pillow image or array
        mask : bool array, shape (H, W), optional
            As of `tissue_mask`.

        Returns
        -------
        bool array, shape (H, W)
            True where there is tissue. Pixels farther than `SMOOTHING_REACH` from all edges have
            the same value in any larger image that this one is cut out of.

        Raises
        ------
        ImageReadError
            If the image cannot be read.
        InvalidParameterError
            If the array is no image, or `mask` does not fit it.
        """
        pixels = read_input(image).pixels
        mask = visible(pixels, mask)
        tissue = self.are_dense(self.smoothed(pixels, mask))
        return tissue if mask is None else tissue & mask

    def smoothed(self, pixels: Pixels, mask: NDArray[np.bool_] | None) -> NDArray[np.uint8]:
        """Return the colours that are compared, smoothed over `SMOOTHING_REACH` pixels.

        Parameters
        ----------
        pixels : uint8 or uint16 array, shape (H, W, 3 or 4)
        mask : bool array, shape (H, W), or None
            The pixels that take part; the others are glass.

        Returns
        -------
        uint8 array, shape (H, W, 3)
        """
        return _smoothed(pixels, np.array(self.white), mask)

    def are_dense(self, colors: Pixels) -> NDArray[np.bool_]:
        """Return which smoothed colours are denser than glass.

        Parameters
        ----------
        colors : uint8 array, shape (H, W, 3)

        Returns
        -------
        bool array, shape (H, W)
        """
        dense, _ = _densest(colors, np.array(self.white), None)
        return self._tissue(dense, None)

    def _tissue(
        self, dense: NDArray[np.int16], mask: NDArray[np.bool_] | None
    ) -> NDArray[np.bool_]:
        tissue: NDArray[np.bool_] = dense > round(_UNIT * self.density)
        return tissue if mask is None else tissue & mask


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
        If the array is no image, `white` no colour, or `mask` does not fit the image.

    Examples
    --------
    >>> import numpy as np
    >>> import smalti
    >>> slide = np.full((60, 90, 3), 240, dtype=np.uint8)
    >>> slide[:, 30:60] = (200, 120, 170)
    >>> smalti.tissue_mask(slide)[0, [10, 40, 80]].tolist()
    [False, True, False]
    """
    return learn_tissue(image, white=white, mask=mask)[0]


def learn_tissue(
    image: ImageSource,
    *,
    white: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    pale: bool = False,
) -> tuple[NDArray[np.bool_], TissueThreshold]:
    """Return the tissue of an image, and what tells it from glass, for other images.

    Parameters
    ----------
    image, white, mask
        As of `tissue_mask`.
    pale : bool, default: False
        Whether pale counterstain is tissue, too. Beside a dense stain, Otsu's threshold parts that
        stain from all that is pale; what is below it is parted once more, from glass.

    Returns
    -------
    bool array, shape (H, W), and TissueThreshold
        The mask that `tissue_mask` returns, unless `pale`.

    Raises
    ------
    ImageReadError, InvalidParameterError
        As `tissue_mask`.
    """
    pixels = read_input(image).pixels
    mask = visible(pixels, mask)
    percentile = _PALE_GLASS_PERCENTILE if pale else _GLASS_PERCENTILE
    glass = _glass(pixels, mask, percentile) if white is None else checked_white(white)
    dense, counts = _densest(_smoothed(pixels, glass, mask), glass, mask)
    least = _pale_threshold(counts) if pale else int(np.clip(_otsu(counts), _LOW, _HIGH))
    red, green, blue = glass.tolist()
    threshold = TissueThreshold((red, green, blue), least / _UNIT)
    return threshold._tissue(dense, mask), threshold


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
        If the array is no image, or `mask` does not fit it.
    """
    pixels = read_input(image).pixels
    return _glass(pixels, visible(pixels, mask), _GLASS_PERCENTILE)


def _glass(pixels: Pixels, mask: NDArray[np.bool_] | None, percentile: int) -> NDArray[np.float64]:
    sample = some_colors(pixels, mask, _SAMPLE)
    red, green, blue = sample.T
    darkest = np.minimum(np.minimum(red, green), blue)
    tint = np.maximum(np.maximum(red, green), blue) - darkest
    unit = np.iinfo(pixels.dtype).max // 255
    bright = (darkest >= _GLASS_SAMPLE * unit) & (tint <= _GLASS_TINT * unit)
    if bright.sum() <= _GLASS_SHARE * len(sample):
        return np.full(3, 255.0)
    level = np.percentile(sample[bright], percentile, axis=0, method="nearest")
    white: NDArray[np.float64] = level.astype(np.float64) / unit
    return white


def _bands(pixels: NDArray[_Sample]) -> list[NDArray[_Sample]]:
    """Return views of a few rows each."""
    rows = max(1, _BAND // pixels.shape[1])
    return [pixels[start : start + rows] for start in range(0, len(pixels), rows)]


def _smoothed(
    pixels: Pixels, glass: NDArray[np.float64], mask: NDArray[np.bool_] | None
) -> NDArray[np.uint8]:
    """Return 8-bit colours, blurred; pixels that take no part are glass."""
    colors = pixels[..., :3]
    if colors.dtype != np.uint8:
        colors = (colors >> 8).astype(np.uint8)
    if mask is not None:
        colors = np.where(mask[..., np.newaxis], colors, np.rint(glass).astype(np.uint8))
    picture = Image.fromarray(np.ascontiguousarray(colors))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(_SMOOTHING)))


def _densest(
    colors: Pixels, glass: NDArray[np.float64], mask: NDArray[np.bool_] | None
) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Return the largest density of the channels, and how often each occurs.

    Densities are in thousandths and at least 0. Only pixels that take part are counted. Ink has 0
    in the result, but is counted as what it is: it says as much about where glass ends as tissue
    does.
    """
    density = density_table(colors.dtype)
    tables = [
        np.rint(_UNIT * (density + np.log10(white / 255))).astype(np.int16) for white in glass
    ]
    dense = np.empty(colors.shape[:2], dtype=np.int16)
    counts = np.zeros(_DENSE + 1, dtype=np.int64)
    counted = np.broadcast_to(np.True_, dense.shape) if mask is None else mask
    for band, part, result in zip(_bands(colors), _bands(counted), _bands(dense), strict=True):
        red, green, blue = (tables[channel][band[..., channel]] for channel in range(3))
        top = np.maximum(np.maximum(red, green), np.maximum(blue, 0))
        counts += np.bincount(np.minimum(top[part], _DENSE), minlength=_DENSE + 1)
        ink = (red > _INK_RED * green) & (blue > _INK_BLUE * green)
        result[:] = np.where(ink, 0, top)
    return dense, counts


def _otsu(counts: NDArray[np.int64]) -> int:
    """Return Otsu's threshold of densities counted by thousandths; 0 if all are the same."""
    level = np.round(np.log(np.arange(len(counts)) + _NOISE), 9)
    below = counts.cumsum()
    sums = (counts * level).cumsum()
    # A split needs densities on both sides.
    splits = np.flatnonzero((below > 0) & (below < below[-1]))
    if len(splits) == 0:
        return 0
    left, right = below[splits], below[-1] - below[splits]
    between = (sums[-1] * left - sums[splits] * below[-1]) ** 2 / (left * right)
    return int(splits[np.argmax(between)])


def _pale_threshold(counts: NDArray[np.int64]) -> int:
    """Return the threshold between glass and pale tissue, within its bounds."""
    dense = max(_otsu(counts), _HIGH)
    return int(np.clip(_otsu(counts[: dense + 1]), _PALE_LOW, _PALE_HIGH))

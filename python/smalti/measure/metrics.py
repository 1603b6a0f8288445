"""How far a picture is from its original.

>>> import numpy as np
>>> from smalti import metrics
>>> black = np.zeros((8, 8, 3), np.uint8)
>>> metrics.mse(black, black + np.uint8(2))
4.0
>>> round(metrics.psnr(black, black + np.uint8(2)), 2)
42.11
>>> metrics.ssimulacra2(black, black)
100.0
>>> round(metrics.worst_local_error(black, ~black), 3)
100.0
"""

import math
from typing import TYPE_CHECKING

from smalti import _core
from smalti.inputs import read_input

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from smalti.sources.read import ImageSource

__all__ = [
    "difference_map",
    "local_errors",
    "mse",
    "psnr",
    "psnr_of_mse",
    "ssimulacra2",
    "worst_local_error",
]

WHITE_IN_MAP = 20.0
"""The local error that a difference map shows as white: ten times what is just noticeable.

Palettes of 256 colours stay below 5 nearly everywhere; a spot that lost its colour passes 20.
"""


def mse(reference: "ImageSource", distorted: "ImageSource") -> float:
    """Mean squared error over all samples, in 8-bit sRGB values squared (0 to 65025).

    The mean runs over pixels and channels, as in scikit-image; K-Means' distortion J sums over
    the channels of a pixel and is three times this for RGB. 16-bit samples are scaled to
    0..255 first. With alpha, colours are premultiplied and alpha is a fourth sample.

    Parameters
    ----------
    reference, distorted : path, URL, bytes, file object, Pillow image or array
        Two images of one shape.

    Returns
    -------
    float
        0 for equal images, at most 65025.

    Raises
    ------
    InvalidParameterError
        If the shapes differ, or an array is no image.
    ImageReadError
        If one of them cannot be read.
    """
    return _core.mse(read_input(reference).pixels, read_input(distorted).pixels)


def psnr(reference: "ImageSource", distorted: "ImageSource") -> float:
    """Peak signal-to-noise ratio in decibels, ``10 log10(255**2 / mse)``.

    Parameters
    ----------
    reference, distorted : path, URL, bytes, file object, Pillow image or array
        Two images of one shape.

    Returns
    -------
    float
        Infinite for identical images.

    Raises
    ------
    InvalidParameterError
        If the shapes differ, or an array is no image.
    ImageReadError
        If one of them cannot be read.
    """
    return psnr_of_mse(mse(reference, distorted))


def psnr_of_mse(error: float) -> float:
    """Peak signal-to-noise ratio in decibels that a mean squared error stands for.

    Parameters
    ----------
    error : float
        As `mse` measures it, 0 to 65025.

    Returns
    -------
    float
        Infinite for an error of 0.
    """
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def ssimulacra2(reference: "ImageSource", distorted: "ImageSource") -> float:
    """SSIMULACRA2: a perceptual score, 100 for identical images, falling without bound.

    About 90 is hardly distinguishable, 70 good, 50 fair and 30 poor (J. Sneyers,
    https://github.com/cloudinary/ssimulacra2). Images with alpha are scored over a dark and a
    light background, and the lower score counts. Above 4 megapixels the image is scored in
    strips, which shifts the score by about 0.02.

    Parameters
    ----------
    reference, distorted : path, URL, bytes, file object, Pillow image or array
        Two images of one shape.

    Returns
    -------
    float
        At most 100.

    Raises
    ------
    InvalidParameterError
        If the shapes differ, or an array is no image.
    ImageReadError
        If one of them cannot be read.
    """
    return _core.ssimulacra2(read_input(reference).pixels, read_input(distorted).pixels)


def worst_local_error(reference: "ImageSource", distorted: "ImageSource") -> float:
    """Largest difference between local means: finds the one spot that lost its colour.

    At every pixel the mean colours of both images over the 5 x 5 pixels around it (at the
    borders: those within the image) are compared; the largest distance counts. Dither averages
    out over such a window, while a small lamp or the swatch of a legend does not, and neither
    does it show in `mse` or `ssimulacra2`, which judge the picture as a whole.

    The unit is a hundredth of OKLab's: 0 is the same, 2 just noticeable between large patches,
    100 the distance of black and white. Colours are premultiplied by alpha, and alpha is a
    fourth coordinate of 0 to 100. Symmetric in the images, whose bit depths may differ.

    Parameters
    ----------
    reference, distorted : path, URL, bytes, file object, Pillow image or array
        Two images of one shape.

    Returns
    -------
    float
        0 for equal images.

    Raises
    ------
    InvalidParameterError
        If the shapes differ, or an array is no image.
    ImageReadError
        If one of them cannot be read.
    """
    return _core.local_error(read_input(reference).pixels, read_input(distorted).pixels)[0]


def local_errors(reference: "ImageSource", distorted: "ImageSource") -> "NDArray[np.float32]":
    """Difference between local means at every pixel.

    Its maximum is `worst_local_error`, where the unit is explained.

    Parameters
    ----------
    reference, distorted : path, URL, bytes, file object, Pillow image or array
        Two images of one shape.

    Returns
    -------
    float32 array, shape (H, W)

    Raises
    ------
    InvalidParameterError
        If the shapes differ, or an array is no image.
    ImageReadError
        If one of them cannot be read.
    """
    return _core.local_errors(read_input(reference).pixels, read_input(distorted).pixels)


def difference_map(reference: "ImageSource", distorted: "ImageSource") -> "NDArray[np.uint8]":
    """Picture of `local_errors`, black where both images agree.

    Grey rises evenly from 0 (no error) to 255 (an error of 20 or more): sRGB's grey values are
    close to equal steps of lightness, so twice as light is twice as wrong.

    Parameters
    ----------
    reference, distorted : path, URL, bytes, file object, Pillow image or array
        Two images of one shape.

    Returns
    -------
    uint8 array, shape (H, W, 3)

    Raises
    ------
    InvalidParameterError
        If the shapes differ, or an array is no image.
    ImageReadError
        If one of them cannot be read.
    """
    import numpy as np

    errors = local_errors(reference, distorted)
    # In place: a picture of 24 megapixels has 96 MB of errors.
    np.multiply(errors, np.float32(255 / WHITE_IN_MAP), out=errors)
    grey = np.rint(np.minimum(errors, 255, out=errors), out=errors).astype(np.uint8)
    return np.repeat(grey[..., np.newaxis], 3, axis=2)

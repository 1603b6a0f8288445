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
"""

import math

from smalti import _core
from smalti.images.read import ImageSource, read

__all__ = ["mse", "psnr", "psnr_of_mse", "ssimulacra2"]


def mse(reference: ImageSource, distorted: ImageSource) -> float:
    """Mean squared error over all samples, in 8-bit sRGB values squared (0 to 65025).

    The mean runs over pixels and channels, as in scikit-image; K-Means' distortion J sums over
    the channels of a pixel and is three times this for RGB. 16-bit samples are scaled to
    0..255 first. With alpha, colours are premultiplied and alpha is a fourth sample.

    Parameters
    ----------
    reference, distorted : path, URL, bytes, file object, Pillow image or array
        Two images of one shape.

    Raises
    ------
    InvalidParameterError
        If the shapes differ.
    """
    return _core.mse(read(reference).pixels, read(distorted).pixels)


def psnr(reference: ImageSource, distorted: ImageSource) -> float:
    """Peak signal-to-noise ratio in decibels, ``10 log10(255**2 / mse)``.

    Infinite for identical images. Parameters and errors are those of `mse`.
    """
    return psnr_of_mse(mse(reference, distorted))


def psnr_of_mse(error: float) -> float:
    """Peak signal-to-noise ratio in decibels that a mean squared error stands for."""
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


def ssimulacra2(reference: ImageSource, distorted: ImageSource) -> float:
    """SSIMULACRA2: a perceptual score, 100 for identical images, falling without bound.

    About 90 is hardly distinguishable, 70 good, 50 fair and 30 poor (J. Sneyers,
    https://github.com/cloudinary/ssimulacra2). Images with alpha are scored over a dark and a
    light background, and the lower score counts. Above 4 megapixels the image is scored in
    strips, which shifts the score by about 0.02. Parameters and errors are those of `mse`.
    """
    return _core.ssimulacra2(read(reference).pixels, read(distorted).pixels)

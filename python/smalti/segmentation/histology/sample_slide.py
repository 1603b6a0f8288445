"""A synthetic slide with its true classes, to try things out without a slide of one's own.

Skin-like tissue stained with haematoxylin and eosin: fibres, epithelium, nuclei of several shapes,
gaps and glass, mixed from two stains and blurred a little, with the noise of a camera. It looks
like tissue to the eye and to K-Means; it is no stand-in for real slides when methods are judged.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from smalti.segmentation.histology.stains import Stains
from smalti.validation import MAX_SEED, whole_number

__all__ = ["SampleSlide", "sample_slide"]

NUCLEI, STROMA, BACKGROUND = range(3)

# Optical densities as estimated on slides; the published ones of eosin are pinker.
_STAINS = Stains("he", [[0.58, 0.74, 0.34], [0.22, 0.85, 0.48]], (245, 243, 246))

# Pixels of tissue for each nucleus in fibres, and in epithelium.
_SPARSE, _CROWDED = 1500, 330

# Standard deviation of the camera's noise, in 8-bit samples, and of its blur, in pixels.
_NOISE, _BLUR = 3.0, 0.7


class SampleSlide(NamedTuple):
    """A slide and its truth.

    Attributes
    ----------
    image : uint8 array, shape (H, W, 3)
    labels : uint8 array, shape (H, W)
        0 in nuclei, 1 in the rest of the tissue, 2 on glass: the classes of the preset "he".
    """

    image: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def sample_slide(height: int = 384, width: int = 512, *, seed: int = 0) -> SampleSlide:
    """Make a slide.

    Parameters
    ----------
    height, width : int
        Its size in pixels, at least 64. Default: 384 x 512.
    seed : int, default: 0
        0 to 2**64 - 1; another slide for each.

    Returns
    -------
    SampleSlide
        The image and what is where.

    Raises
    ------
    InvalidParameterError
        If an argument is outside its range.

    Examples
    --------
    >>> from smalti import sample_slide
    >>> slide = sample_slide()
    >>> slide.image.shape, int(slide.labels.max())
    ((384, 512, 3), 2)
    """
    shape = (whole_number("height", height, 64), whole_number("width", width, 64))
    random = np.random.default_rng(whole_number("seed", seed, 0, MAX_SEED))
    layout = _field(random, shape, 90.0)
    labels = np.full(shape, STROMA, dtype=np.uint8)
    epithelium = layout > 0.2
    fibres = (_field(random, shape, 3.0, 14.0) + _field(random, shape, 8.0, 50.0)) / 2**0.5
    labels[(fibres < -1.35) & ~epithelium] = BACKGROUND
    labels[_field(random, shape, 70.0) < -1.3] = BACKGROUND
    haematoxylin = np.where(epithelium, 0.25, 0.08) + 0.03 * _field(random, shape, 2.5)
    eosin = np.where(epithelium, 0.26, 0.36) + np.where(epithelium, 0.03, 0.09) * fibres
    _add_nuclei(random, labels, epithelium)
    nuclei = labels == NUCLEI
    chromatin = _field(random, shape, 1.2)
    haematoxylin[nuclei] = 0.72 + 0.12 * chromatin[nuclei] + 0.05 * layout[nuclei]
    eosin[nuclei] = 0.2
    densities = np.stack([haematoxylin, eosin], axis=-1).clip(0.02, 2.0)
    densities[labels == BACKGROUND] = 0.015
    sharp = Image.fromarray(_STAINS.colors(densities))
    soft = np.asarray(sharp.filter(ImageFilter.GaussianBlur(_BLUR)), dtype=np.float64)
    noisy = soft + random.normal(0.0, _NOISE, soft.shape)
    return SampleSlide(np.rint(noisy).clip(0, 255).astype(np.uint8), labels)


def _field(
    random: np.random.Generator, shape: tuple[int, int], down: float, across: float | None = None
) -> NDArray[np.float64]:
    """Return smooth noise of mean 0 and variance 1, with hills so many pixels high and wide."""
    height = max(2, round(2 * shape[0] / down))
    width = max(2, round(2 * shape[1] / (across or down)))
    coarse = Image.fromarray(random.normal(size=(height, width)).astype(np.float32))
    field = np.asarray(coarse.resize(shape[::-1], Image.Resampling.BICUBIC), dtype=np.float64)
    normal: NDArray[np.float64] = (field - field.mean()) / field.std()
    return normal


def _add_nuclei(
    random: np.random.Generator, labels: NDArray[np.uint8], epithelium: NDArray[np.bool_]
) -> None:
    """Put ellipses where there is tissue: round and crowded in epithelium, thin between fibres."""
    for tissue, pixels_each, thin in ((epithelium, _CROWDED, 0.75), (~epithelium, _SPARSE, 0.35)):
        places = np.flatnonzero(tissue & (labels == STROMA))
        for place in random.permutation(places)[: len(places) // pixels_each]:
            row, column = divmod(int(place), labels.shape[1])
            radius, angle = random.uniform(4.5, 7.5), random.uniform(0, np.pi)
            reach = 8
            top, left = max(0, row - reach), max(0, column - reach)
            window = labels[top : row + reach + 1, left : column + reach + 1]
            down, right = np.ogrid[: window.shape[0], : window.shape[1]]
            down, right = down - (row - top), right - (column - left)
            along = right * np.cos(angle) + down * np.sin(angle)
            across = down * np.cos(angle) - right * np.sin(angle)
            ellipse = along**2 + (across / thin) ** 2 < radius**2
            window[ellipse & (window == STROMA)] = NUCLEI

"""The stains of a slide, estimated from the slide itself.

M. Macenko et al., "A method for normalizing histology slides for quantitative analysis", ISBI 2009,
doi:10.1109/ISBI.2009.5193250: the densities of all mixtures of two stains lie on a plane, between
the two stains' own directions. The plane is that of the two largest principal directions of tissue
pixels about the origin, and the stains are the extreme directions in it, robustly.

The published vectors do not suit every laboratory, scanner and age of slides: on the ten H&E
pictures tried, eosin is 21 to 32 degrees away from Ruifrok and Johnston's (it absorbs more blue),
haematoxylin 4 to 12.

Three things are added. Pixels that no mixture of the stains can look like are left out: ink, red
blood cells and red pen would otherwise be an extreme of their own. Directions are cut off at 0, for
no stain lets more light through than glass. And where there is one stain only, for the extremes are
close to each other or both absorb much red or little of it, the other one is the published one.

Nothing is random: of large images pixels at even distances are taken. Results are rounded, so that
the last digits, in which linear algebra libraries differ, are the same everywhere. A picture of 24
megapixels takes a third of a second besides its tissue mask.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti.exceptions import InvalidParameterError
from smalti.inputs import read_input
from smalti.sampling import some_colors
from smalti.segmentation.histology.stains import (
    HDAB,
    HE,
    Stains,
    checked_white,
    density_table,
    redness,
)
from smalti.segmentation.histology.tissue import tissue_mask, white_level
from smalti.segmentation.mask import boolean_mask
from smalti.sources.read import ImageSource
from smalti.sources.source_image import Pixels
from smalti.validation import one_of, real_number

__all__ = ["MIN_TISSUE", "REFERENCE", "estimate_stains", "stains_of", "tissue_colors"]

REFERENCE = {"he": HE, "hdab": HDAB}
"""The published stains of each kind of slide."""

MIN_TISSUE = 32
"""Pixels of tissue that are enough for an estimate."""

# More pixels than these change the percentiles by less than rounding.
_SAMPLE = 1 << 18

# Macenko's beta: in paler pixels noise decides on the direction.
_PALE = 0.15

# Largest red and blue densities, as shares of green, that a mixture has. Estimated stains reach 0.9
# in red (haematoxylin) and 0.75 in blue (eosin), with noise a little more; red blood cells and red
# pen have as much blue as green, ink more red than green. DAB is mostly blue.
_LARGEST = {"he": (1.25, 0.8), "hdab": (1.5, math.inf)}

# The smallest angle between two stains, in degrees. Noise spreads one stain by 5; the nearest two
# in the pictures tried are 17 apart.
_MIN_ANGLE = 10.0

# What the two stains of H&E absorb of red, as a share of green: haematoxylin at least so much,
# eosin at most so much. Estimates of slides have 0.68 and more, and 0.32 and less; where there is
# one stain only, its noise lies on one side. (Angles would not tell: the published haematoxylin is
# as near to many an eosin as the published eosin.)
_LEAST_HAEMATOXYLIN, _MOST_EOSIN = 0.5, 0.5

# Decimals that vectors are rounded to.
_DECIMALS = 6


def estimate_stains(
    image: ImageSource,
    kind: str = "he",
    *,
    mask: ArrayLike | None = None,
    white: ArrayLike | None = None,
    percentile: float = 1.0,
) -> Stains:
    """Estimate the stains of a slide from its own pixels.

    Parameters
    ----------
    image : path, URL, bytes, file, Pillow image or array
        A stained slide, or part of it that shows both stains.
    kind : {"he", "hdab"}, default: "he"
        Which stains they are.
    mask : bool array, shape (H, W), optional
        The pixels that take part: glass and tissue are sought among them, and what the others show
        changes nothing. Default: all. Fully transparent ones never do.
    white : array, shape (3,), optional
        Red, green and blue of glass, above 0 to 255; to be given where `mask` leaves no glass.
        Default: `white_level` of the pixels that take part.
    percentile : float, default: 1.0
        How many percent of the pixels may lie outside each stain, 0 to 25.

    Returns
    -------
    Stains
        Haematoxylin first. Where there is one stain only, the other one is the published one.

    Raises
    ------
    ImageReadError
        If the image cannot be read.
    InvalidParameterError
        If fewer than `MIN_TISSUE` pixels can be learnt from, or an argument is outside its range.

    Examples
    --------
    >>> import numpy as np
    >>> import smalti
    >>> from smalti.segmentation.histology.stains import HE
    >>> eosin = np.linspace(0.0, 0.8, 400).reshape(20, 20)
    >>> slide = HE.colors(np.stack([0.8 - eosin, eosin], axis=-1))
    >>> found = smalti.estimate_stains(slide)
    >>> bool(abs(found.vectors - HE.vectors).max() < 0.05)
    True
    """
    one_of("kind", kind, tuple(REFERENCE))
    percentile = real_number("percentile", percentile, 0.0, 25.0)
    source = read_input(image)
    glass = white_level(source, mask=mask) if white is None else checked_white(white)
    tissue = tissue_mask(source, white=glass, mask=mask)
    stains = stains_of(tissue_colors(source.pixels, tissue), glass, kind, percentile=percentile)
    if stains is None:
        raise InvalidParameterError(
            f"{source.name} has fewer than the {MIN_TISSUE} pixels of stained tissue that an "
            "estimate needs; give its stains, or another mask"
        )
    return stains


def stains_of(
    colors: Pixels, white: NDArray[np.float64], kind: str, *, percentile: float = 1.0
) -> Stains | None:
    """Estimate stains from the colours of tissue.

    Parameters
    ----------
    colors : uint8 or uint16 array, shape (n, 3)
    white : float64 array, shape (3,)
    kind : {"he", "hdab"}
    percentile : float, default: 1.0

    Returns
    -------
    Stains or None
        None where fewer than `MIN_TISSUE` colours are mixtures of the stains.
    """
    stained = _stained(colors, white, kind)
    if len(stained) < MIN_TISSUE:
        return None
    first, second = _extremes(stained, percentile)
    vectors = _assigned(first, second, kind)
    return Stains(kind, np.round(vectors, _DECIMALS), white)


def tissue_colors(pixels: Pixels, mask: ArrayLike) -> Pixels:
    """Return the colours of pixels within a mask, of large images some of them.

    Parameters
    ----------
    pixels : uint8 or uint16 array, shape (H, W, 3) or (H, W, 4)
    mask : bool array, shape (H, W)

    Returns
    -------
    uint8 or uint16 array, shape (n, 3)

    Raises
    ------
    InvalidParameterError
        If the mask is not boolean or of another size.
    """
    return some_colors(pixels, boolean_mask(mask, pixels.shape[:2]), _SAMPLE)


def _stained(colors: Pixels, glass: NDArray[np.float64], kind: str) -> NDArray[np.float64]:
    """Return the densities of those colours that mixtures of the stains can have."""
    densities = density_table(colors.dtype)[colors] + np.log10(glass / 255)
    red, green, blue = densities.T
    largest_red, largest_blue = _LARGEST[kind]
    dense = np.sqrt(red * red + green * green + blue * blue) > _PALE
    possible = (red <= largest_red * green) & (green > 0)
    if math.isfinite(largest_blue):
        possible &= blue <= largest_blue * green
    stained: NDArray[np.float64] = densities[dense & possible]
    return stained


def _extremes(
    densities: NDArray[np.float64], percentile: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the two directions that (nearly) all densities lie between, in their plane."""
    moments = [[(a * b).mean() for b in densities.T] for a in densities.T]
    _, directions = np.linalg.eigh(np.array(moments))
    main, across = directions[:, 2], directions[:, 1]
    # Eigenvectors may point either way: the main one points to where the densities are.
    main = main * np.sign(main.sum())
    across = across * np.sign(across[np.argmax(np.abs(across))])
    along = sum(densities[:, i] * main[i] for i in range(3))
    aside = sum(densities[:, i] * across[i] for i in range(3))
    angles = np.percentile(np.arctan2(aside, along), [percentile, 100 - percentile])
    ends = [_unit(np.maximum(np.cos(a) * main + np.sin(a) * across, 0.0)) for a in angles]
    return ends[0], ends[1]


def _assigned(
    first: NDArray[np.float64], second: NDArray[np.float64], kind: str
) -> NDArray[np.float64]:
    """Return the two directions, haematoxylin first, or the nearest stain's and the published."""
    if _angle(first, second) < _MIN_ANGLE or (kind == "he" and not _are_he(first, second)):
        published = REFERENCE[kind].vectors[:2].copy()
        found = _unit(first + second)
        if kind == "he":
            which = 0 if redness(found) >= _LEAST_HAEMATOXYLIN else 1
        else:
            which = int(np.argmin([_angle(found, stain) for stain in published]))
        published[which] = found
        return published
    # Haematoxylin lets blue through and takes red; DAB takes blue, and eosin lets red through.
    bluish = [vector[0] - (vector[2] if kind == "hdab" else 0.0) for vector in (first, second)]
    return np.array([first, second] if bluish[0] > bluish[1] else [second, first])


def _are_he(first: NDArray[np.float64], second: NDArray[np.float64]) -> bool:
    """Whether two directions can be haematoxylin and eosin, in either order."""
    eosin, haematoxylin = sorted(map(redness, (first, second)))
    return haematoxylin >= _LEAST_HAEMATOXYLIN and eosin <= _MOST_EOSIN


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    unit: NDArray[np.float64] = vector / np.sqrt((vector * vector).sum())
    return unit


def _angle(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the angle between two unit vectors in degrees."""
    return math.degrees(math.acos(min(1.0, float((a * b).sum()))))

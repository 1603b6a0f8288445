"""pngquant's scale of quality, 0 to 100, in the terms of SSIMULACRA2.

pngquant takes its qualities for mean squared errors in a colour space of its own. smalti aims at
scores of SSIMULACRA2, so the table says which scores pngquant's own files have.
"""

from itertools import pairwise
from typing import NamedTuple

__all__ = ["TABLE", "QualityRange", "quality_of", "score_of"]

TABLE = (
    (0, 0.0),
    (10, 51.0),
    (30, 59.0),
    (50, 67.0),
    (70, 74.0),
    (80, 78.0),
    (90, 85.0),
    (95, 89.0),
    (100, 100.0),
)
"""Qualities and scores; between them the scale is straight.

Scores from 10 to 95 are the medians of pngquant 3.0.3's files of at least a quality, of 43
photographs and 38 drawings (`python -m bench pngquant_quality`), to the nearest point: 50.8, 59.1,
66.8, 73.7, 77.6, 85.2 and 89.2. Those that were measured between them lie within 1.3 points of the
straight lines. Quality 100 is the image itself. At 0 pngquant takes two colours, whatever they
show; none of eleven such pictures scored more than 0.
"""

# pngquant's lowest quality where one number is given: the ninth tenth of it.
_LEAST_OF_MOST = 9, 10


class QualityRange(NamedTuple):
    """What ``--quality`` asks for, on pngquant's scale.

    Attributes
    ----------
    least : int
        Nothing below it is written.
    most : int
        Nothing above it is worth its bytes.
    """

    least: int
    most: int

    @classmethod
    def of_most(cls, most: int) -> "QualityRange":
        """Return the range that one number stands for."""
        part, whole = _LEAST_OF_MOST
        return cls(most * part // whole, most)


def score_of(quality: float) -> float:
    """Return the SSIMULACRA2 that a quality stands for.

    Parameters
    ----------
    quality : float
        0 to 100.

    Returns
    -------
    float
    """
    for (low, low_score), (high, high_score) in pairwise(TABLE):
        if quality <= high:
            return low_score + (quality - low) / (high - low) * (high_score - low_score)
    return TABLE[-1][1]


def quality_of(score: float) -> float:
    """Return the quality, 0 to 100, that a SSIMULACRA2 stands for."""
    if score <= TABLE[0][1]:
        return TABLE[0][0]
    for (low, low_score), (high, high_score) in pairwise(TABLE):
        if score <= high_score:
            return low + (score - low_score) / (high_score - low_score) * (high - low)
    return TABLE[-1][0]

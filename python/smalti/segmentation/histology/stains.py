"""Stains of histological slides: how much of each is in a pixel, by colour deconvolution.

A. C. Ruifrok and D. A. Johnston, "Quantification of histochemical staining by color
deconvolution", Analytical and Quantitative Cytology and Histology 23(4), 2001: light that passes a
stain is weakened by a power of ten, so the optical density of a pixel is the sum of its stains'
vectors, each times its amount. Two stains and the residual at right angles to both are three
unknowns for three channels.

As there, and as everywhere since, the samples are taken as they are stored, not as linear light:
the published vectors were measured that way. Optical density is ``-log10(sample / white)``, with
the glass for white. Black would have an infinite density. It counts as a quarter of an 8-bit step,
the middle of what is stored as 0; `FLOOR_DENSITY` is its density against white 255. Amounts are not
cut off at 0, unlike scikit-image's: a pixel that is brighter than glass, or of a colour that no
mixture of the two stains has, has a negative amount. So colours can be computed from amounts again.

A pixel costs three look-ups of a row and six additions; 24 megapixels take a third of a second on
one thread, and no memory besides the result. There are no matrix products, whose rounding would
depend on the machine.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti.exceptions import InvalidParameterError
from smalti.sources.source_image import Pixels
from smalti.validation import one_of

__all__ = [
    "FLOOR_DENSITY",
    "HDAB",
    "HE",
    "STAIN_NAMES",
    "Stains",
    "checked_colors",
    "checked_white",
    "density_table",
    "redness",
    "summed_rows",
]

STAIN_NAMES = {
    "he": ("haematoxylin", "eosin"),
    "hdab": ("haematoxylin", "DAB"),
}
"""The stains of each kind of slide, in the order of their densities."""

# A quarter of an 8-bit step: the middle of the samples that are stored as 0.
_FLOOR = 0.25

FLOOR_DENSITY = float(-np.log10(_FLOOR / 255))
"""Optical density of black, 3.0: there is no higher one against white 255."""

# Decimals of tabulated logarithms. Those of C libraries differ in the 16th digit; rounded to 9 and
# then to single precision they do not.
_DECIMALS = 9

# Pixels worked on at a time: their rows of three results stay in the processor's cache.
_BAND = 1 << 15

# Lengths that differ from 1 by less are 1 but for rounding.
_ROUNDING = 1e-14

# The sine of the smallest angle between two stains that can be told apart, half a degree.
_MIN_SINE = 0.01


@dataclass(frozen=True, eq=False)
class Stains:
    """The two stains of a slide: their colours, and the glass they are seen against.

    Parameters
    ----------
    name : {"he", "hdab"}
        Haematoxylin and eosin, or haematoxylin and diaminobenzidine.
    vectors : array, shape (2, 3) or (3, 3)
        Optical densities of each stain in red, green and blue, of any length. Without a third
        row the residual is at right angles to both.
    white : array, shape (3,), default: 255 each
        Red, green and blue of the glass where there is no tissue, above 0 to 255.

    Attributes
    ----------
    vectors : float64 array, shape (3, 3)
        As given, each of length 1; read only.
    white : float64 array, shape (3,)
        As given; read only.

    Raises
    ------
    InvalidParameterError
        If the name is not known, or vectors are not finite, of length 0 or (nearly) parallel.

    Examples
    --------
    >>> import numpy as np
    >>> from smalti.segmentation.histology.stains import HE
    >>> HE.names
    ('haematoxylin', 'eosin')
    >>> nucleus, glass = HE.densities(np.array([[80, 60, 130], [255, 255, 255]], dtype=np.uint8))
    >>> bool(nucleus[0] > nucleus[1]), glass.tolist()
    (True, [0.0, 0.0, 0.0])
    """

    name: str
    vectors: NDArray[np.float64]
    white: NDArray[np.float64]

    def __init__(
        self, name: str, vectors: ArrayLike, white: ArrayLike = (255.0, 255.0, 255.0)
    ) -> None:
        object.__setattr__(self, "name", one_of("name", name, tuple(STAIN_NAMES)))
        object.__setattr__(self, "vectors", _unit_vectors(vectors))
        object.__setattr__(self, "white", checked_white(white))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stains):
            return NotImplemented
        arrays = ((self.vectors, other.vectors), (self.white, other.white))
        return self.name == other.name and all(np.array_equal(a, b) for a, b in arrays)

    def __hash__(self) -> int:
        return hash((self.name, self.vectors.tobytes(), self.white.tobytes()))

    @property
    def names(self) -> tuple[str, str]:
        """The two stains, in the order of their densities."""
        return STAIN_NAMES[self.name]

    def to_dict(self) -> dict[str, Any]:
        """Return name, vectors and white, as JSON holds them; ``Stains(**stains.to_dict())``."""
        return {
            "name": self.name,
            "vectors": self.vectors.tolist(),
            "white": self.white.tolist(),
        }

    def densities(self, colors: ArrayLike) -> NDArray[np.float32]:
        """Return how much of each stain is in colours.

        Parameters
        ----------
        colors : uint8 or uint16 array, shape (..., 3)
            sRGB.

        Returns
        -------
        float32 array, shape (..., 3)
            Optical density due to the first stain, the second and the residual: 0 on glass, about
            0.1 to 1.5 in tissue.

        Raises
        ------
        InvalidParameterError
            If the colours have another shape or type.
        """
        checked = checked_colors(colors)
        return summed_rows(checked, self.row_tables(checked.dtype))

    def row_tables(self, dtype: np.dtype[Any]) -> NDArray[np.float32]:
        """Return what each sample of each channel adds to the densities.

        Parameters
        ----------
        dtype : uint8 or uint16
            Type of the samples.

        Returns
        -------
        float32 array, shape (3, 256 or 65536, 3)
            By channel and sample, for the first stain, the second and the residual.
        """
        amounts = _inverse(self.vectors)
        glass = np.round(np.log10(self.white / 255), _DECIMALS)
        tables = density_table(dtype) + glass[:, np.newaxis]
        return (tables[:, :, np.newaxis] * amounts[:, np.newaxis, :]).astype(np.float32)

    def colors(self, densities: ArrayLike) -> NDArray[np.uint8]:
        """Return the colours that amounts of the stains have on this glass.

        Parameters
        ----------
        densities : array, shape (..., 3) or (..., 2)
            As `densities` returns them; the residual is 0 where it is left out.

        Returns
        -------
        uint8 array, shape (..., 3)
            sRGB. 8-bit colours come back as they were.

        Raises
        ------
        InvalidParameterError
            If they have another shape or are not finite.
        """
        amounts = np.asarray(densities, dtype=np.float64)
        if amounts.ndim == 0 or amounts.shape[-1] not in (2, 3):
            raise InvalidParameterError(
                f"densities must have shape (..., 3) or (..., 2), got {amounts.shape}"
            )
        if not np.isfinite(amounts).all():
            raise InvalidParameterError("densities must be finite, but some are NaN or infinite")
        rows = amounts.reshape(-1, amounts.shape[-1])
        colors = np.empty((len(rows), 3), dtype=np.uint8)
        for start in range(0, len(rows), _BAND):
            band = rows[start : start + _BAND]
            for channel, white in enumerate(self.white):
                # Beyond these all is black or white, and no power of ten overflows.
                density = np.clip(_dot(band, self.vectors[:, channel]), -100.0, 100.0)
                samples = np.rint(np.minimum(white * 10.0**-density, 255.0))
                colors[start : start + _BAND, channel] = samples
        return colors.reshape(*amounts.shape[:-1], 3)


def density_table(dtype: np.dtype[Any]) -> NDArray[np.float64]:
    """Return the optical density of each sample of a type against white 255 (or 65535).

    Parameters
    ----------
    dtype : uint8 or uint16

    Returns
    -------
    float64 array, shape (256,) or (65536,)
        Falling from `FLOOR_DENSITY` to 0.
    """
    return _density_table(np.dtype(dtype).itemsize)


@cache
def _density_table(n_bytes: int) -> NDArray[np.float64]:
    largest = 256**n_bytes - 1
    samples = np.arange(largest + 1) * (255 / largest)
    # Adding 0 makes the -0 of white 0.
    logarithms = np.log10(np.maximum(samples, _FLOOR) / 255)
    table: NDArray[np.float64] = np.round(-logarithms, _DECIMALS) + 0.0
    table.flags.writeable = False
    return table


def summed_rows(colors: Pixels, tables: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sum of the rows that the samples of colours stand for.

    Parameters
    ----------
    colors : uint8 or uint16 array, shape (..., 3)
    tables : float32 array, shape (3, 256 or 65536, D)
        A row for each sample of each channel.

    Returns
    -------
    float32 array, shape (..., D)
    """
    rows = colors.reshape(-1, 3)
    sums = np.empty((len(rows), tables.shape[2]), dtype=np.float32)
    for start in range(0, len(rows), _BAND):
        samples = rows[start : start + _BAND]
        total = sums[start : start + _BAND]
        # Every sample has a row: the mode only spares a check, and a copy of the result.
        np.take(tables[0], samples[:, 0], axis=0, out=total, mode="clip")
        total += tables[1].take(samples[:, 1], axis=0)
        total += tables[2].take(samples[:, 2], axis=0)
    return sums.reshape(*colors.shape[:-1], tables.shape[2])


def checked_colors(colors: ArrayLike) -> Pixels:
    """Return colours if they are uint8 or uint16 of shape (..., 3)."""
    array = np.asarray(colors)
    if array.dtype not in (np.uint8, np.uint16) or array.shape[-1:] != (3,):
        raise InvalidParameterError(
            "colors must be uint8 or uint16 of shape (..., 3), "
            f"got {array.dtype} of shape {array.shape}"
        )
    return array


def _unit_vectors(vectors: ArrayLike) -> NDArray[np.float64]:
    rows = np.array(vectors, dtype=np.float64)
    if rows.shape not in ((2, 3), (3, 3)):
        raise InvalidParameterError(
            f"vectors must have shape (2, 3) or (3, 3), a row for each stain, got {rows.shape}"
        )
    lengths = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
    if not (np.isfinite(rows).all() and (lengths > 0).all()):
        raise InvalidParameterError(
            f"vectors must be finite and longer than 0, got {rows.tolist()}"
        )
    # Vectors of length 1 but for rounding stay as they are, so that loaded ones equal saved ones.
    rows /= np.where(np.abs(lengths - 1) < _ROUNDING, 1.0, lengths)
    residual = np.cross(rows[0], rows[1])
    sine = float(np.sqrt((residual * residual).sum()))
    if sine >= _MIN_SINE and len(rows) == 2:
        rows = np.vstack([rows, residual / sine])
    if sine < _MIN_SINE or abs(float((residual * rows[2]).sum())) < _MIN_SINE**2:
        raise InvalidParameterError(
            "vectors must point in different directions, none a mixture of others, "
            f"got {rows.tolist()}"
        )
    rows.flags.writeable = False
    return rows


def checked_white(white: ArrayLike) -> NDArray[np.float64]:
    """Return the colour of glass if it is one."""
    samples = np.array(white, dtype=np.float64)
    if samples.shape != (3,) or not ((samples > 0) & (samples <= 255)).all():
        raise InvalidParameterError(
            f"white must be red, green and blue above 0 to 255, got {samples.tolist()}"
        )
    samples.flags.writeable = False
    return samples


def _inverse(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix that takes densities of channels to amounts of stains."""
    columns = np.stack([np.cross(vectors[i - 2], vectors[i - 1]) for i in range(3)], axis=1)
    inverse: NDArray[np.float64] = columns / (vectors[0] * columns[:, 0]).sum()
    return inverse


def _dot(rows: NDArray[np.float64], column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sums of products, added up from left to right on any machine."""
    total: NDArray[np.float64] = rows[:, 0] * column[0]
    for i in range(1, rows.shape[1]):
        total += rows[:, i] * column[i]
    return total


HE = Stains("he", [[0.65, 0.70, 0.29], [0.07, 0.99, 0.11]])
"""Haematoxylin and eosin as Ruifrok and Johnston measured them, on glass of 255."""

HDAB = Stains("hdab", [[0.65, 0.70, 0.29], [0.27, 0.57, 0.78]])
"""Haematoxylin and diaminobenzidine as Ruifrok and Johnston measured them, on glass of 255."""


def redness(vector: NDArray[np.float64]) -> float:
    """Return how much red is absorbed, as a share of green, given densities of red, green, blue."""
    return float(vector[0] / max(vector[1], 1e-9))

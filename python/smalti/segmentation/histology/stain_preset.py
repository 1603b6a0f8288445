"""Three classes of a stained slide: nuclei, the other stain, and glass, by K-Means on densities.

Coordinates are the densities of the two stains, so that glass is at the origin, and its centroid
is held there. Held, it means glass in every picture; free, it wanders into pale tissue where there
is little glass, and nuclei and the rest share what is left. The two others start from the tissue:
nuclei from where there is most haematoxylin, the rest from where there is least.

What was tried on ten pictures of H&E (skin, fat, a vessel, crypts, carcinoma; thumbnails to
40-fold) and one of H-DAB, looking at all of them:

- OKLab, K = 3: sound where nuclei are darkest, but takes half of the vessel's muscle for nuclei.
- Published vectors: nuclei are what is dark. In the crypts, pale nuclei are missed and dense red
  matter is taken for nuclei; with the slide's own vectors both are right, and all other pictures.
- Square roots of densities: they spread out glass and its noise; wrong on vessel, fat and skin.
- A free centroid for glass: wrong on skin and carcinoma, which have hardly any.
- Glass from the tissue mask, and K = 2 within: worse in the crypts, elsewhere as good.
- Both stains scaled to the same spread: specks in skin, elsewhere as good. On H-DAB slides it is
  needed, for there haematoxylin is a counterstain a third as dense as DAB; and there the published
  vectors are better, for the slide's own lend haematoxylin some of DAB's spread.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti.segmentation.histology.stain_estimation import (
    MIN_TISSUE,
    REFERENCE,
    stains_of,
    tissue_colors,
)
from smalti.segmentation.histology.stains import Stains, checked_colors, summed_rows
from smalti.segmentation.histology.tissue import tissue_mask, white_level
from smalti.sources.read import ImageSource, read
from smalti.validation import one_of

__all__ = ["CLASS_NAMES", "LOCKED", "StainPreset", "stain_preset"]

CLASS_NAMES = {
    "he": ("nuclei", "stroma", "background"),
    "hdab": ("nuclei", "DAB", "background"),
}
"""The classes of each kind of slide, in the order of their centroids."""

LOCKED = (False, False, True)
"""Which centroids stay where they start: that of glass."""

# Where centroids start without tissue to start from.
_TYPICAL = [[0.8, 0.3], [0.2, 0.3]]

# Percentiles of haematoxylin in tissue: nuclei start from those above the first, the rest from
# those below the second. Lloyd's algorithm does the rest, with 3 % of nuclei as with 45 %.
_MOST, _LEAST = 90, 50

# The percentile of a stain's densities that counts as 1 on H-DAB slides, and the smallest that
# does, so that the noise of a stain that is not there is not blown up.
_FULL, _FAINT = 99, 0.2


@dataclass(frozen=True)
class StainPreset:
    """What K-Means needs to tell nuclei, the other stain and glass apart.

    Attributes
    ----------
    stains : Stains
        Those of the slide, on its own glass.
    scale : float64 array, shape (2,)
        Densities of the two stains that count as 1.
    centers : float64 array, shape (3, 2)
        Centroids to start from, in the order of `names`; those in `LOCKED` are to stay.
    names : tuple of 3 str
        Of the classes.
    tissue : bool array, shape (H, W)
        The pixels to fit the centroids on, which leaves ink out, and the noise of glass that two
        centroids would share where there is no tissue. All pixels join the nearest.
    """

    stains: Stains
    scale: NDArray[np.float64]
    centers: NDArray[np.float64]
    names: tuple[str, str, str]
    tissue: NDArray[np.bool_]

    def coordinates(self, colors: ArrayLike) -> NDArray[np.float32]:
        """Return the densities of the two stains, scaled.

        Parameters
        ----------
        colors : uint8 or uint16 array, shape (..., 3)

        Returns
        -------
        float32 array, shape (..., 2)
        """
        checked = checked_colors(colors)
        tables = self.stains.row_tables(checked.dtype)[..., :2] / self.scale
        return summed_rows(checked, np.ascontiguousarray(tables, dtype=np.float32))


def stain_preset(
    image: ImageSource, kind: str = "he", *, mask: ArrayLike | None = None
) -> StainPreset:
    """Find out what K-Means needs to tell nuclei, the other stain and glass apart.

    Parameters
    ----------
    image : path, URL, bytes, file, Pillow image or array
        A stained slide, or part of it.
    kind : {"he", "hdab"}, default: "he"
        Haematoxylin and eosin, or haematoxylin and diaminobenzidine.
    mask : bool array, shape (H, W), optional
        The pixels that take part: what the others show changes nothing. Default: all. Fully
        transparent ones never do.

    Returns
    -------
    StainPreset
        Of an image without tissue, typical values, with which all of it is glass.

    Raises
    ------
    ImageReadError
        If the image cannot be read.
    InvalidParameterError
        If the array is no image, `kind` is neither, or `mask` is none of this image.

    Examples
    --------
    >>> import numpy as np
    >>> from smalti.segmentation.histology.stain_preset import stain_preset
    >>> from smalti.segmentation.histology.stains import HE
    >>> slide = HE.colors(np.repeat([[0.9, 0.2], [0.1, 0.5], [0.0, 0.0]], 50, axis=0)[np.newaxis])
    >>> preset = stain_preset(slide)
    >>> preset.names
    ('nuclei', 'stroma', 'background')
    >>> nucleus, stroma, glass = preset.coordinates(slide)[0, [25, 75, 125]]
    >>> bool(nucleus[0] > stroma[0]), glass.tolist()
    (True, [0.0, 0.0])
    """
    one_of("kind", kind, tuple(REFERENCE))
    source = read(image)
    white = white_level(source, mask=mask)
    tissue = tissue_mask(source, white=white, mask=mask)
    colors = tissue_colors(source.pixels, tissue)
    own = stains_of(colors, white, kind) if kind == "he" else None
    stains = own or Stains(kind, REFERENCE[kind].vectors, white)
    scale = np.ones(2)
    starts = np.array(_TYPICAL)
    if len(colors) >= MIN_TISSUE:
        densities = stains.densities(colors)[:, :2].astype(np.float64)
        if kind == "hdab":
            scale = np.maximum(np.percentile(densities, _FULL, axis=0), _FAINT)
        starts = _starts(densities / scale)
    centers = np.vstack([starts, np.zeros(2)])
    return StainPreset(stains, scale, centers, CLASS_NAMES[kind], tissue)


def _starts(densities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the middle of the tissue with most haematoxylin and of that with least."""
    haematoxylin = densities[:, 0]
    least, most = np.percentile(haematoxylin, [_LEAST, _MOST])
    parts = [densities[haematoxylin >= most], densities[haematoxylin <= least]]
    return np.array([np.median(part, axis=0) for part in parts])

"""What the classes of a stained slide are told apart by: densities of its stains, and its tissue.

Coordinates are the densities of the two stains. `smalti.segmentation.fit.named_fit` finds nuclei,
the other stain and stroma in them. On H&E slides glass is at the origin, and its centroid is locked
there, so that it means glass in every picture. A free centroid moves into pale tissue where there
is little glass, and the other classes share what is left.

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
- A third of the H-DAB slide is pale stroma. With the tissue mask of H&E and K = 3 it is background,
  and DAB 58 % of the tissue; with its own class, and a mask that reaches to glass, 37 %.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from smalti.inputs import read_input
from smalti.segmentation.histology.stain_estimation import (
    MIN_TISSUE,
    REFERENCE,
    stains_of,
    tissue_colors,
)
from smalti.segmentation.histology.stain_names import CLASS_NAMES
from smalti.segmentation.histology.stains import Stains, checked_colors, summed_rows
from smalti.segmentation.histology.tissue import TissueThreshold, learn_tissue
from smalti.sources.read import ImageSource
from smalti.validation import one_of

__all__ = ["StainPreset", "stain_preset"]

# The percentile of a stain's densities that counts as 1 on H-DAB slides, and the smallest density
# that may count as 1: the noise of a stain that is not there must not be blown up.
_FULL, _FAINT = 99, 0.2


@dataclass(frozen=True)
class StainPreset:
    """What K-Means needs to tell the classes of a stained slide apart.

    Attributes
    ----------
    stains : Stains
        Those of the slide, on its own glass.
    scale : float64 array, shape (2,)
        Densities of the two stains that count as 1.
    names : tuple of str
        Of the classes.
    tissue : bool array, shape (H, W)
        The pixels that the centroids are fitted to. Ink is not among them. Nor is glass: where
        there is no tissue, two centroids would share its noise.
    threshold : TissueThreshold
        What tells this tissue from glass, here and in other images.
    """

    stains: Stains
    scale: NDArray[np.float64]
    names: tuple[str, ...]
    tissue: NDArray[np.bool_]
    threshold: TissueThreshold

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
    """Find out what K-Means needs to tell the classes of a stained slide apart.

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
        Of an image without tissue, the published stains.

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
    source = read_input(image)
    tissue, threshold = learn_tissue(source, mask=mask, pale=kind == "hdab")
    white = np.array(threshold.white)
    colors = tissue_colors(source.pixels, tissue)
    own = stains_of(colors, white, kind) if kind == "he" else None
    stains = own or Stains(kind, REFERENCE[kind].vectors, white)
    scale = np.ones(2)
    if kind == "hdab" and len(colors) >= MIN_TISSUE:
        densities = stains.densities(colors)[:, :2].astype(np.float64)
        scale = np.maximum(np.percentile(densities, _FULL, axis=0), _FAINT)
    return StainPreset(stains, scale, CLASS_NAMES[kind], tissue, threshold)

"""The classes of a preset, learnt from a stained slide: nuclei, the other stain, and glass."""

import numpy as np
from numpy.typing import NDArray

from smalti.progress import Progress
from smalti.segmentation.classifier import PixelClassifier
from smalti.segmentation.features.feature_space import FeatureSpace, diagonal
from smalti.segmentation.features.points import Points, color_points
from smalti.segmentation.fit.named_fit import fit_named
from smalti.segmentation.histology.stain_names import GLASS, glass_densities, tissue_names
from smalti.segmentation.histology.stain_preset import stain_preset
from smalti.sources.note import CLASSES, Note
from smalti.sources.source_image import SourceImage
from smalti.vectors.codebook import Codebook

__all__ = ["preset_classifier"]


def preset_classifier(
    kind: str,
    source: SourceImage,
    mask: NDArray[np.bool_] | None,
    seed: int,
    progress: Progress | None,
) -> tuple[PixelClassifier, NDArray[np.bool_], tuple[Note, ...]]:
    """Return the classes of a stained slide, where tissue is, and what there is to tell of them."""
    found = stain_preset(source, kind, mask=mask)
    space = FeatureSpace(kind, found.stains, diagonal([1 / scale for scale in found.scale]))
    # Colours and not blocks of pixels: blocks mix small nuclei with what is around them.
    points = Points(np.empty((0, 2)), np.empty(0))
    if found.tissue.any():
        points = color_points(space, source.pixels, found.tissue)
    named = fit_named(points, found.stains, found.scale, seed, progress)
    densities = named.densities | {GLASS: glass_densities(kind, named.densities)}
    codebook = Codebook(np.array([densities[name] / found.scale for name in found.names]))
    background = found.names.index(GLASS)
    classifier = PixelClassifier(space, codebook, found.names, background, found.threshold)
    return classifier, found.tissue, _notes(kind, source.name, named.found)


def _notes(kind: str, name: str, found: tuple[str, ...]) -> tuple[Note, ...]:
    """Return what there is to tell of the classes that were not found."""
    missing = [wanted for wanted in tissue_names(kind) if wanted not in found]
    if not missing:
        return ()
    if not found:
        return (Note(CLASSES, f"{name}: preset {kind!r} found no tissue: all is background"),)
    lacking, seen = " and no ".join(missing), " and ".join(found)
    reason = f"no part of the tissue differs enough from {seen} in its stains"
    return (Note(CLASSES, f"{name}: preset {kind!r} found no {lacking}: {reason}"),)

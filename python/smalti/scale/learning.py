"""The first pass of segmentation: what tells classes apart.

Where colours are all that counts, classes are learnt from the distinct colours of all pixels, as in
memory. Presets, boundaries and normalising look at neighbours or at the spread of values; they
learn from a sample (`smalti.scale.sample`).
"""

import json
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.exceptions import InvalidParameterError
from smalti.images.color_sum import ColorSum
from smalti.options import SegmentOptions
from smalti.parallel import Workers
from smalti.progress import Progress
from smalti.scale.partial_run import PartialRun
from smalti.scale.sample import sampled
from smalti.segmentation.classifier import PixelClassifier
from smalti.segmentation.histology.tissue import SMOOTHING_REACH
from smalti.segmentation.learn import learn, learn_from_colors
from smalti.segmentation.mask import taking_part
from smalti.sources.note import CLASSES, Note
from smalti.sources.source_image import SourceImage
from smalti.sources.tiles.tiled_image import TiledImage

__all__ = ["Learning", "LearntByParts", "learnt_by_parts"]

_CLASSES, _FACTS = "classes.npz", "learnt.json"


@dataclass(frozen=True)
class LearntByParts:
    """What the first pass has found.

    Attributes
    ----------
    classifier : PixelClassifier
    gap : float or None
        How much classes differ, where boundaries weigh.
    notes : tuple of Note
        Classes of a preset that the image lacks.
    """

    classifier: PixelClassifier
    gap: float | None
    notes: tuple[Note, ...]

    @classmethod
    def kept_by(cls, run: PartialRun) -> "LearntByParts | None":
        """Return what an earlier run has found, if it has ended its first pass."""
        classes, facts = run.kept(_CLASSES), run.kept(_FACTS)
        if classes is None or facts is None:
            return None
        told = json.loads(facts)
        notes = tuple(Note(CLASSES, text) for text in told["notes"])
        return cls(PixelClassifier.load(classes), told["gap"], notes)

    def keep(self, run: PartialRun) -> None:
        """Keep what was found for a run that goes on."""
        told = {"gap": self.gap, "notes": [note.text for note in self.notes]}
        run.keep(_CLASSES, self.classifier.to_bytes())
        run.keep(_FACTS, json.dumps(told).encode())


@dataclass(frozen=True)
class Learning:
    """What classes of an image that is read by parts are learnt from.

    Attributes
    ----------
    options : SegmentOptions
    known : PixelClassifier or None
        Classes that are not to be learnt.
    name : str
        What messages call the image.
    """

    options: SegmentOptions
    known: PixelClassifier | None
    name: str

    @property
    def counts_colors(self) -> bool:
        """Whether classes are unknown, and depend on how often each colour occurs alone."""
        options = self.options
        return (
            self.known is None
            and options.preset is None
            and options.normalize is None
            and options.boundary_weight == 0.0
            and not options.estimates_stains
        )

    @property
    def needs_sample(self) -> bool:
        """Whether something is learnt from a sample of the image."""
        is_unknown = self.known is None and not self.counts_colors
        return is_unknown or self.options.boundary_weight > 0.0

    @property
    def reach(self) -> int:
        """How many rows and columns away pixels can change a pixel's class: see `Classes.reach`."""
        if self.known is not None:
            return self.known.reach or 0
        return 0 if self.options.preset is None else SMOOTHING_REACH

    def of_colors(self, colors: ColorSum, progress: Progress | None = None) -> LearntByParts:
        """Learn from the colours of all pixels.

        Raises
        ------
        InvalidParameterError
            If no pixel takes part.
        """
        found, counts, is_wide = colors.distinct()
        seen = found[:, 3] > 0
        if not seen.any():
            raise InvalidParameterError(
                f"{self.name} has no pixel to segment: all are outside the mask or without data"
            )
        samples, counts = _without_alpha(found[seen], counts[seen])
        if not is_wide:
            samples = samples.astype(np.uint8)
        classifier = learn_from_colors(samples, counts, self.options, self.name, progress)
        return LearntByParts(classifier, None, ())

    def of_sample(self, sample: SourceImage, progress: Progress | None = None) -> LearntByParts:
        """Learn from a sample.

        Raises
        ------
        InvalidParameterError
            If no pixel of it takes part.
        """
        mask = taking_part(sample, None)
        classifier, notes = self.known, tuple[Note, ...]()
        if classifier is None:
            found = learn(sample, self.options, mask, progress)
            classifier, notes = found.classifier, found.notes
        gap = None
        if self.options.boundary_weight > 0.0:
            gap = _gap(classifier, sample, mask, progress)
        return LearntByParts(classifier, gap, notes)


def learnt_by_parts(
    image: TiledImage, learning: Learning, workers: Workers, progress: Progress | None
) -> LearntByParts:
    """Learn classes from an image, or how those that are known differ in it.

    Raises
    ------
    InvalidParameterError
        If no pixel takes part.
    """
    if learning.counts_colors:
        colors = ColorSum()
        colors.add_parts(image, workers=workers, progress=progress)
        return learning.of_colors(colors, progress)
    if learning.needs_sample:
        return learning.of_sample(sampled(image, workers), progress)
    return LearntByParts(cast("PixelClassifier", learning.known), None, ())


def _without_alpha(
    colors: NDArray[np.uint16], counts: NDArray[np.float64]
) -> tuple[Any, NDArray[np.float64]]:
    """Return distinct colours without their alpha, and how often each occurs."""
    samples = np.ascontiguousarray(colors[:, :3])
    if (colors[:, 3] == colors[0, 3]).all():
        return samples, counts
    distinct, _ = _core.distinct_colors(samples[np.newaxis])
    order = np.argsort(_keys(distinct))
    places = order[np.searchsorted(_keys(distinct), _keys(samples), sorter=order)]
    sums: NDArray[np.float64] = np.zeros(len(distinct))
    np.add.at(sums, places, counts)
    return distinct, sums


def _keys(colors: NDArray[np.uint16]) -> NDArray[np.uint64]:
    red, green, blue = colors.astype(np.uint64).T
    keys: NDArray[np.uint64] = red << np.uint64(32) | green << np.uint64(16) | blue
    return keys


def _gap(
    classifier: PixelClassifier,
    sample: SourceImage,
    mask: NDArray[np.bool_] | None,
    progress: Progress | None,
) -> float:
    """Return how much classes differ in a sample; of tissue alone where there is a background."""
    features = classifier.features.of_image(sample.samples, mask)
    if classifier.background is not None and classifier.tissue is not None:
        mask = classifier.tissue.mask_of(sample, mask=mask)
    return _core.class_gap(features, classifier.codebook.centroids, mask=mask, progress=progress)

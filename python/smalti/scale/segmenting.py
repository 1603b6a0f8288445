"""The work of segmenting an image by parts: learn, label, and write what comes of it."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from smalti.batch.paths import FilesRead
from smalti.batch.result_folder import ResultFolder
from smalti.labelmaps.export.label_png import encode_picture
from smalti.labelmaps.overlay import boundaries_of, distinct_colors, tinted
from smalti.options import SegmentOptions
from smalti.parallel import Threads, Workers
from smalti.progress import Progress, tell
from smalti.scale.class_labeler import ClassLabeler, Neighbours, check_segment_by_parts
from smalti.scale.densities import Densities, check_has_stains
from smalti.scale.label_store import LabelStore
from smalti.scale.large_segmentation import LargeSegmentation
from smalti.scale.learning import Learning, LearntByParts, learnt_by_parts
from smalti.scale.outputs.ome_zarr import describe
from smalti.scale.overview import Overview
from smalti.scale.partial_run import (
    DENSITIES,
    LABELS,
    PartialRun,
    digest_of,
    is_begun_at,
    partial_run,
)
from smalti.scale.passes import Pass, label_all
from smalti.scale.places.named import place_of
from smalti.scale.places.place import Place
from smalti.scale.region_files import Listing, Totals, write_regions
from smalti.segmentation.classifier import PixelClassifier
from smalti.sources.tiles.tiled_image import TiledImage
from smalti.sources.tiles.window import Window
from smalti.sources.tiles.zarr_array import require_zarr

__all__ = ["Segmenting", "segment_parts"]

_LABEL_MAP, _DENSITIES = "labels.ome.zarr", "densities.ome.zarr"
_OVERLAY, _AREAS, _REGIONS, _CLASSES, _OUTLINES = (
    *("overlay.png", "areas.csv", "regions.csv", "classes.npz"),
    "regions.geojson",
)
_OVERVIEW = "overview.npy"

# How much of the classes' colours is laid over the overview.
_TINT = 0.35

# Smaller regions are not listed unless they are asked for: specks of a gigapixel are millions.
_LISTED = 64


@dataclass(frozen=True)
class Segmenting:
    """What is asked for.

    Attributes
    ----------
    folder : ResultFolder
    options : SegmentOptions
    classifier : PixelClassifier or None
        Classes that are known.
    ome_version : str
    overwrite : bool
    workers : Workers
    min_area : int or None
        Pixels that a region needs to be listed.
    outlines : bool
        Whether outlines are written.
    densities : bool
        Whether the densities of stains are written.
    """

    folder: ResultFolder
    options: SegmentOptions
    classifier: PixelClassifier | None
    ome_version: str
    overwrite: bool
    workers: Workers
    min_area: int | None = None
    outlines: bool = False
    densities: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that are written beside the pyramids."""
        usual = (_OVERLAY, _AREAS, _REGIONS, _CLASSES)
        return (*usual, _OUTLINES) if self.outlines else usual

    def place(self, name: str) -> Place:
        """Return where one of the files goes."""
        return place_of(self.folder.of(name))

    @property
    def label_map(self) -> Place:
        """Where the label map goes."""
        return self.place(_LABEL_MAP)

    @property
    def pyramids(self) -> dict[str, Place]:
        """Where pyramids go; the label map comes first."""
        found = {LABELS: self.label_map}
        return {**found, DENSITIES: self.place(_DENSITIES)} if self.densities else found

    def check(self) -> None:
        """Refuse what cannot be done, before any work.

        Raises
        ------
        InvalidParameterError, ImageWriteError
            If it cannot.
        """
        check_segment_by_parts(self.options, self.classifier)
        if self.densities:
            known = self.classifier
            check_has_stains(self.options.color_space if known is None else known.features.space)
        require_zarr(self.folder.of(_LABEL_MAP))
        self.folder.check()
        if not is_begun_at(self.label_map):
            self.check_free()

    def check_free(self) -> None:
        """Refuse to replace what may not be replaced.

        Raises
        ------
        ImageWriteError
            If it is there.
        """
        for place in self.pyramids.values():
            place.check_free(overwrite=self.overwrite, is_folder=True)
        self.folder.check_files(self.files, overwrite=self.overwrite)

    def remove_stale(self) -> None:
        """Remove what an earlier run has written of other regions and stains."""
        wanted = {_OUTLINES: self.outlines, _DENSITIES: self.densities}
        self.folder.remove(name for name, is_wanted in wanted.items() if not is_wanted)

    def refuse_inputs(self, image: TiledImage) -> None:
        """Refuse to write over what is read.

        Raises
        ------
        ImageWriteError
            If an output is the image or its mask.
        """
        inputs = [(image.name, "the input")]
        if image.mask is not None:
            inputs.append((image.mask.name, "the mask"))
        read = FilesRead(inputs)
        for name in (_LABEL_MAP, _DENSITIES, *self.files):
            read.refuse(self.folder.of(name))

    def digest(self, image: TiledImage) -> str:
        """Return what stands for the image and all that decides on the labels."""
        known = b"" if self.classifier is None else self.classifier.to_bytes()
        return digest_of(image, self.options.digest(), self.ome_version, known, self.densities)


def segment_parts(
    image: TiledImage, segmenting: Segmenting, progress: Progress | None
) -> LargeSegmentation:
    """Segment an image that has been opened: see `segment_large`."""
    folder = segmenting.folder
    if image.opened_by is None:
        # Nobody else can read it.
        segmenting = replace(segmenting, workers=Threads(segmenting.workers.jobs))
    segmenting.refuse_inputs(image)
    with folder.made(), partial_run(segmenting.pyramids, segmenting.digest(image)) as run:
        if not run.is_begun:
            segmenting.check_free()
        work = _Work(image, segmenting, run, progress)
        learnt = work.learnt()
        store = work.labelled(learnt)
        found = work.found(learnt, work.listed(learnt, store))
        work.draw(found, store)
        made = [(segmenting.place(name), str(run.folder / name)) for name in segmenting.files]
        pyramids = [(place, run.staged(name)) for name, place in segmenting.pyramids.items()]
        run.finish([*made, *reversed(pyramids)], overwrite=segmenting.overwrite)
        if segmenting.overwrite:
            segmenting.remove_stale()
    return found


@dataclass(frozen=True)
class _Work:
    """The steps, in their order. What they make goes into the run's folder."""

    image: TiledImage
    segmenting: Segmenting
    run: PartialRun
    progress: Progress | None

    def learnt(self) -> LearntByParts:
        """Return the classes, which an earlier run may have learnt."""
        kept = LearntByParts.kept_by(self.run)
        if kept is not None:
            return kept
        asked = self.segmenting
        learning = Learning(asked.options, asked.classifier, self.image.name)
        learnt = learnt_by_parts(self.image, learning, asked.workers, self.progress)
        learnt.keep(self.run)
        return learnt

    def labelled(self, learnt: LearntByParts) -> LabelStore:
        """Return the label map of the image, with its pyramid and what is said of it."""
        options, classifier = self.segmenting.options, learnt.classifier
        neighbours = Neighbours(options.boundary_weight, learnt.gap, options.min_region)
        folder, version = self.run.staged(LABELS), self.segmenting.ome_version
        store = LabelStore(folder, self.image.shape, np.dtype(np.uint8), version)
        overview = Overview(self.run.folder / _OVERVIEW, self.image.shape)
        labeler, densities = ClassLabeler(classifier, neighbours), self.densities(classifier)
        work = Pass(self.image, labeler, store, overview.halvings, densities)
        label_all(work, self.run, self.segmenting.workers, self.progress, overview)
        describe(
            store,
            names=classifier.names,
            colors=distinct_colors(classifier.k),
            pixel_size=self.image.pixel_size,
        )
        if densities is not None:
            densities.describe(self.image.pixel_size)
        return store

    def densities(self, classifier: PixelClassifier) -> Densities | None:
        """Return what writes the densities of the stains that classes are of, if it is to."""
        stains = classifier.features.stains
        if stains is None or not self.segmenting.densities:
            return None
        folder, version = self.run.staged(DENSITIES), self.segmenting.ome_version
        return Densities.at(folder, self.image.shape, version, stains)

    def listed(self, learnt: LearntByParts, store: LabelStore) -> Totals:
        """Write the regions, and return what was counted on the way."""
        asked, folder = self.segmenting, self.run.folder
        listing = Listing(
            names=learnt.classifier.names,
            colors=distinct_colors(learnt.classifier.k),
            pixel_size=self.image.pixel_size,
            min_area=asked.min_area or max(asked.options.min_region, _LISTED),
            table=folder / _REGIONS,
            outlines=folder / _OUTLINES if asked.outlines else None,
        )
        return write_regions(store, listing, partial(tell, self.progress, "regions"))

    def found(self, learnt: LearntByParts, totals: Totals) -> LargeSegmentation:
        """Return what was found."""
        classifier = learnt.classifier
        return LargeSegmentation(
            names=classifier.names,
            colors=classifier.colors,
            areas=totals.areas[: classifier.k],
            background=classifier.background,
            pixel_size=self.image.pixel_size,
            folder=self.segmenting.folder.named,
            shape=self.image.shape,
            coherence=totals.coherence,
            regions=totals.listed,
            classifier=classifier,
            notes=(*self.image.all_notes(), *learnt.notes),
        )

    def draw(self, found: LargeSegmentation, store: LabelStore) -> None:
        """Write the overview and the areas."""
        overview = Overview(self.run.folder / _OVERVIEW, found.shape)
        whole = Window.whole(store.levels[overview.halvings].shape)
        # In 8 bits 0 - 1 is 255, for pixels of no class.
        labels = store.read(whole, overview.halvings) - np.uint8(1)
        colors = distinct_colors(len(found.names))
        overlay = tinted(overview.pixels, labels, colors, _TINT, boundaries_of(labels))
        self.run.keep(_OVERLAY, encode_picture(overlay))
        self.run.keep(_AREAS, found.to_csv().encode())

"""Segmenting images larger than memory."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from smalti.batch.folders import check_folder, made
from smalti.exceptions import InvalidParameterError, SegmentationWarning
from smalti.files import write_all_atomically
from smalti.inputs import warn_of
from smalti.labelmaps.overlay import boundaries_of, distinct_colors, tinted
from smalti.options import SegmentOptions, chosen
from smalti.parallel import usable_cpus
from smalti.progress import Progress
from smalti.scale.class_labeler import ClassLabeler, Neighbours, check_by_parts
from smalti.scale.label_counts import counted
from smalti.scale.label_store import OME_VERSIONS, LabelStore
from smalti.scale.large_segmentation import LargeSegmentation
from smalti.scale.learning import Learnt, learnt_by_parts
from smalti.scale.outputs.ome_zarr import describe
from smalti.scale.overview import Overview
from smalti.scale.partial_run import check_free, partial_run
from smalti.scale.passes import Pass
from smalti.segmentation.classifier import PixelClassifier
from smalti.sources.note import CLASSES
from smalti.sources.tiles.masked import masked
from smalti.sources.tiles.open import by_parts
from smalti.sources.tiles.tiled_image import TiledImage
from smalti.validation import one_of, whole_number

if TYPE_CHECKING:
    from smalti.colors import Colors
    from smalti.segmentation.histology.stains import Stains
    from smalti.sources.read import ImageSource

__all__ = ["FILES", "Segmenting", "segment_large", "segment_parts"]

FILES = ("labels.ome.zarr", "overlay.png", "areas.csv", "classes.npz")
"""What is written into a folder."""

_LABELS, _OVERVIEW = "labels", "overview.npy"

# How much of the classes' colours is laid over the overview.
_TINT = 0.35


def segment_large(
    image: "ImageSource",
    out_dir: str | os.PathLike[str],
    k: int | None = None,
    *,
    classifier: PixelClassifier | None = None,
    preset: str | None = None,
    space: str | None = None,
    spatial_weight: float = 0.0,
    chroma_weight: float | None = None,
    normalize: str | None = None,
    stains: "Stains | str | None" = None,
    init_colors: "Colors | None" = None,
    locked: Any = None,
    mask: "ImageSource | None" = None,
    nodata: float | None = None,
    min_region: int = 0,
    names: Sequence[str] | None = None,
    seed: int = 0,
    options: SegmentOptions | None = None,
    ome_version: str = "0.4",
    overwrite: bool = True,
    jobs: int | None = None,
    max_pixels: int | None = None,
    progress: Progress | None = None,
) -> LargeSegmentation:
    """Segment an image that need not fit in memory, part by part, into a folder.

    The folder gets the label map and its pyramid, ``labels.ome.zarr`` (classes from 1 on, 0 for
    none), an overview with the classes laid over it, ``overlay.png``, the areas of the classes,
    ``areas.csv``, and ``classes.npz``, which finds the classes again in other images. An
    interrupted call goes on, when it is repeated, where it was.

    Parameters
    ----------
    image : path, URL or array
        Tiled TIFF, BigTIFF, SVS and OME-TIFF; Zarr 2 and 3 and OME-Zarr; an array with chunks
        (dask's); and whatever `smalti.compress` takes.
    out_dir : path
        It is made if it does not exist.
    k : int, optional
        Number of classes, 1 to 255; to be left out with a `preset` or a `classifier`.
    classifier : PixelClassifier, optional
        Classes that are known.
    preset, space, chroma_weight, normalize, stains, init_colors, locked, names, seed
        As of `smalti.segment`, but for the space "bands".
    spatial_weight : float, default: 0
        How much boundaries weigh, 0 to 8.
    mask : path, URL, array, optional
        An image of the same size: pixels that are black or clear in it take no part.
    nodata : float, optional
        Pixels of which all colours have this value belong to no class.
    min_region : int, default: 0
        Regions of fewer pixels, at most 512, join the neighbour that they share most of their
        boundary with.
    options : SegmentOptions, optional
        All options as one value.
    ome_version : {"0.4", "0.5"}, default: "0.4"
        The version of OME-Zarr: with Zarr 2 or Zarr 3.
    overwrite : bool, default: True
        Whether files of an earlier run are replaced.
    jobs : int, optional
        Parts worked on at a time. Default: the processors. Results do not depend on it.
    max_pixels : int, optional
        Pixels up to which a TIFF file is read as a whole.
    progress : callable, optional
        Called with a `smalti.progress.Stage` and its done fraction, 0 to 1; raise to stop.

    Returns
    -------
    LargeSegmentation

    Raises
    ------
    ImageReadError, ImageWriteError
        If the image cannot be read, or the folder not be written.
    InvalidParameterError
        If an argument is outside its range, or no pixel takes part.
    MissingExtraError
        If the extra ``large`` is not installed.

    Warns
    -----
    ImageReadWarning, SegmentationWarning
        If parts cannot be read, or the image lacks classes of the preset.

    Notes
    -----
    Classes of colours alone are learnt from the colours of all pixels, those of presets, weights
    and normalising from a sample of 16.8 million pixels, spread over the image. Labels are those
    that `PixelClassifier.segment` gives the whole image; with a `spatial_weight` nearly so
    (docs/large.md). Neither depends on how the image is stored.

    Examples
    --------
    >>> import numpy as np
    >>> import smalti
    >>> image = np.zeros((300, 400, 3), dtype=np.uint8)
    >>> image[100:, 200:] = 200, 30, 30
    >>> smalti.segment_large(image, "classes", 2).areas.tolist()
    [80000, 40000]
    """
    if classifier is not None and k is None and options is None:
        k = classifier.k
    asked = chosen(
        SegmentOptions,
        options,
        k=k,
        preset=preset,
        space=space,
        spatial_weight=spatial_weight,
        chroma_weight=chroma_weight,
        normalize=normalize,
        stains=stains,
        init_colors=init_colors,
        locked=locked,
        min_region=min_region,
        names=names,
        seed=seed,
    )
    segmenting = Segmenting(
        Path(os.fspath(out_dir)),
        asked,
        classifier,
        one_of("ome_version", ome_version, OME_VERSIONS),
        overwrite,
        usable_cpus() if jobs is None else whole_number("jobs", jobs, 1),
    )
    segmenting.check()
    opened = by_parts(image, max_pixels=max_pixels)
    inside = None if mask is None else by_parts(mask, max_pixels=max_pixels)
    found = segment_parts(masked(opened, inside, nodata), segmenting, progress)
    warn_of([note for note in found.notes if note.kind != CLASSES])
    warn_of([note for note in found.notes if note.kind == CLASSES], SegmentationWarning)
    return found


@dataclass(frozen=True)
class Segmenting:
    """What is asked for.

    Attributes
    ----------
    folder : Path
    options : SegmentOptions
    classifier : PixelClassifier or None
        Classes that are known.
    ome_version : str
    overwrite : bool
    jobs : int
        Threads.
    """

    folder: Path
    options: SegmentOptions
    classifier: PixelClassifier | None
    ome_version: str
    overwrite: bool
    jobs: int

    def check(self) -> None:
        """Refuse what cannot be done, before any work.

        Raises
        ------
        InvalidParameterError, ImageWriteError
            If it cannot.
        """
        check_by_parts(self.options)
        if self.classifier is not None and self.classifier.reach is None:
            raise InvalidParameterError(
                "the classes depend on a whole image: on its texture, or they are from a file of "
                "version 1"
            )
        check_folder(self.folder)
        for name in FILES:
            check_free(self.folder / name, overwrite=self.overwrite)

    def digest(self, image: TiledImage) -> str:
        """Return what stands for the image and all that decides on the results."""
        known = b"" if self.classifier is None else self.classifier.to_bytes()
        parts = (image.name, image.identity, image.store.shape, self.options.digest())
        return hashlib.sha256(repr((*parts, self.ome_version, known)).encode()).hexdigest()


def segment_parts(
    image: TiledImage, segmenting: Segmenting, progress: Progress | None
) -> LargeSegmentation:
    """Segment an image that has been opened: see `segment_large`."""
    folder = segmenting.folder
    with (
        made(folder),
        partial_run(folder / FILES[0], segmenting.digest(image)) as run,
    ):
        options, known = segmenting.options, segmenting.classifier
        learnt = Learnt.kept_by(run)
        if learnt is None:
            learnt = learnt_by_parts(image, options, known, segmenting.jobs, progress)
            learnt.keep(run)
        classifier = learnt.classifier
        neighbours = Neighbours(options.boundary_weight, learnt.gap, options.min_region)
        dtype = np.dtype(np.uint8)
        store = LabelStore(run.folder / _LABELS, image.shape, dtype, segmenting.ome_version)
        overview = Overview(run.folder / _OVERVIEW, image.shape)
        labeler = ClassLabeler(classifier, neighbours)
        Pass(image, labeler, store, run, overview.write)(segmenting.jobs, progress)
        describe(
            store,
            names=classifier.names,
            colors=distinct_colors(classifier.k),
            pixel_size=image.pixel_size,
        )
        found = _found(image, learnt, store, segmenting)
        _write_others(found, overview, store)
        run.finish(run.folder / _LABELS, overwrite=segmenting.overwrite)
    return found


def _found(
    image: TiledImage, learnt: Learnt, store: LabelStore, segmenting: Segmenting
) -> LargeSegmentation:
    classifier = learnt.classifier
    counts = counted(store, segmenting.jobs)
    return LargeSegmentation(
        classifier.names,
        classifier.colors,
        counts.areas[1 : classifier.k + 1],
        classifier.background,
        image.pixel_size,
        segmenting.folder,
        image.shape,
        counts.same / counts.pairs if counts.pairs else 1.0,
        classifier,
        (*image.all_notes(), *learnt.notes),
    )


def _write_others(found: LargeSegmentation, overview: Overview, store: LabelStore) -> None:
    """Write the files beside the label map."""
    from smalti.labelmaps.export.label_png import encode_picture

    # In 8 bits 0 - 1 is 255, for pixels of no class.
    labels = np.asarray(store.levels[overview.halvings][:]) - np.uint8(1)
    colors = distinct_colors(len(found.names))
    overlay = tinted(overview.pixels, labels, colors, _TINT, boundaries_of(labels))
    files = {
        "overlay.png": encode_picture(overlay),
        "areas.csv": found.to_csv().encode(),
        "classes.npz": found.classifier.to_bytes(),
    }
    write_all_atomically({found.folder / name: data for name, data in files.items()})

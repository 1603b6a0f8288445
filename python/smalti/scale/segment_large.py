"""Segmenting images larger than memory."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from smalti.batch.result_folder import ResultFolder
from smalti.exceptions import InvalidParameterError, SegmentationWarning
from smalti.inputs import read_samples, warn_of
from smalti.options import SegmentOptions, chosen
from smalti.parallel import Workers, chosen_workers
from smalti.progress import Progress
from smalti.scale.large_segmentation import LargeSegmentation
from smalti.scale.pyramid_store import OME_VERSIONS
from smalti.scale.segmenting import Segmenting, segment_parts
from smalti.segmentation.classifier import PixelClassifier
from smalti.sources.note import CLASSES
from smalti.sources.tiles.masked import masked
from smalti.sources.tiles.open import by_parts, opened_by_parts
from smalti.sources.tiles.whole_image import of_whole
from smalti.validation import one_of, whole_number

if TYPE_CHECKING:
    from smalti.colors import Colors
    from smalti.segmentation.histology.stains import Stains
    from smalti.sources.read import ImageSource

__all__ = ["segment_large"]


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
    min_area: int | None = None,
    outlines: bool = False,
    densities: bool = False,
    options: SegmentOptions | None = None,
    ome_version: str = "0.4",
    overwrite: bool = True,
    jobs: int | None = None,
    workers: Workers | None = None,
    max_pixels: int | None = None,
    progress: Progress | None = None,
) -> LargeSegmentation:
    """Segment an image that need not fit in memory, part by part, into a folder.

    The folder gets the label map and its pyramid, ``labels.ome.zarr`` (classes from 1 on, 0 for
    none), an overview with the classes laid over it, ``overlay.png``, the areas of the classes,
    ``areas.csv``, the figures of their regions, ``regions.csv``, and ``classes.npz``, which finds
    the classes again in other images. An interrupted call goes on, when it is repeated, where it
    was.

    Parameters
    ----------
    image : path, URL or array
        Tiled TIFF, BigTIFF, SVS and OME-TIFF; Zarr 2 and 3 and OME-Zarr; an array with chunks
        (dask's); and whatever `smalti.compress` takes.
    out_dir : path or URL
        It is made if it does not exist.
    k : int, optional
        Number of classes, 1 to 255; to be left out with a `preset` or a `classifier`.
    classifier : PixelClassifier, optional
        Classes that are known.
    preset, space
        As of `smalti.segment`, but for the space "bands".
    spatial_weight : float, default: 0
        How much boundaries weigh, 0 to 8.
    chroma_weight, normalize, stains, init_colors, locked
        As of `smalti.segment`.
    mask : path, URL, array, optional
        An image of the same size: pixels that are black or clear in it take no part.
    nodata : float, optional
        Pixels of which all colours have this value belong to no class.
    min_region : int, default: 0
        Regions of fewer pixels, at most 512, join the neighbour that they share most of their
        boundary with.
    names, seed
        As of `smalti.segment`.
    min_area : int, optional
        Pixels that a region needs to be listed. Default: 64, or `min_region` if that is larger.
    outlines : bool, default: False
        Whether the outlines of the regions are written, too: ``regions.geojson``, for QuPath.
    densities : bool, default: False
        Whether the densities of the two stains are written, too: ``densities.ome.zarr``, an image
        of two channels and 8 bits, in hundredths of optical density, with a pyramid. The stains are
        those of the preset, the space or the classifier.
    options : SegmentOptions, optional
        All options as one value.
    ome_version : {"0.4", "0.5"}, default: "0.4"
        The version of OME-Zarr: with Zarr 2 or Zarr 3.
    overwrite : bool, default: True
        Whether files of an earlier run are replaced.
    jobs : int, optional
        Parts worked on at a time. Default: the processors. Results do not depend on it.
    workers : smalti.dask.Cluster, optional
        Who works on parts instead of threads. Image, mask and folder are to be named as all of
        them reach them.
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
    if classifier is not None:
        learning = (k, preset, space, chroma_weight, normalize, stains, init_colors, locked, names)
        if options is None and any(value is not None for value in learning):
            raise InvalidParameterError(
                "k and all else that decides on classes is decided by the classifier"
            )
        k = classifier.k if options is None else None
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
        ResultFolder(os.fspath(out_dir)),
        asked,
        classifier,
        one_of("ome_version", ome_version, OME_VERSIONS),
        overwrite,
        chosen_workers(jobs, workers),
        None if min_area is None else whole_number("min_area", min_area, 1),
        outlines,
        densities,
    )
    segmenting.check()
    opened = opened_by_parts(image, max_pixels=max_pixels)
    if opened is None:
        # Samples that stand for no data are known before they become colours.
        source = read_samples(image, asked.color_space, nodata)
        # They have been told.
        opened, nodata = of_whole(replace(source, notes=())), None
    inside = None if mask is None else by_parts(mask, max_pixels=max_pixels)
    found = segment_parts(masked(opened, inside, nodata), segmenting, progress)
    warn_of([note for note in found.notes if note.kind != CLASSES])
    warn_of([note for note in found.notes if note.kind == CLASSES], SegmentationWarning)
    return found

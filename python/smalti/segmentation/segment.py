"""Segmenting an image: the one call."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from numpy.typing import ArrayLike

from smalti.exceptions import SegmentationWarning
from smalti.inputs import read_samples, warn_of
from smalti.options import BANDS, SegmentOptions, chosen
from smalti.progress import Progress
from smalti.segmentation.classifier import Segmentation
from smalti.segmentation.histology.stains import Stains
from smalti.segmentation.learn import learn
from smalti.segmentation.mask import taking_part
from smalti.sources.read import ImageSource
from smalti.sources.source_image import SourceImage

if TYPE_CHECKING:
    from smalti.colors import Colors

__all__ = ["segment", "segment_with"]


def segment(
    image: ImageSource,
    k: int | None = None,
    *,
    preset: str | None = None,
    space: str | None = None,
    spatial_weight: float = 0.0,
    spatial_method: str = "potts",
    superpixels: int | None = None,
    texture: float = 0.0,
    chroma_weight: float | None = None,
    normalize: str | None = None,
    stains: Stains | str | None = None,
    init_colors: "Colors | None" = None,
    locked: Any = None,
    mask: ArrayLike | None = None,
    nodata: float | None = None,
    min_region: int = 0,
    names: Sequence[str] | None = None,
    seed: int = 0,
    options: SegmentOptions | None = None,
    progress: Progress | None = None,
) -> Segmentation:
    """Segment an image by colour, with K-Means.

    Every pixel gets the class whose centroid is nearest to its colour, or, with a `spatial_weight`,
    one that its neighbours have too.

    Parameters
    ----------
    image : path, URL, bytes, binary file object, Pillow image or array
        What `smalti.compress` takes; or an array of shape (H, W) or (H, W, C), or a .npy file, of
        any number of bands and any finite values: see `space`. Fully transparent pixels belong to
        no class, nor do those without data: masked ones of a masked array, NaN and `nodata`. Other
        alpha does not count.
    k : int
        Number of classes, 1 to 255. An image of fewer colours has a class for each of them. To be
        left out only with a `preset`.
    preset : {"he", "hdab"}, optional
        Classes of a stained slide, in this order: nuclei, stroma and background, or nuclei, DAB,
        background and stroma. A class that the slide lacks has no pixels. The preset decides
        everything but `spatial_weight`, `superpixels`, `mask`, `min_region` and `seed`.
    space : {"oklab", "srgb", "linear", "he", "hdab", "bands"}, optional
        Where pixels are compared: as the eye sees them, in stored values, in linear light, by the
        densities of two stains, haematoxylin and eosin or haematoxylin and DAB, or by their bands
        as they are. Default: "bands" for arrays of more than four bands or with values that no
        picture has (floats outside 0 to 1, whole numbers outside 0 to 65,535), else "oklab".
        Bands in units of their own are to be normalised. Of TIFF files, "bands" reads all bands;
        that needs the extra ``ome-tiff``.
    spatial_weight : float, default: 0
        How much it counts where pixels lie, at least 0. 0 leaves it out of account. With
        boundaries weighed, a class can end up without pixels.
    spatial_method : {"potts", "position"}, default: "potts"
        What the weight does. ``"potts"`` weighs boundaries: where classes are told apart as well
        as on average, what is thinner than twice the weight, in pixels, is given up. 0.2 to 1 is
        useful. ``"position"`` makes row and column coordinates like those of the colour; at a
        weight of 1 they vary as much as these do.
    superpixels : int, optional
        Cluster the mean colours of about so many superpixels in place of pixels.
    texture : float, default: 0
        How much the texture around a pixel counts, at least 0; at 1 as much as its colour.
    chroma_weight : float, default: 3
        How much hue and saturation count in OKLab, at least 0. 3 is as much as they do in CIELAB,
        beside lightness; more is less sensitive to uneven light, 0 compares lightness alone (and
        classes are grey).
    normalize : {"variance", "local"}, optional
        Count coordinates in units of how much they vary over the image, or from place to place
        (between neighbouring blocks of 8 x 8 pixels, boundaries left out): then what is uneven in
        light, noise or texture counts less. Default: as they are.
    stains : Stains or "estimate", optional
        What the stains look like; for the space "he" or "hdab" only. ``"estimate"`` finds out
        from the image. Default: the published vectors.
    init_colors : sequence of str, or array-like of shape (n, 3), optional
        Colours of classes to begin with, at most `k`, as "FF8000" or (255, 128, 0). The others
        begin far from them. Alpha does not count.
    locked : bool, or sequence of bool or int, optional
        Which of `init_colors` stay as they are, whatever the image holds: all (True), or those at
        which there is True, or at these positions. Default: none.
    mask : bool array, shape (H, W), optional
        The pixels that take part. Default: all.
    nodata : float, optional
        The value of samples without data. Pixels have none if some band has it, or, in pictures,
        if red, green and blue all have it.
    min_region : int, default: 0
        Regions of fewer pixels join the neighbour that they share most of their boundary with.
    names : sequence of str, optional
        Names of the classes, darkest first: as many as `k`, all different.
    seed : int, default: 0
        0 to 2**64 - 1, for initial centroids. The same image and arguments give the same labels on
        any number of threads.
    options : SegmentOptions, optional
        All of the above but `image`, `mask` and `nodata` as one value, in place of them.
    progress : callable, optional
        Called with a `smalti.progress.Stage` and its done fraction, 0 to 1; raise to stop.

    Returns
    -------
    Segmentation
        Classes are in order of lightness, darkest first; those of a preset in the order of its
        names, and those of bands in the order of the bands' mean.

    Raises
    ------
    ImageReadError
        If the image cannot be read.
    InvalidParameterError
        If an argument is outside its range.

    Warns
    -----
    SegmentationWarning
        If the image lacks classes of the preset.

    Examples
    --------
    >>> import numpy as np
    >>> import smalti
    >>> image = np.zeros((4, 6, 3), dtype=np.uint8)
    >>> image[:, 3:] = 200, 30, 30
    >>> image[1, 1] = 190, 40, 40
    >>> smalti.segment(image, 2).areas.tolist()
    [11, 13]
    >>> smalti.segment(image, 2, spatial_weight=0.5).areas.tolist()
    [12, 12]
    >>> bands = np.random.default_rng(0).normal(size=(4, 6, 7))
    >>> bands[:2] += 10.0
    >>> bands[0, 0, 3] = np.nan
    >>> smalti.segment(bands, 2).areas.tolist()
    [12, 11]
    """
    asked = chosen(
        SegmentOptions,
        options,
        k=k,
        preset=preset,
        space=space,
        spatial_weight=spatial_weight,
        spatial_method=spatial_method,
        superpixels=superpixels,
        texture=texture,
        chroma_weight=chroma_weight,
        normalize=normalize,
        stains=stains,
        init_colors=init_colors,
        locked=locked,
        min_region=min_region,
        names=names,
        seed=seed,
    )
    source = read_samples(image, asked.space_of_samples, nodata)
    found = segment_with(source, asked, mask=mask, progress=progress)
    warn_of(found.notes, SegmentationWarning)
    return found


def segment_with(
    source: SourceImage,
    options: SegmentOptions,
    *,
    mask: ArrayLike | None = None,
    progress: Progress | None = None,
) -> Segmentation:
    """Segment an image that has been read: see `segment`."""
    if source.bands is not None and options.space_of_samples is None:
        options = replace(options, space=BANDS)
    mask = taking_part(source, mask)
    classifier, features, tissue, notes = learn(source, options, mask, progress)
    found = classifier.labelled(
        source,
        features,
        mask,
        tissue=tissue,
        spatial_weight=options.boundary_weight,
        min_region=options.min_region,
        progress=progress,
    )
    return Segmentation(found.labels, classifier, found.provenance, notes) if notes else found

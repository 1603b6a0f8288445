"""What others offer to segment a picture by colour into k classes, with scikit-learn's K-Means.

Every method prepares colours in CIE L*a*b*, of pixels or of regions, and clusters them, the best
of three starts, as MATLAB's `imsegkmeans` does by default. That function also gives every
coordinate a variance of 1 first, by default; it is done and not done where it matters most, and
done for the others, which it helps. Where there is something to set, several values were tried,
and the one with the highest adjusted Rand index on half of these very composites is kept, so that
what is left to gain by setting the peers is little.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from skimage import graph
from skimage.color import rgb2lab
from skimage.segmentation import felzenszwalb, slic
from sklearn.cluster import KMeans

from bench import THREADS
from bench.common.measure import Picture
from bench.common.modules import importable
from bench.segmentation.methods import Labels, Method

Features = NDArray[np.float32]  # (H, W, D)

STARTS = 3
# In pixels: the standard deviation of the Gaussian, best of 1, 2, 3, 4 and 6, and the side of the
# median, best of 5, 9 and 13.
BLUR = 3
MEDIAN = 9
# A pixel of distance counts as this much in L*a*b*: the best of 0.02, 0.05 and 0.1.
PLACE = 0.02
# Radii in pixels and in levels within which OpenCV's mean shift averages: the best of (10, 20),
# (10, 40) and (20, 40).
MEAN_SHIFT = (20, 40)
# The best of 400 to 3,000 superpixels, compactness of 10 to 60 and blur of 0 to 2 pixels. Without
# blur, which is the default, superpixels follow the noise.
SUPERPIXELS = {"n_segments": 600, "compactness": 30, "sigma": 1, "start_label": 0}
# Regions merge until all neighbours differ by this in L*a*b*: the best of 4 to 20.
MERGE_BELOW = 12.0
# The best of seven settings: scale 20 to 200, sigma 0.5 to 2, smallest region 20 to 200.
FELZENSZWALB = {"scale": 20, "sigma": 1, "min_size": 50}


class Prepared(NamedTuple):
    """Features of the pixels, and the regions that are clustered by their means, if there are."""

    features: Features
    regions: Labels | None = None


Prepare = Callable[[Picture], Prepared]


def colors(photo: Picture) -> Prepared:
    """Take the pixels as they are."""
    return Prepared(_lab(photo))


def blurred(photo: Picture) -> Prepared:
    """Blur the colours."""
    return Prepared(np.asarray(gaussian_filter(_lab(photo), (BLUR, BLUR, 0))))


def median(cv2: Any, photo: Picture) -> Prepared:
    """Take the median around each pixel, channel by channel."""
    return Prepared(_lab(np.asarray(cv2.medianBlur(photo, MEDIAN))))


def mean_shift(cv2: Any, photo: Picture) -> Prepared:
    """Let OpenCV's mean shift flatten the picture."""
    return Prepared(_lab(np.asarray(cv2.pyrMeanShiftFiltering(photo, *MEAN_SHIFT))))


def placed(photo: Picture) -> Prepared:
    """Blur the colours, and add each pixel's place to them, as MATLAB's documentation does."""
    features = blurred(photo).features
    places = np.moveaxis(np.indices(photo.shape[:2]), 0, 2)
    return Prepared(np.concatenate([features, PLACE * places], axis=2, dtype=np.float32))


def superpixels(photo: Picture) -> Prepared:
    """Cluster superpixels."""
    return Prepared(_lab(photo), slic(photo, **SUPERPIXELS))


def merged(photo: Picture) -> Prepared:
    """Merge superpixels into regions as scikit-image's gallery does."""
    lab = _lab(photo)
    regions = slic(photo, **SUPERPIXELS)
    regions = graph.merge_hierarchical(
        regions,
        graph.rag_mean_color(lab, regions),
        thresh=MERGE_BELOW,
        rag_copy=False,
        in_place_merge=True,
        merge_func=_merge,
        weight_func=_difference,
    )
    return Prepared(lab, regions)


def graph_based(photo: Picture) -> Prepared:
    """Cluster the regions that Felzenszwalb and Huttenlocher's method finds."""
    return Prepared(_lab(photo), felzenszwalb(photo, **FELZENSZWALB))


def _method(name: str, setting: str, prepare: Prepare, *, normalise: bool = True) -> Method:
    return Method(
        f"{name}, normalised" if normalise else name,
        setting,
        partial(_segmented, prepare, normalise),
    )


def _segmented(prepare: Prepare, normalise: bool, photo: Picture, k: int) -> Labels:
    """Cluster means of regions, weighted by their sizes; without regions, pixels."""
    features, regions = prepare(photo)
    points, sizes = features.reshape(-1, features.shape[-1]), None
    places = np.arange(len(points)).reshape(photo.shape[:2])
    if regions is not None:
        _, places = np.unique(regions, return_inverse=True)
        places = places.reshape(photo.shape[:2])
        sizes = np.bincount(places.ravel())
        sums = [np.bincount(places.ravel(), channel) for channel in points.T]
        points = np.asarray(np.stack(sums, axis=1) / sizes[:, None], np.float32)
    if normalise:
        points = _normalised(points, sizes)
    fit = KMeans(min(k, len(points)), n_init=STARTS, random_state=0)
    return np.asarray(fit.fit(points, sample_weight=sizes).labels_[places])


def _normalised(points: Features, sizes: NDArray[np.int64] | None) -> Features:
    centered = points - np.average(points, axis=0, weights=sizes)
    variances = np.average(centered**2, axis=0, weights=sizes)
    return np.asarray(centered / np.sqrt(np.maximum(variances, 1e-12)), np.float32)


def _lab(photo: Picture) -> Features:
    return np.asarray(rgb2lab(photo), np.float32)


def _difference(regions: Any, _source: int, target: int, other: int) -> dict[str, float]:
    two, three = regions.nodes[target], regions.nodes[other]
    return {"weight": float(np.linalg.norm(two["mean color"] - three["mean color"]))}


def _merge(regions: Any, source: int, target: int) -> None:
    one, two = regions.nodes[source], regions.nodes[target]
    two["total color"] += one["total color"]
    two["pixel count"] += one["pixel count"]
    two["mean color"] = two["total color"] / two["pixel count"]


_BLUR = f"Gaussian of {BLUR} pixels"
_SLIC = "{n_segments} superpixels, compactness {compactness}, sigma {sigma}".format(**SUPERPIXELS)
_MERGED = f"the same, merged below a difference of {MERGE_BELOW:g}"
_FELZENSZWALB = "scale {scale}, sigma {sigma}".format(**FELZENSZWALB)

_SMOOTHED = (
    _method("K-Means", "CIELAB", colors, normalise=False),
    _method("K-Means", "CIELAB", colors),
    _method("blur, K-Means", _BLUR, blurred, normalise=False),
    _method("blur, K-Means", _BLUR, blurred),
)
_OF_REGIONS = (
    _method("blur, K-Means with places", f"{PLACE} a pixel", placed, normalise=False),
    _method("SLIC, K-Means", _SLIC, superpixels, normalise=False),
    _method("SLIC, K-Means", _SLIC, superpixels),
    _method("SLIC, merging, K-Means", _MERGED, merged, normalise=False),
    _method("SLIC, merging, K-Means", _MERGED, merged),
    _method("Felzenszwalb, K-Means", _FELZENSZWALB, graph_based),
)


def peers() -> tuple[list[Method], list[str]]:
    """Return the peers that are installed, and what to say of the others."""
    modules, left_out = importable({"median and mean shift of OpenCV": "cv2"})
    opencv: list[Method] = []
    for cv2 in modules.values():
        cv2.setNumThreads(THREADS)
        levels = "OpenCV, {} pixels, {} levels".format(*MEAN_SHIFT)
        opencv = [
            _method("median, K-Means", f"{MEDIAN} x {MEDIAN} pixels", partial(median, cv2)),
            _method("mean shift, K-Means", levels, partial(mean_shift, cv2)),
        ]
    return [*_SMOOTHED, *opencv, *_OF_REGIONS], left_out

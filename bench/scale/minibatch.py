"""Print what scikit-learn takes to cluster a part of a large image by parts, and both errors.

    python -m bench.scale.minibatch IMAGE

Seconds, the share of the image, and the mean squared errors of smalti and scikit-learn there.
"""

import sys
import time
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import MiniBatchKMeans

from smalti import CompressOptions
from smalti.images.color_sum import ColorSum
from smalti.sources.tiles.tiff_pages import open_tiff

Array = NDArray[Any]

# Parts of the image that are clustered.
WINDOWS, COLORS = 16, 16


def main() -> None:
    """Measure and print."""
    image = open_tiff(sys.argv[1])
    parts = [image.region(window) for window in islice(image.parts(), WINDOWS)]
    pixels = [part.reshape(-1, 3) for part in parts]
    began = time.perf_counter()
    model = MiniBatchKMeans(n_clusters=COLORS, random_state=0, n_init=1)
    for part in pixels:
        model.partial_fit(part.astype(np.float32))
    labels = [model.predict(part.astype(np.float32)) for part in pixels]
    seconds = time.perf_counter() - began
    colors = ColorSum()
    for window in islice(image.parts(), WINDOWS):
        colors.add(image.part(window))
    ours: Any = colors.palette(CompressOptions(k=COLORS, space="srgb")).centroids
    count = sum(map(len, pixels))
    pairs = zip(pixels, labels, strict=True)
    theirs = sum(_error(part, found, model.cluster_centers_) for part, found in pairs)
    mine = sum(_least(part, ours) for part in pixels)
    print(seconds, count / (image.shape[0] * image.shape[1]), mine / count, theirs / count)


def _error(pixels: Array, labels: Array, centroids: Array) -> float:
    return float(((pixels - centroids[labels]) ** 2).sum())


def _least(pixels: Array, centroids: Array) -> float:
    squares = np.full(len(pixels), np.inf)
    for centroid in centroids:
        squares = np.minimum(squares, ((pixels - centroid) ** 2).sum(axis=1))
    return float(squares.sum())


if __name__ == "__main__":
    main()

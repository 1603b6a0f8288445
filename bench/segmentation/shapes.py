"""Regions drawn from smooth random fields, for pictures whose segmentation is known.

Every shape is a function of a random stream and a number of classes, and returns a map of the
classes 0 to k - 1. Each class usually has several regions, of unequal areas.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

SIZE = (384, 512)
# Each class has at least this share of the pixels. A smaller one would weigh little in any measure
# but a mean over classes.
SMALLEST_SHARE = 0.03

Labels = NDArray[np.uint8]
Field = NDArray[np.float64]
Shape = Callable[[np.random.Generator, int], Labels]


def regions(shape: Shape, random: np.random.Generator, k: int) -> Labels:
    """Draw until every class has its share of the pixels, and number the classes at random."""
    while True:
        labels = shape(random, k)
        counts = np.bincount(labels.ravel(), minlength=k)
        if counts.min() >= SMALLEST_SHARE * labels.size:
            order = random.permutation(k).astype(np.uint8)
            return np.asarray(order[labels])


def smooth(random: np.random.Generator, sigma: float) -> Field:
    """Return noise blurred by a Gaussian of `sigma` pixels, of mean 0 and variance 1."""
    field = gaussian_filter(random.normal(size=SIZE), sigma, mode="reflect")
    return np.asarray((field - field.mean()) / field.std())


def blobs(random: np.random.Generator, k: int) -> Labels:
    """Each pixel belongs to the highest of k smooth fields, lifted by different amounts."""
    sigma = random.uniform(16, 36)
    heights = [smooth(random, sigma) + random.uniform(-0.4, 0.4) for _ in range(k)]
    return np.asarray(np.argmax(heights, axis=0), np.uint8)


def cells(random: np.random.Generator, k: int) -> Labels:
    """Voronoi cells with bent borders, of classes drawn at random."""
    count = int(random.integers(30, 90))
    sites = random.uniform((0, 0), SIZE, size=(count, 2))
    _, nearest = cKDTree(sites).query(_bent(random, 8, 20))
    classes = random.permutation(np.arange(count) % k).astype(np.uint8)
    return np.asarray(classes[nearest].reshape(SIZE))


def layers(random: np.random.Generator, k: int) -> Labels:
    """Bands across the picture, bent and of unequal widths."""
    angle = random.uniform(0, np.pi)
    rows, columns = np.indices(SIZE)
    along = (rows * np.sin(angle) + columns * np.cos(angle)) / random.uniform(50, 90)
    height = along + 0.5 * smooth(random, 40) + 0.15 * smooth(random, 10)
    return np.asarray(np.floor(height) % k, np.uint8)


def branches(random: np.random.Generator, k: int) -> Labels:
    """Blobs, and as the last class thin winding lines of 4 to 12 pixels."""
    labels = blobs(random, k - 1) if k > 2 else np.zeros(SIZE, np.uint8)
    for _ in range(2):
        field = smooth(random, random.uniform(18, 30))
        slope = np.hypot(*np.gradient(field))
        labels[np.abs(field) < random.uniform(2, 6) * slope] = k - 1
    return labels


def islands(random: np.random.Generator, k: int) -> Labels:
    """Blobs, and as the last class many small islands, 8 to 36 pixels across."""
    labels = blobs(random, k - 1) if k > 2 else np.zeros(SIZE, np.uint8)
    distances = _from_sites(random, int(random.integers(50, 110)), 4, 18)
    labels[distances < 1] = k - 1
    return labels


def glands(random: np.random.Generator, k: int) -> Labels:
    """Rings of one class around hollows of another, as glands have; the rest are blobs."""
    labels = blobs(random, k - 2) if k > 3 else np.zeros(SIZE, np.uint8)
    distances = _from_sites(random, int(random.integers(10, 18)), 28, 60)
    labels[distances < 1] = k - 2
    labels[distances < random.uniform(0.4, 0.6)] = k - 1
    return labels


def _bent(random: np.random.Generator, sigma: float, reach: float) -> Field:
    """Return every pixel's place, (H * W, 2), moved by smooth fields by some `reach` pixels."""
    rows, columns = np.indices(SIZE)
    moved = [rows + reach / 3 * smooth(random, sigma), columns + reach / 3 * smooth(random, sigma)]
    return np.stack(moved, axis=-1).reshape(-1, 2)


def _from_sites(random: np.random.Generator, count: int, smallest: float, largest: float) -> Field:
    """Return the distance to random sites in units of each site's own radius, the least of all."""
    places = _bent(random, 10, 12)
    sites = random.uniform((0, 0), SIZE, size=(count, 2))
    radii = random.uniform(smallest, largest, size=count)
    least = np.full(len(places), np.inf)
    for site, radius in zip(sites, radii, strict=True):
        np.minimum(least, np.hypot(*(places - site).T) / radius, out=least)
    return np.asarray(least.reshape(SIZE))

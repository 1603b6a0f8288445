"""Slow NumPy versions of what the core computes: the oracles of the tests."""

import numpy as np

# Linear sRGB to cone responses and from there to OKLab (B. Ottosson, 2020,
# https://bottosson.github.io/posts/oklab/).
_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def squared_distances(points, centroids):
    return ((points[:, np.newaxis] - centroids[np.newaxis]) ** 2).sum(axis=2)


def lloyd(points, centroids, max_iter=300):
    """Lloyd's algorithm as the papers state it; every cluster must keep a member.

    Returns centroids, labels and the inertia after each iteration.
    """
    labels = squared_distances(points, centroids).argmin(axis=1)
    history = []
    while len(history) < max_iter:
        centroids = np.array([points[labels == k].mean(axis=0) for k in range(len(centroids))])
        distances = squared_distances(points, centroids)
        previous, labels = labels, distances.argmin(axis=1)
        history.append(distances.min(axis=1).sum())
        if (labels == previous).all():
            break
    return centroids, labels, history


def mse(reference, distorted):
    return np.mean((reference.astype(np.float64) - distorted.astype(np.float64)) ** 2)


def entropy_bits(indices):
    """Size times Shannon's entropy, by the formula -sum p log2 p."""
    _, counts = np.unique(indices, return_counts=True)
    shares = counts / counts.sum()
    return -indices.size * (shares * np.log2(shares)).sum()


def linear(srgb):
    """sRGB in 0..255 to linear light in 0..1 (IEC 61966-2-1)."""
    values = np.asarray(srgb, dtype=np.float64) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def oklab(srgb):
    """sRGB in 0..255 to OKLab."""
    return np.cbrt(linear(srgb) @ _TO_LMS.T) @ _TO_OKLAB.T


def local_errors(reference, distorted, reach=2):
    """Distance between local means in OKLab x 100, window by window; uint8, 3 or 4 channels."""

    def coordinates(image):
        image = image.astype(np.float64)
        alpha = image[..., 3:] / 255 if image.shape[2] == 4 else np.ones((*image.shape[:2], 1))
        return 100 * np.dstack([oklab(image[..., :3]) * alpha, alpha])

    first, second = coordinates(reference), coordinates(distorted)
    errors = np.empty(reference.shape[:2])
    for y, x in np.ndindex(errors.shape):
        rows, columns = (slice(max(at - reach, 0), at + reach + 1) for at in (y, x))
        means = [image[rows, columns].mean(axis=(0, 1)) for image in (first, second)]
        errors[y, x] = np.linalg.norm(means[0] - means[1])
    return errors


def diffused(image, palette, dither, band_rows=128):
    """The pixels of an opaque uint8 image in the palette's colours, errors diffused in OKLab x 100.

    The shares are Floyd's and Steinberg's, from left to right: 7/16 right, 3/16 down left, 5/16
    down, 1/16 down right. At the sides what would go down aslant goes straight down. Rows are in
    bands: nothing goes from one to the next.
    """
    height, width = image.shape[:2]
    targets = 100 * oklab(image)
    places = 100 * oklab(palette)
    labels = np.empty((height, width), dtype=int)
    for y, x in np.ndindex(height, width):
        target = targets[y, x]
        labels[y, x] = ((target - places) ** 2).sum(axis=1).argmin()
        error = dither * (target - places[labels[y, x]])
        if x + 1 < width:
            targets[y, x + 1] += error * 7 / 16
        if y + 1 < height and (y + 1) % band_rows:
            targets[y + 1, max(x - 1, 0)] += error * 3 / 16
            targets[y + 1, x] += error * 5 / 16
            targets[y + 1, min(x + 1, width - 1)] += error * 1 / 16
    return palette[labels]


def silhouette(points, labels):
    """Mean silhouette (P. J. Rousseeuw, 1987), point by point; NaN for one cluster."""
    clusters = np.unique(labels)
    if len(clusters) < 2:
        return np.nan
    scores = []
    for i, point in enumerate(points):
        distances = np.sqrt(((points - point) ** 2).sum(axis=1))
        others = (labels == labels[i]) & (np.arange(len(points)) != i)
        if not others.any():
            scores.append(0.0)
            continue
        a = distances[others].mean()
        b = min(distances[labels == c].mean() for c in clusters if c != labels[i])
        scores.append((b - a) / max(a, b) if max(a, b) > 0 else 0.0)
    return np.mean(scores)

"""Weighted points that stand for the pixels of an image: its distinct colours, or blocks of it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.sampling import some_colors, stratified_positions
from smalti.segmentation.features.feature_space import Features, FeatureSpace, contiguous
from smalti.sources.source_image import Bands, Pixels

__all__ = ["Points", "block_points", "color_points", "sample_points"]

# More pixels of 16 bits, and more blocks of pixels, tell no more about a few classes.
_MAX_POINTS = 1 << 20
_MAX_BLOCKS = 1 << 18


class Points(NamedTuple):
    """Weighted points: float64 arrays of shape (n, D) and (n,)."""

    values: NDArray[np.float64]
    weights: NDArray[np.float64]

    def variances(self) -> list[float]:
        """Return the variance of each coordinate."""
        mean = np.average(self.values, axis=0, weights=self.weights)
        squares = np.average((self.values - mean) ** 2, axis=0, weights=self.weights)
        return [float(square) for square in squares]


def color_points(space: FeatureSpace, pixels: Pixels, mask: NDArray[np.bool_] | None) -> Points:
    """Return the distinct colours of an image, each as often as it occurs.

    Parameters
    ----------
    space : FeatureSpace
        Only its features of colour count.
    pixels : uint8 or uint16 array, shape (H, W, 3 or 4)
    mask : bool array, shape (H, W), or None
        The pixels that take part.
    """
    colors = pixels[..., :3]
    if pixels.dtype == np.uint16:
        # Of 16 bits hardly two pixels have the same colour.
        flat = some_colors(pixels, mask, _MAX_POINTS)
    else:
        flat = colors.reshape(-1, 3) if mask is None else colors[mask]
    distinct, counts = _core.distinct_colors(contiguous(flat[np.newaxis]))
    same = distinct if pixels.dtype == np.uint16 else distinct.astype(np.uint8)
    values = space.of_colors(same[np.newaxis])[0]
    return Points(values.astype(np.float64), counts)


def sample_points(
    space: FeatureSpace, samples: "Pixels | Bands", mask: NDArray[np.bool_] | None
) -> Points:
    """Return the distinct colours of an image, or its pixels of bands, or a part of these."""
    if isinstance(samples, Bands):
        return block_points(space.of_samples(samples), mask)
    return color_points(space, samples, mask)


def block_points(features: Features, mask: NDArray[np.bool_] | None, halvings: int = 0) -> Points:
    """Return the means of blocks of pixels, or of a part of them if there are many."""
    means, counts = _core.block_means(features, halvings, mask=mask)
    means, counts = means.reshape(-1, means.shape[2]), counts.ravel()
    if mask is not None:
        occupied = counts > 0.0
        means, counts = means[occupied], counts[occupied]
    if len(means) > _MAX_BLOCKS:
        positions = stratified_positions(len(means), _MAX_BLOCKS)
        means, counts = means[positions], counts[positions]
    return Points(means.astype(np.float64), counts.astype(np.float64))

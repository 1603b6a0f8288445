"""Centroids of the classes of a stained slide: the best of several starts whose names hold.

From one start Lloyd's algorithm ends in a local optimum: with few nuclei it halves the noise of
eosin. So each number of classes is begun from several places, on a sample of the tissue: from
common amounts of the stains, from the pixels that have most of each stain, and by k-means++. Some
results have centroids that cannot be called what the preset promises, or give much tissue to glass.
Of the others the one with the least squared error goes on with all of the tissue. A class that it
lacks has a reference amount of its stain.

That takes 0.1 s for H&E and 0.3 s for H-DAB.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from smalti import _core
from smalti.progress import Progress
from smalti.sampling import weighted_sample
from smalti.segmentation.features.points import Points
from smalti.segmentation.histology.stain_names import (
    names_held,
    reference_densities,
    tissue_names,
)
from smalti.segmentation.histology.stains import Stains

__all__ = ["NamedCentroids", "fit_named"]

# Strata of the sample that starts are tried on.
_SAMPLE = 1 << 15

# Classes begin at the medians of the tissue that has most of their stain: of a tenth, a hundredth
# and a thousandth of it. Nuclei are 0.2 to 60 % of tissue.
_MOST = (0.9, 0.99, 0.999)

# Stroma begins at the median of the half that has least haematoxylin.
_LEAST = 0.5

# Starts of k-means++ for each number of classes.
_STARTS = 8

# Glass may take so much of the tissue that is denser than this, in optical density: what is stained
# unevenly. On the pictures tried it takes up to 5 %, and 37 % where a pen has one of the classes.
_DENSE, _LOST = 0.2, 0.1

# Digits of errors that are compared. Sums differ in the 16th between machines, and starts that end
# alike must not be told apart by that.
_DIGITS = 8

# Glass is held at 0 on H&E slides, for gaps in tissue are glass. On H-DAB slides pale stroma is
# next to it, and the tissue mask alone tells.
_GLASS = {"he": np.zeros((1, 2)), "hdab": np.empty((0, 2))}

Array = NDArray[np.float64]


class NamedCentroids(NamedTuple):
    """Densities of the classes of tissue by name, and the names of those that were found."""

    densities: dict[str, Array]
    found: tuple[str, ...]


class _Fit(NamedTuple):
    cost: tuple[bool, float]
    names: tuple[str, ...]
    centroids: Array


def fit_named(
    points: Points, stains: Stains, scale: Array, seed: int, progress: Progress | None
) -> NamedCentroids:
    """Return the classes of tissue that can be told apart, and references for the others.

    Parameters
    ----------
    points : Points
        Densities of both stains in the tissue, in units of `scale`.
    stains : Stains
    scale : float64 array, shape (2,)
    seed : int
        For k-means++.
    progress : callable or None
    """
    if len(points.values) == 0:
        return NamedCentroids(reference_densities(stains.name, {}), ())
    search = _Search(stains.name, scale, seed, progress)
    positions, weights = weighted_sample(points.weights, _SAMPLE)
    sample = Points(np.ascontiguousarray(points.values[positions]), weights)
    fits = []
    for k, initial in search.starts(sample):
        centroids = search.lloyd(sample, k, initial)
        names = names_held(centroids * scale, stains)
        if names is not None:
            fits.append(_Fit(search.cost(sample, centroids), names, centroids))
    # One class always has a name.
    best = min(fits, key=lambda fit: fit.cost)
    refined = search.lloyd(points, len(best.names), best.centroids) * scale
    if names_held(refined, stains) != best.names:
        refined = best.centroids * scale
    densities = dict(zip(best.names, refined, strict=True))
    return NamedCentroids(densities | reference_densities(stains.name, densities), best.names)


@dataclass(frozen=True)
class _Search:
    """K-Means in the tissue of one kind of slide."""

    kind: str
    scale: Array
    seed: int
    progress: Progress | None

    def starts(self, points: Points) -> Iterator[tuple[int, Array]]:
        """Yield numbers of classes and centroids to begin with; none for k-means++."""
        names = tissue_names(self.kind)
        yield 1, np.average(points.values, axis=0, weights=points.weights)[np.newaxis]
        typical = reference_densities(self.kind, {})
        for k in range(2, len(names) + 1):
            yield k, np.empty((0, 2))
            for some in combinations(names, k):
                yield k, np.array([typical[name] for name in some]) / self.scale
                for share in _MOST:
                    yield k, np.array([self._middle(points, name, share) for name in some])

    def _middle(self, points: Points, name: str, share: float) -> Array:
        """Return the median of the points that have most of a stain, or least of it for stroma."""
        haematoxylin, other = points.values.T
        if name == "stroma":
            amounts = -haematoxylin if self.kind == "he" else -(haematoxylin + other)
            share = _LEAST
        else:
            amounts = haematoxylin if name == "nuclei" else other
        order = np.argsort(amounts, kind="stable")
        weights = points.weights[order].cumsum()
        place = min(int(np.searchsorted(weights, share * weights[-1])), len(order) - 1)
        middle: Array = np.median(points.values[order[place:]], axis=0)
        return middle

    def lloyd(self, points: Points, k: int, initial: Array) -> Array:
        """Return up to `k` centroids of tissue, beside that of glass."""
        glass = _GLASS[self.kind]
        centroids, _ = _core.fit_classes(
            *points,
            k + len(glass),
            np.concatenate([glass, initial]),
            len(glass),
            n_init=1 if len(initial) == k else _STARTS,
            seed=self.seed,
            progress=self.progress,
        )
        return np.asarray(centroids[len(glass) :])

    def cost(self, points: Points, centroids: Array) -> tuple[bool, float]:
        """Return whether glass takes too much tissue, and the squared error."""
        glass = _GLASS[self.kind]
        distances = np.array(
            [
                ((points.values - centroid) ** 2).sum(axis=1)
                for centroid in np.concatenate([glass, centroids])
            ]
        )
        least = distances.min(axis=0)
        dense = ((points.values * self.scale) ** 2).sum(axis=1) > _DENSE**2
        in_glass = distances.argmin(axis=0) < len(glass)
        lost = points.weights[dense & in_glass].sum()
        error = float(f"{(least * points.weights).sum():.{_DIGITS}e}")
        return bool(lost > _LOST * points.weights.sum()), error

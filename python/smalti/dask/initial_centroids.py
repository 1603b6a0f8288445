"""Initial centroids of points in chunks.

K-Means|| is the method of B. Bahmani, B. Moseley, A. Vattani, R. Kumar and S. Vassilvitskii,
"Scalable k-means++", 2012, doi:10.14778/2180912.2180915: a few rounds draw many candidates, far
from those drawn before, and K-Means of the candidates, which weigh as many points as are nearest to
them, gives the initial centroids. Here every round draws the same number of distinct points,
without replacement; that takes one pass, as the total of the distances need not be known before.

The random number of a point depends on the seed, the round and its row, and on nothing else.
"""

import numpy as np
from numpy.typing import NDArray

from smalti.dask.chunked_points import ChunkedPoints
from smalti.dask.clusters import Grid
from smalti.dask.partials import Picks
from smalti.progress import Progress, tell
from smalti.vectors.kmeans import kmeans

__all__ = ["kmeans_parallel"]

# Starts of K-Means of the candidates: there are few, so that more cost little.
_STARTS = 4


def kmeans_parallel(
    points: ChunkedPoints,
    grid: Grid,
    first: Picks,
    k: int,
    *,
    drawn: int,
    rounds: int,
    seed: int,
    progress: Progress | None,
) -> NDArray[np.float64]:
    """Return initial centroids by K-Means||.

    Parameters
    ----------
    points : ChunkedPoints
        More than `k` distinct ones.
    grid : Grid
        Of all points.
    first : Picks
        A point drawn at random comes first.
    k : int
    drawn : int
        Candidates of each round.
    rounds : int
    seed : int
    progress : callable or None

    Returns
    -------
    float64 array, shape (k, D)
    """
    candidates = first.rows[:1]
    for number in range(1, rounds + 1):
        tell(progress, "initial-centroids", (number - 1) / (rounds + 1))
        more = points.drawn(candidates, drawn, seed=seed, round_number=number).rows
        candidates = np.concatenate([candidates, more])
    tell(progress, "initial-centroids", rounds / (rounds + 1))
    weights = points.clusters(candidates, grid).counts.astype(np.float64)
    return kmeans(candidates, k, sample_weight=weights, n_init=_STARTS, seed=seed).centroids

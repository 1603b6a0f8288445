"""`KMeans`: scikit-learn's estimator, with the fit and the labels of smalti."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state

from smalti.sklearn.base import CentroidEstimator
from smalti.sklearn.data import (
    Floats,
    Table,
    assign,
    canonical_order,
    dense,
    floating,
    padded,
    total,
    with_weight,
)
from smalti.sklearn.parameters import as_centers
from smalti.validation import one_of
from smalti.vectors.kmeans import KMeansResult, kmeans
from smalti.vectors.scikit_learn import iterations_of, messages_of, seed_of

__all__ = ["KMeans"]


class KMeans(CentroidEstimator):
    """K-Means clustering, as `sklearn.cluster.KMeans` does it.

    The same data, parameters and seed give the same bytes on any number of threads. The
    order of the samples does not change the clusters, unless `init` is a callable; a weight of 3
    counts as three equal samples and a weight of 0 as none.

    Parameters
    ----------
    n_clusters : int, default: 8
        At least 1 and at most the number of samples.
    init : {"k-means++", "random"}, array (n_clusters, n_features) or callable
        Initial centres: samples far apart (greedy k-means++,
        https://dl.acm.org/doi/10.5555/1283383.1283494), samples drawn at random, given, or what
        ``init(X, n_clusters, random_state=...)`` returns. Default: "k-means++".
    n_init : "auto" or int, default: "auto"
        Starts, of which the one with the lowest inertia counts. "auto" is 1 for "k-means++" and
        given centres, which have only one, and 10 for "random" and callables.
    max_iter : int, default: 300
        Largest number of iterations of a start.
    tol : float, default: 1e-4
        Ends when the squared moves of the centres add up to at most `tol` times the mean
        variance of the features; 0 goes on until no label changes.
    verbose : int, default: 0
        True or above 0: the inertia after each iteration of the best start is printed.
    random_state : int, RandomState or None, default: None
        A whole number is `smalti.kmeans`'s seed; else a seed is drawn from what scikit-learn
        makes of it.
    copy_x : bool, default: True
        Changes nothing: `X` is never written to.
    algorithm : {"lloyd", "elkan"}, default: "lloyd"
        Changes nothing: what can be left out is left out with both, and the labels are exact.

    Attributes
    ----------
    cluster_centers_ : array, shape (n_clusters, n_features)
        float32 for float32 samples, else float64. Drawn centres ("k-means++", "random") come out
        sorted by their first coordinate, those that tie by the second, and so on, so that equal
        clusters have equal labels whatever the seed. Given centres, by array or callable, keep
        their places. With fewer distinct samples than clusters the last centre is repeated.
    labels_ : int32 array, shape (n_samples,)
        For each sample, those of weight 0 too, the position of its nearest centre: what
        ``predict(X)`` returns.
    inertia_ : float
        Weighted sum of the squared distances of the samples to their centres.
    n_iter_ : int
        Iterations of the best start, counted as scikit-learn does: the assignment that finds
        nothing changed counts.
    n_features_in_ : int
        Number of features of `X`.
    feature_names_in_ : array, shape (n_features_in_,)
        The features' names, where `X` has them.

    Raises
    ------
    InvalidParameterError
        If a parameter is outside its range (a ValueError, as scikit-learn's); its own checks of
        `X` raise ValueError.

    Notes
    -----
    Lloyd's algorithm (doi:10.1109/TIT.1982.1056489), ``O(n k D)`` an iteration with n the number
    of distinct samples. Sparse samples are worked on dense and may take 4 GiB so.

    Examples
    --------
    >>> from smalti.sklearn import KMeans
    >>> X = [[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]]
    >>> kmeans = KMeans(n_clusters=2, random_state=0).fit(X)
    >>> kmeans.labels_.tolist(), kmeans.cluster_centers_.tolist()
    ([0, 0, 0, 1, 1, 1], [[1.0, 2.0], [10.0, 2.0]])
    >>> kmeans.predict([[0, 0], [12, 3]]).tolist()
    [0, 1]
    """

    _auto_starts = 10

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: Any = "k-means++",
        n_init: Any = "auto",
        max_iter: int = 300,
        tol: float = 1e-4,
        verbose: int = 0,
        random_state: Any = None,
        copy_x: bool = True,
        algorithm: str = "lloyd",
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.verbose = verbose
        self.random_state = random_state
        self.copy_x = copy_x
        self.algorithm = algorithm

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> "KMeans":
        """Find the centres.

        Parameters
        ----------
        X : {array-like, sparse matrix}, shape (n_samples, n_features)
            Numbers within -1e90 to 1e90. Tables of three uint8 columns are counted as colours.
        y : ignored
        sample_weight : array-like, shape (n_samples,), optional
            Each 0, or within 1e-90 to 1e90. Default: 1 each.

        Returns
        -------
        KMeans
            This estimator.

        Warns
        -----
        ConvergenceWarning
            If there are fewer distinct samples than clusters.
        """
        table, weights = self._checked_to_fit(X, sample_weight)
        if self.algorithm == "elkan" and self.n_clusters == 1:
            warnings.warn(
                "algorithm='elkan' doesn't make sense for a single cluster. Using 'lloyd' instead.",
                RuntimeWarning,
                stacklevel=2,
            )
        points, weighed = with_weight(dense(table), weights)
        best = self._best_start(table, points, weighed)
        self.n_iter_ = iterations_of(best, self.max_iter)
        for message in messages_of(best, self.max_iter, self.tol):
            self._say(message)
        centers = best.centroids
        if isinstance(self.init, str):
            centers = centers[canonical_order(centers)]
        self.cluster_centers_ = padded(centers, self.n_clusters).astype(floating(table))
        self._n_features_out = self.n_clusters
        # Labels are assigned once more as `predict` does: rounding to float32 and sorting may have
        # broken ties in another way, and samples of weight 0 have no label yet.
        self.labels_, distances = assign(table, self.cluster_centers_)
        self.inertia_ = total(weights * distances)
        distinct = np.count_nonzero(np.bincount(self.labels_))
        if distinct < self.n_clusters:
            warnings.warn(
                f"Number of distinct clusters ({distinct}) found smaller than n_clusters "
                f"({self.n_clusters}). Possibly due to duplicate points in X.",
                ConvergenceWarning,
                stacklevel=2,
            )
        return self

    def _check_parameters(self) -> None:
        super()._check_parameters()
        one_of("algorithm", self.algorithm, ("lloyd", "elkan"))

    def _best_start(self, table: Table, points: NDArray[Any], weights: Floats) -> KMeansResult:
        """Return the result with the lowest inertia."""
        starts: list[Any]
        k, features = self.n_clusters, table.shape[1]
        seed = 0
        if isinstance(self.init, str):
            starts = [str(self.init)]
            # scikit-learn's None is the generator that numpy.random.seed seeds.
            random = self.random_state
            seed = seed_of(check_random_state(None) if random is None else random)
        elif callable(self.init):
            random = check_random_state(self.random_state)
            starts = [
                as_centers(self.init(table, k, random_state=random), k, features)
                for _ in range(self._n_init)
            ]
        else:
            starts = [as_centers(self.init, k, features)]
        results = [
            kmeans(
                points,
                k,
                sample_weight=None if (weights == 1).all() else weights,
                init=start,
                n_init=self._n_init,
                max_iter=self.max_iter,
                tol=self.tol,
                seed=seed,
            )
            for start in starts
        ]
        return min(results, key=lambda result: result.inertia)

"""`MiniBatchKMeans`: scikit-learn's estimator for many samples, and for streams of them."""

import math
import warnings
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.sparsefuncs import mean_variance_axis

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
    weights_of,
    with_weight,
)
from smalti.sklearn.parameters import as_centers
from smalti.validation import real_number, whole_number
from smalti.vectors.kmeans import kmeans
from smalti.vectors.mini_batch import OnlineKMeans

__all__ = ["MiniBatchKMeans"]

# Rare centres are looked for whenever this many samples for each cluster have come by.
_REASSIGN_EVERY = 10


class MiniBatchKMeans(CentroidEstimator):
    """K-Means clustering by small random batches, as `sklearn.cluster.MiniBatchKMeans` does it.

    Quicker than `KMeans` on very many samples, with an inertia some percent higher; `partial_fit`
    learns from a stream. The same data in the same order, parameters and seed give the same
    bytes on any number of threads.

    Parameters
    ----------
    n_clusters : int, default: 8
        At least 1 and at most the number of samples, of the first batch in `partial_fit`.
    init : {"k-means++", "random"}, array (n_clusters, n_features) or callable
        As in `KMeans`, but found among `init_size` samples. Default: "k-means++".
    max_iter : int, default: 100
        Largest number of passes; a pass is as many batches as hold the number of samples.
    batch_size : int, default: 1024
        Samples of a batch in `fit`, drawn with replacement, in proportion to their weight. If
        there are no more samples than that, every batch is all of them, each once.
    verbose : int, default: 0
        True or above 0: the mean inertia of each batch is printed.
    compute_labels : bool, default: True
        Whether to assign all samples in the end, for `labels_` and `inertia_`.
    random_state : int, RandomState or None, default: None
        What batches, initial centres and reassignments are drawn with.
    tol : float, default: 0.0
        Above 0, ends when the squared moves of the centres in a batch add up to at most `tol`
        times the mean variance of the features.
    max_no_improvement : int or None, default: 10
        Ends when the smoothed inertia of so many batches in a row is not below the lowest; None
        does not end for that.
    init_size : int or None, default: None
        Samples among which initial centres are found, drawn without replacement. None is three
        times `batch_size`, or `n_clusters` if that is larger.
    n_init : "auto" or int, default: "auto"
        Initial centres tried, of which those with the lowest inertia are used. "auto" is 1 for
        "k-means++" and given centres, and 3 for "random" and callables.
    reassignment_ratio : float, default: 0.01
        0 to 1. Centres that have seen less than this share of what the busiest one has move to
        samples of the batch.

    Attributes
    ----------
    cluster_centers_ : array, shape (n_clusters, n_features)
        float32 for float32 samples, else float64. Where the initial centres were drawn
        ("k-means++", "random"), `fit` sorts them by their first coordinate, those that tie by the
        second, and so on; `partial_fit` sorts the initial ones and lets them keep their places
        from then on.
    labels_ : int32 array, shape (n_samples,)
        For each sample, of the last batch in `partial_fit`, the position of its nearest centre.
        Not there if `compute_labels` is False.
    inertia_ : float
        Weighted sum of the squared distances of the samples, in `partial_fit` of the last batch,
        to their centres. If `compute_labels` is False, what is known without another assignment:
        the smoothed inertia of the batches times the sum of the weights in `fit`, and in
        `partial_fit` the last batch's inertia before it moved the centres.
    n_iter_ : int
        Passes begun by `fit`.
    n_steps_ : int
        Batches worked on.
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
    D. Sculley, "Web-scale k-means clustering", 2010, doi:10.1145/1772690.1772862, by way of
    `smalti.OnlineKMeans`. Sparse samples become dense batch by batch, and `init_size` at once.

    Examples
    --------
    >>> from smalti.sklearn import MiniBatchKMeans
    >>> X = [[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]]
    >>> kmeans = MiniBatchKMeans(n_clusters=2, random_state=0)
    >>> kmeans = kmeans.partial_fit(X[:4]).partial_fit(X[4:])
    >>> kmeans.cluster_centers_.tolist()
    [[1.0, 2.0], [10.0, 2.0]]
    >>> kmeans.predict([[0, 0], [12, 3]]).tolist()
    [0, 1]
    """

    _auto_starts = 3

    def __init__(
        self,
        n_clusters: int = 8,
        *,
        init: Any = "k-means++",
        max_iter: int = 100,
        batch_size: int = 1024,
        verbose: int = 0,
        compute_labels: bool = True,
        random_state: Any = None,
        tol: float = 0.0,
        max_no_improvement: int | None = 10,
        init_size: int | None = None,
        n_init: Any = "auto",
        reassignment_ratio: float = 0.01,
    ) -> None:
        self.n_clusters = n_clusters
        self.init = init
        self.max_iter = max_iter
        self.batch_size = batch_size
        self.verbose = verbose
        self.compute_labels = compute_labels
        self.random_state = random_state
        self.tol = tol
        self.max_no_improvement = max_no_improvement
        self.init_size = init_size
        self.n_init = n_init
        self.reassignment_ratio = reassignment_ratio

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> "MiniBatchKMeans":
        """Find the centres, from the beginning.

        Parameters
        ----------
        X : {array-like, sparse matrix}, shape (n_samples, n_features)
            Numbers within -1e90 to 1e90.
        y : ignored
        sample_weight : array-like, shape (n_samples,), optional
            Each 0, or within 1e-90 to 1e90. Default: 1 each.

        Returns
        -------
        MiniBatchKMeans
            This estimator.
        """
        table, weights = self._checked_to_fit(X, sample_weight)
        samples, weighed = with_weight(table, weights)
        self._begin(samples, weighed)
        self.n_steps_, smoothed = self._learn(samples, weighed)
        self.n_iter_ = math.ceil(self.n_steps_ * self._batch_size / samples.shape[0])
        if isinstance(self.init, str):
            order = canonical_order(self._online.centroids)
            self._online.centroids = self._online.centroids[order]
            self._online.counts = self._online.counts[order]
        self.inertia_ = smoothed * total(weights)
        return self._publish(table, weights)

    def partial_fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> "MiniBatchKMeans":
        """Go on from the centres found so far with one batch.

        Parameters
        ----------
        X : {array-like, sparse matrix}, shape (n_samples, n_features)
            The batch: numbers within -1e90 to 1e90. The first one has a sample for each cluster,
            at least.
        y : ignored
        sample_weight : array-like, shape (n_samples,), optional
            Each 0, or within 1e-90 to 1e90. Default: 1 each.

        Returns
        -------
        MiniBatchKMeans
            This estimator.
        """
        if not hasattr(self, "_online"):
            table, weights = self._checked_to_fit(X, sample_weight)
            self._begin(*with_weight(table, weights))
            self.n_steps_ = 0
        else:
            table = self._checked(X)
            weights = weights_of(sample_weight, table.shape[0])
            self._check_parameters()
        samples, weighed = with_weight(table, weights)
        self.inertia_ = self._step(dense(samples), weighed)
        self.n_steps_ += 1
        return self._publish(table, weights)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        whole_number("batch_size", self.batch_size, 1)
        if self.max_no_improvement is not None:
            whole_number("max_no_improvement", self.max_no_improvement, 0)
        if self.init_size is not None:
            whole_number("init_size", self.init_size, 1)
        real_number("reassignment_ratio", self.reassignment_ratio, 0.0, 1.0)

    def _begin(self, samples: Table, weights: Floats) -> None:
        """Find the initial centres."""
        n = samples.shape[0]
        self._batch_size = min(int(self.batch_size), n)
        self._init_size = min(self._wished_init_size(), n)
        self._random = check_random_state(self.random_state)
        self._dtype = floating(samples)
        self._since_reassigned = 0
        self._online = OnlineKMeans(self._initial_centers(samples, weights))

    def _wished_init_size(self) -> int:
        if self.init_size is None:
            size = 3 * self._batch_size
            return size if size >= self.n_clusters else 3 * self.n_clusters
        if self.init_size >= self.n_clusters:
            return int(self.init_size)
        warnings.warn(
            f"init_size={self.init_size} should be larger than n_clusters={self.n_clusters}. "
            "Setting it to min(3*n_clusters, n_samples)",
            RuntimeWarning,
            stacklevel=4,
        )
        return 3 * self.n_clusters

    def _initial_centers(self, samples: Table, weights: Floats) -> Floats:
        n, features = samples.shape
        if not (isinstance(self.init, str) or callable(self.init)):
            return as_centers(self.init, self.n_clusters, features)
        if self._init_size < n:
            drawn = self._random.permutation(n)[: self._init_size]
            samples, weights = samples[drawn], weights[drawn]
        if callable(self.init):
            tried = [
                as_centers(
                    self.init(samples, self.n_clusters, random_state=self._random),
                    self.n_clusters,
                    features,
                )
                for _ in range(self._n_init)
            ]
            return min(tried, key=lambda centers: total(weights * assign(samples, centers)[1]))
        centers = kmeans(
            dense(samples),
            self.n_clusters,
            sample_weight=weights,
            init=str(self.init),
            n_init=self._n_init,
            max_iter=1,
            seed=int(self._random.randint(2**31)),
        ).centroids
        return padded(centers[canonical_order(centers)], self.n_clusters)

    def _learn(self, samples: Table, weights: Floats) -> tuple[int, float]:
        """Work on batches until there is a reason to end; return their number and inertia."""
        n, size = samples.shape[0], self._batch_size
        n_steps = self.max_iter * n // size
        tolerance = self.tol * _mean_variance(samples, weights) if self.tol else 0.0
        watch = _Watch(smoothing=min(1.0, 2 * size / (n + 1)))
        whole = dense(samples) if size == n else None
        bounds = np.cumsum(weights)
        for step in range(1, n_steps + 1):
            if whole is None:
                drawn = np.searchsorted(
                    bounds, self._random.random_sample(size) * bounds[-1], "right"
                )
                batch, weighed = dense(samples[np.minimum(drawn, n - 1)]), np.ones(size)
            else:
                batch, weighed = whole, weights
            before = self._online.centroids.copy()
            inertia = self._step(batch, weighed) / total(weighed)
            watch.see(inertia)
            self._say(f"Minibatch step {step}/{n_steps}: mean batch inertia: {inertia}")
            reason = ""
            if tolerance and total((self._online.centroids - before) ** 2) <= tolerance:
                reason = "small centers change"
            elif watch.without_improvement == self.max_no_improvement:
                reason = "lack of improvement in inertia"
            if reason and step > 1:
                self._say(f"Converged ({reason}) at step {step}/{n_steps}")
                break
        return step, watch.smoothed

    def _step(self, batch: Any, weights: Floats) -> float:
        """Learn from a batch, then move rare centres if it is time to."""
        inertia = self._online.update(batch, weights)
        self._since_reassigned += len(batch)
        due = self._since_reassigned >= _REASSIGN_EVERY * self.n_clusters
        if due or not self._online.counts.all():
            self._since_reassigned = 0
            moved = self._online.reassign(batch, self.reassignment_ratio, self._random)
            if moved:
                self._say(f"Reassigning {moved} cluster centers.")
        return inertia

    def _publish(self, table: Table, weights: Floats) -> "MiniBatchKMeans":
        """Set the attributes that users read."""
        self.cluster_centers_ = self._online.centroids.astype(self._dtype)
        self._n_features_out = len(self.cluster_centers_)
        # Labels of other samples would be wrong ones.
        if hasattr(self, "labels_"):
            del self.labels_
        if self.compute_labels:
            self.labels_, distances = assign(table, self.cluster_centers_)
            self.inertia_ = total(weights * distances)
        return self


class _Watch:
    """The smoothed inertia of the batches, and how many have come since it last fell."""

    def __init__(self, smoothing: float) -> None:
        self.smoothed = math.inf
        self.without_improvement = 0
        self._smoothing = smoothing
        self._lowest = math.inf
        self._batches = 0

    def see(self, inertia: float) -> None:
        self._batches += 1
        if self._batches <= 2:
            # The first is that of the initial centres, far above those that follow.
            self.smoothed = inertia
        else:
            self.smoothed += self._smoothing * (inertia - self.smoothed)
        if self._batches > 1:
            fell = self.smoothed < self._lowest
            self.without_improvement = 0 if fell else self.without_improvement + 1
            self._lowest = min(self._lowest, self.smoothed)


def _mean_variance(samples: Table, weights: Floats) -> float:
    if isinstance(samples, np.ndarray):
        mean = np.average(samples, axis=0, weights=weights)
        return float(np.average((samples - mean) ** 2, axis=0, weights=weights).mean())
    return float(mean_variance_axis(samples, axis=0, weights=weights)[1].mean())

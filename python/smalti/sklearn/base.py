"""What a fitted estimator does: predict, transform, score."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    ClusterMixin,
    TransformerMixin,
)
from sklearn.utils.validation import check_is_fitted, validate_data

from smalti.exceptions import InvalidParameterError
from smalti.sklearn.data import (
    DTYPES,
    Floats,
    Table,
    assign,
    check_coordinates,
    floating,
    slabs,
    total,
    weights_of,
)
from smalti.sklearn.parameters import check_init, check_seed
from smalti.validation import real_number, whole_number
from smalti.vectors.scikit_learn import check_verbose, starts_of

__all__ = ["CentroidEstimator"]


class CentroidEstimator(
    ClassNamePrefixFeaturesOutMixin, TransformerMixin, ClusterMixin, BaseEstimator
):
    """An estimator with `cluster_centers_`; `fit` is up to those that inherit."""

    n_clusters: int
    init: Any
    n_init: Any
    max_iter: int
    tol: float
    verbose: int
    random_state: Any
    cluster_centers_: NDArray[np.floating[Any]]
    labels_: NDArray[np.int32]
    inertia_: float
    n_features_in_: int
    _n_init: int

    # The number of starts that "auto" stands for with random centres and callables.
    _auto_starts = 1

    def fit_predict(self, X: Any, y: Any = None, sample_weight: Any = None) -> NDArray[np.int32]:
        """Find the centres; return the label of every sample.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.

        Returns
        -------
        int32 array, shape (n_samples,)
            `labels_`.
        """
        labels: NDArray[np.int32] = self.fit(X, y, sample_weight=sample_weight).labels_
        return labels

    def fit_transform(self, X: Any, y: Any = None, sample_weight: Any = None) -> NDArray[Any]:
        """Find the centres; return the distance of every sample to each of them.

        Parameters
        ----------
        X, y, sample_weight
            As in `fit`.

        Returns
        -------
        array, shape (n_samples, n_clusters)
            As `transform` returns it.
        """
        distances: NDArray[Any] = self.fit(X, y, sample_weight=sample_weight).transform(X)
        return distances

    def predict(self, X: Any) -> NDArray[np.int32]:
        """Return the label of the nearest centre for every sample.

        Parameters
        ----------
        X : {array-like, sparse matrix}, shape (n_samples, n_features)
            Numbers within -1e90 to 1e90.

        Returns
        -------
        int32 array, shape (n_samples,)
            Positions in `cluster_centers_`, exact; the lowest of those that tie.
        """
        return assign(self._checked(X), self.cluster_centers_)[0]

    def transform(self, X: Any) -> NDArray[Any]:
        """Return the Euclidean distance of every sample to each centre.

        Parameters
        ----------
        X : {array-like, sparse matrix}, shape (n_samples, n_features)
            Numbers within -1e90 to 1e90.

        Returns
        -------
        array, shape (n_samples, n_clusters)
            float32 for float32 samples, else float64.
        """
        table = self._checked(X)
        centers = self.cluster_centers_.astype(np.float64)
        distances = np.empty((table.shape[0], len(centers)), dtype=floating(table))
        # By differences, not by norms and a matrix product: those lose digits to cancellation.
        for rows, points in slabs(table, columns=len(centers)):
            distances[rows] = cdist(points, centers)
        return distances

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return minus the inertia of the samples: the higher, the better.

        Parameters
        ----------
        X : {array-like, sparse matrix}, shape (n_samples, n_features)
            Numbers within -1e90 to 1e90.
        y : ignored
        sample_weight : array-like, shape (n_samples,), optional
            Each 0, or within 1e-90 to 1e90. Default: 1 each.

        Returns
        -------
        float
            Minus the weighted sum of the squared distances to the nearest centres.
        """
        table = self._checked(X)
        weights = weights_of(sample_weight, table.shape[0])
        _, distances = assign(table, self.cluster_centers_)
        return -total(weights * distances)

    def _checked(self, X: Any) -> Table:
        check_is_fitted(self)
        return self._as_table(X, reset=False)

    def _as_table(self, X: Any, *, reset: bool) -> Table:
        table = validate_data(self, X, accept_sparse="csr", dtype=DTYPES, order="C", reset=reset)
        check_coordinates(table)
        return table

    def _checked_to_fit(self, X: Any, sample_weight: Any) -> tuple[Table, Floats]:
        """Check everything that a fit is given."""
        table = self._as_table(X, reset=True)
        n = table.shape[0]
        weights = weights_of(sample_weight, n)
        self._check_parameters()
        if self.n_clusters > n:
            raise InvalidParameterError(
                f"X must have a sample for each cluster: n_samples={n} should be >= "
                f"n_clusters={self.n_clusters}"
            )
        if self._n_init > 1 and not (isinstance(self.init, str) or callable(self.init)):
            warnings.warn(
                "Explicit initial center position passed: performing only one init in "
                f"{type(self).__name__} instead of n_init={self._n_init}.",
                RuntimeWarning,
                stacklevel=3,
            )
            self._n_init = 1
        return table, weights

    def _check_parameters(self) -> None:
        """Check the parameters for data of `n_features_in_`, and fix the number of starts."""
        k = whole_number("n_clusters", self.n_clusters, 1)
        whole_number("max_iter", self.max_iter, 1)
        real_number("tol", self.tol, 0.0)
        check_init(self.init, k, self.n_features_in_)
        self._n_init = starts_of(self.n_init, self.init, self._auto_starts)
        check_verbose(self.verbose)
        check_seed(self.random_state)

    def _say(self, text: str) -> None:
        if self.verbose:
            print(text)  # noqa: T201 - what verbose asks for

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

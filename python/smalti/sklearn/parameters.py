"""Checks of the parameters that both estimators have, as scikit-learn means them."""

import numbers
from typing import Any

import numpy as np
from sklearn.utils import check_array

from smalti.exceptions import InvalidParameterError
from smalti.sklearn.data import Floats
from smalti.vectors.arrays import check_size

__all__ = ["as_centers", "check_init", "check_seed"]

# NumPy's RandomState takes no larger seeds.
_MAX_SEED = 2**32 - 1


def check_init(init: Any, k: int, features: int) -> None:
    """Raise unless `init` is the name of a method, a callable or `k` centres."""
    if isinstance(init, str) and init in ("k-means++", "random"):
        return
    if init is None or isinstance(init, (str, numbers.Number)):
        raise InvalidParameterError(
            f"init must be 'k-means++', 'random', a callable or an array of shape "
            f"({k}, {features}), got {init!r}"
        )
    if not callable(init):
        as_centers(init, k, features)


def as_centers(init: Any, k: int, features: int) -> Floats:
    """Return initial centres, as the user or the user's function gave them, as float64."""
    try:
        centers: Floats = check_array(
            init,
            dtype=np.float64,
            order="C",
            ensure_all_finite=False,
            ensure_2d=False,
            allow_nd=True,
            ensure_min_samples=0,
            ensure_min_features=0,
        )
    except (TypeError, ValueError):  # ValueError: text, or a ragged list
        raise InvalidParameterError(
            f"init must be an array of real numbers, got {type(init).__name__}"
        ) from None
    if centers.ndim != 2:
        raise InvalidParameterError(
            f"init must have shape ({k}, {features}), one row for each cluster, got {centers.shape}"
        )
    message = f"The shape of the initial centers {centers.shape} does not match the number of "
    if centers.shape[0] != k:
        raise InvalidParameterError(f"init: {message}clusters {k}.")
    if centers.shape[1] != features:
        raise InvalidParameterError(f"init: {message}features of the data {features}.")
    check_size("init", centers)
    return centers


def check_seed(value: Any) -> None:
    """Raise unless scikit-learn makes a RandomState of `value`."""
    if value is None or isinstance(value, np.random.RandomState):
        return
    if not (isinstance(value, numbers.Integral) and 0 <= int(value) <= _MAX_SEED):
        raise InvalidParameterError(
            f"random_state must be None, a numpy RandomState or a seed from 0 to {_MAX_SEED}, "
            f"got {value!r}"
        )

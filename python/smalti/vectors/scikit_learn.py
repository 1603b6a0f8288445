"""Arguments in scikit-learn's manner: how many starts, from which seed, what is printed."""

import numbers
import secrets
from collections.abc import Iterator
from typing import Any

import numpy as np

from smalti.exceptions import InvalidParameterError
from smalti.validation import MAX_SEED, whole_number
from smalti.vectors.kmeans import KMeansResult

__all__ = ["check_verbose", "iterations_of", "messages_of", "seed_of", "starts_of"]


def starts_of(n_init: Any, init: Any, many: int) -> int:
    """Return `n_init`; "auto" is `many` for random centres and callables, and 1 for others.

    k-means++ needs no second start, and given centres have none.
    """
    if isinstance(n_init, str) and n_init == "auto":
        random = isinstance(init, str) and init == "random"
        return many if random or callable(init) else 1
    try:
        return whole_number("n_init", n_init, 1)
    except InvalidParameterError:
        raise InvalidParameterError(
            f"n_init must be 'auto' or a whole number of 1 or more, got {n_init!r}"
        ) from None


def seed_of(random_state: Any) -> int:
    """Return a seed: a whole number as it is, or one drawn; None draws from the system."""
    if random_state is None:
        return secrets.randbits(64)
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**63 - 1, dtype=np.int64))
    return whole_number("random_state", random_state, 0, MAX_SEED)


def check_verbose(value: Any) -> None:
    """Raise unless `value` is a truth value or a whole number of 0 or more."""
    if isinstance(value, bool | np.bool_) or (
        isinstance(value, numbers.Integral) and int(value) >= 0
    ):
        return
    raise InvalidParameterError(
        f"verbose must be True, False or a whole number of 0 or more, got {value!r}"
    )


def iterations_of(result: KMeansResult, max_iter: int) -> int:
    """Count iterations as scikit-learn does.

    Its iterations begin with the assignment, `smalti.kmeans`'s with the update. So where it ends
    because no label has changed, it has begun an iteration more to find that out.
    """
    return result.n_iter + (result.ended_by == "labels" and result.n_iter < max_iter)


def messages_of(result: KMeansResult, max_iter: int, tol: float) -> Iterator[str]:
    """Yield what scikit-learn prints of a start when it is verbose."""
    yield "Initialization complete"
    for iteration, inertia in enumerate(result.history):
        yield f"Iteration {iteration}, inertia {inertia}."
    last = iterations_of(result, max_iter) - 1
    if result.ended_by == "labels":
        yield f"Converged at iteration {last}: strict convergence."
    elif result.ended_by == "tol":
        yield (
            f"Converged at iteration {last}: center shift is within tolerance {tol} "
            "of the mean variance."
        )

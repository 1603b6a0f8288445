"""How many starts, and from which seed: what arguments in scikit-learn's manner ask for."""

import secrets
from typing import Any

import numpy as np

from smalti.exceptions import InvalidParameterError
from smalti.validation import MAX_SEED, whole_number

__all__ = ["seed_of", "starts_of"]


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
    """Return a whole number as it is, else a draw: None draws from the system."""
    if random_state is None:
        return secrets.randbits(64)
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**63))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**63 - 1, dtype=np.int64))
    return whole_number("random_state", random_state, 0, MAX_SEED)

"""scikit-learn's checks of what an estimator must do."""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from smalti.sklearn import KMeans, MiniBatchKMeans

# Batches smaller than the data are drawn at random, and their number counts rows: a repeated row
# is drawn as often as a weight asks for, but not at the same moment. With all data in one batch,
# as by default, this check passes.
_DRAWN = "small batches are drawn: a weight equals repeats on average, not draw by draw"
_SMALL_BATCHES = {
    "check_sample_weight_equivalence_on_dense_data": _DRAWN,
    "check_sample_weight_equivalence_on_sparse_data": _DRAWN,
}

ESTIMATORS = [
    (KMeans(), {}),
    (KMeans(n_clusters=2, n_init=2, max_iter=5), {}),
    (MiniBatchKMeans(), {}),
    (MiniBatchKMeans(n_clusters=2, n_init=2, max_iter=5, batch_size=10), _SMALL_BATCHES),
]

CHECKS = [
    pair
    for estimator, failing in ESTIMATORS
    for pair in estimator_checks_generator(estimator, expected_failed_checks=failing, mark="xfail")
]


def _name(argument):
    return getattr(argument, "func", argument).__name__ if callable(argument) else repr(argument)


# Some checks give fewer distinct samples than there are clusters by default.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("estimator", "check"), CHECKS, ids=_name)
def test_estimators_pass_every_check(estimator, check):
    check(estimator)

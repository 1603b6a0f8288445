"""scikit-learn's own tests of its k-means, run on smalti's estimators.

``python -m tests.sklearn.suite`` runs the installed module sklearn/cluster/tests/test_k_means.py
as it is, with `smalti.sklearn`'s classes in the place of `sklearn.cluster`'s. DESELECTED is what
is left out, and why; anything else that fails makes the program fail. Options are pytest's, such
as ``-k predict`` or ``-x``. SKLEARN_TESTS_GLOBAL_RANDOM_SEED=all runs it with
100 seeds.
"""

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest
import sklearn.cluster
from sklearn.cluster import _kmeans

import smalti.sklearn

_HELPER = "calls a private function of scikit-learn, and no estimator"
_PLUS_PLUS = "calls sklearn.cluster.kmeans_plusplus, and no estimator"
_METHOD = "calls a private method of the estimator; test_kmeans.py asks the same of fit"

DESELECTED = {
    "test_relocate_empty_clusters": _HELPER,
    "test_minibatch_update_consistency": _HELPER,
    "test_minibatch_reassign": _HELPER,
    "test_euclidean_distance": _HELPER,
    "test_inertia": _HELPER,
    "test_is_same_clustering": _HELPER,
    "test_kmeans_plusplus_wrong_params": _PLUS_PLUS,
    "test_kmeans_plusplus_output": _PLUS_PLUS,
    "test_kmeans_plusplus_norms": _PLUS_PLUS,
    "test_kmeans_plusplus_dataorder": _PLUS_PLUS,
    "test_sample_weight_init": _METHOD,
    "test_sample_weight_zero": _METHOD,
}


class Selection:
    """Leaves out what DESELECTED names, and counts."""

    def __init__(self):
        self.outcomes = Counter()
        self.unknown = set()

    def pytest_collection_modifyitems(self, config, items):
        out = [item for item in items if item.originalname in DESELECTED]
        self.outcomes["deselected"] = len(out)
        self.unknown = DESELECTED.keys() - {item.originalname for item in items}
        items[:] = [item for item in items if item.originalname not in DESELECTED]
        config.hook.pytest_deselected(items=out)

    def pytest_runtest_logreport(self, report):
        # A test that failed before or after its call, or was skipped, has failed or was skipped.
        if report.when == "call" or not report.passed:
            self.outcomes[report.outcome] += 1


def main(options):
    # Off by default there, to save time.
    os.environ.setdefault("SKLEARN_RUN_FLOAT32_TESTS", "1")
    for module in (sklearn.cluster, _kmeans):
        module.KMeans = smalti.sklearn.KMeans
        module.MiniBatchKMeans = smalti.sklearn.MiniBatchKMeans
    selection = Selection()
    with tempfile.TemporaryDirectory() as folder:
        # Neither this repository's settings nor those of whoever runs this belong to the suite.
        settings = Path(folder) / "pytest.ini"
        settings.write_text("[pytest]\n", encoding="utf-8")
        arguments = ["-c", str(settings), "-p", "no:cacheprovider", "--tb=short", "-q", "-q"]
        suite = ["--pyargs", "sklearn.cluster.tests.test_k_means"]
        status = pytest.main([*arguments, *suite, *options], plugins=[selection])
    counts = ", ".join(f"{count} {outcome}" for outcome, count in selection.outcomes.items())
    print(f"scikit-learn {sklearn.__version__}, {selection.outcomes.total()} tests: {counts}")
    if selection.unknown:
        print(f"not in this version: {sorted(selection.unknown)}")
    return int(status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

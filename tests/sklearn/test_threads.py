import os
import subprocess
import sys

SCRIPT = """
import hashlib

import numpy as np
from smalti.sklearn import KMeans, MiniBatchKMeans

def show(*parts):
    for part in parts:
        print(hashlib.sha256(np.asarray(part).tobytes()).hexdigest())

random = np.random.default_rng(0)
# More than a dot product of BLAS takes to be spread over threads.
points = random.normal(size=(12_000, 6))
weights = random.uniform(0, 2, len(points))
for dtype in (np.float64, np.float32):
    table = points.astype(dtype)
    for estimator in (
        KMeans(12, random_state=1, max_iter=5),
        KMeans(12, random_state=1, init="random", n_init=2, max_iter=2),
        MiniBatchKMeans(12, random_state=1, max_iter=3),
    ):
        distances = estimator.fit_transform(table, sample_weight=weights)
        show(distances, estimator.cluster_centers_, estimator.labels_, estimator.inertia_)
        show(estimator.predict(table), estimator.score(table, sample_weight=weights))
"""


def _output(threads):
    names = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, threads)}
    command = [sys.executable, "-c", SCRIPT]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return run.stdout.split()


def test_the_number_of_threads_changes_no_byte():
    first = _output("1")
    assert len(first) == 2 * 3 * 6
    assert _output("5") == first

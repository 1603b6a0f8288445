"""Benchmarks: ``make bench`` runs them all and writes docs/benchmarks.md's tables.

Every suite is a module with ``run``, which returns Markdown. Peers run in turn with smalti, on
the same data; figures are medians. Every tool may use two threads: the variables below, which
hold for this process and those that it starts, limit rayon (smalti and the peers in Rust),
OpenMP (scikit-learn, faiss) and OpenBLAS. They are read when those libraries load, so they are
set here, before any of them is.
"""

import os

THREADS = 2

for _variable in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_variable] = str(THREADS)

import concurrent.futures
import logging
import os
import signal

import numpy as np
import pytest

import smalti

dask = pytest.importorskip("dask", reason="needs the extra smalti[dask]")
da = pytest.importorskip("dask.array", reason="needs the extra smalti[dask]")
distributed = pytest.importorskip("distributed", reason="needs the extra smalti[dask]")

CHUNK = 500


def points_of(rows=6000):
    """Points whose sums differ in their last bits when they are added up in another order."""
    random = np.random.default_rng(6)
    return (random.normal(size=(rows, 3)) + 6 * random.integers(0, 6, (rows, 1))).astype(np.float32)


def dying(block, armed, block_info=None):
    """Return a chunk; once, when it is asked for, end the worker that computes it."""
    if block_info[0]["chunk-location"][0] == 5 and armed.exists():
        armed.rename(armed.with_name("killed"))
        os.kill(os.getpid(), signal.SIGKILL)
    return block


def bytes_of(result):
    return (
        result.centroids.tobytes(),
        result.labels.compute().tobytes(),
        result.history.tobytes(),
        result.ended_by,
    )


@pytest.fixture(scope="module")
def expected():
    with dask.config.set(scheduler="sync"):
        points = da.from_array(points_of(), chunks=-1)
        return bytes_of(smalti.dask.kmeans(points, 6, init="random", seed=2, max_iter=6))


def test_processes_give_the_same_bytes(expected):
    points = da.from_array(points_of(), chunks=(CHUNK, 2))
    # dask starts processes anew for every pass if it has no pool.
    with (
        concurrent.futures.ProcessPoolExecutor(2) as pool,
        dask.config.set(scheduler="processes", pool=pool),
    ):
        assert (
            bytes_of(smalti.dask.kmeans(points, 6, init="random", seed=2, max_iter=6)) == expected
        )


@pytest.mark.skipif(os.name == "nt", reason="workers are killed by a signal")
def test_workers_give_the_same_bytes_when_one_is_killed_in_the_middle(expected, tmp_path):
    armed = tmp_path / "armed"
    points = da.from_array(points_of(), chunks=(CHUNK, 3)).map_blocks(
        dying, armed, dtype=np.float32, meta=np.empty((0, 3), np.float32)
    )
    iterations = []

    def arm(stage, fraction):
        iterations.append((stage, fraction))
        if iterations.count(("kmeans", 0.0)) == 2 and not armed.exists():
            armed.touch()

    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=":0",
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster),
    ):
        assert (
            bytes_of(smalti.dask.kmeans(points, 6, init="random", seed=2, max_iter=6)) == expected
        )
        assert (
            bytes_of(smalti.dask.kmeans(points, 6, init="random", seed=2, max_iter=6, progress=arm))
            == expected
        )
    assert armed.with_name("killed").exists()

"""Schedulers of dask: those of one process, and a cluster of two."""

import os

import pytest

from tests.batch.conftest import object_server, s3  # noqa: F401 - fixtures of these tests, too

dask = pytest.importorskip("dask", reason="needs the extra smalti[dask]")


@pytest.fixture(params=["sync", "threads"])
def scheduler(request):
    """Work on the caller's thread, or on several."""
    with dask.config.set(scheduler=request.param):
        yield request.param


@pytest.fixture(scope="session")
def _cluster():
    distributed = pytest.importorskip("distributed", reason="needs the extra smalti[dask]")
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True}
    # A task with which two workers are lost has failed, instead of four.
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):
        # A worker is killed now and then, which they log.
        cluster = distributed.LocalCluster(**options, dashboard_address=":0", silence_logs=60)
    with cluster:
        yield cluster


@pytest.fixture
def client(_cluster):
    """A client of a cluster of two processes, to which work goes."""
    from distributed import Client

    with Client(_cluster) as client:
        client.wait_for_workers(2)
        # Machines have folders of their own.
        client.run(os.chdir, "/")
        yield client

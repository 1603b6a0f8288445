"""Clusters of processes of one thread each on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager

import dask
from distributed import Client, LocalCluster

__all__ = ["local_cluster"]


@contextmanager
def local_cluster(workers: int) -> Iterator[Client]:
    """Yield a client of a cluster of so many processes, whose cores are theirs alone."""
    options = {"n_workers": workers, "threads_per_worker": 1, "processes": True}
    with (
        dask.config.set({"distributed.nanny.pre-spawn-environ.RAYON_NUM_THREADS": 1}),
        LocalCluster(**options, dashboard_address=":0", silence_logs=60) as cluster,
        Client(cluster) as client,
    ):
        yield client

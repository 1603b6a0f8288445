"""Who does the work of a command: threads, or the workers of a cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from smalti.parallel import Threads

if TYPE_CHECKING:
    from smalti.parallel import Workers

__all__ = ["check_jobs", "dask_option", "workers_of"]

dask_option = click.option(
    "--dask",
    "scheduler",
    metavar="ADDRESS",
    help="Let the workers of this scheduler of dask do the work: tcp://host:8786. They read inputs "
    "and write outputs themselves, by these names.",
)


def check_jobs(scheduler: str | None, jobs: int | None) -> None:
    """Refuse a number of threads beside a cluster."""
    if scheduler is not None and jobs is not None:
        raise click.UsageError("--jobs is decided by --dask: a cluster has its own workers")


@contextmanager
def workers_of(scheduler: str | None, jobs: int | None = None) -> Iterator["Workers"]:
    """Yield the workers of a scheduler, or so many threads.

    Raises
    ------
    ClusterError
        If there is no scheduler, or it has no workers.
    MissingExtraError
        If dask is not installed.
    """
    if scheduler is None:
        yield Threads(jobs)
        return
    _silence()
    from smalti.dask import Cluster

    with Cluster(scheduler) as workers:
        yield workers


def _silence() -> None:
    """Keep dask from logging what a sentence of ours says."""
    import logging

    logger = logging.getLogger("distributed")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False

"""Who does the work of a command: threads, or the workers of a cluster."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import click

from smalti.batch.paths import STANDARD
from smalti.cli.console import Failures
from smalti.parallel import Threads

if TYPE_CHECKING:
    from smalti.parallel import Workers

__all__ = ["check_scheduler", "dask_option", "workers_of"]

dask_option = click.option(
    "--dask",
    "scheduler",
    metavar="ADDRESS",
    help="Let the workers of this scheduler of dask do the work: tcp://host:8786. They read inputs "
    "and write outputs themselves, by these names.",
)


def check_scheduler(scheduler: str | None, jobs: int | None, names: Iterable[str | None]) -> None:
    """Refuse what a cluster does not have: threads of this process, stdin and stdout."""
    if scheduler is None:
        return
    if jobs is not None:
        raise click.UsageError("--jobs is decided by --dask: a cluster has its own workers")
    if STANDARD in names:
        raise click.UsageError("- cannot be given with --dask: a cluster has no stdin and stdout")


@contextmanager
def workers_of(scheduler: str | None, jobs: int | None = None) -> Iterator["Workers"]:
    """Yield the workers of a scheduler, or so many threads.

    Raises
    ------
    SystemExit
        If there is no scheduler, or it has no workers; a sentence has said so.
    """
    if scheduler is None:
        yield Threads(jobs)
        return
    _silence()
    failures = Failures()
    with ExitStack() as stack:
        with failures.collected():
            from smalti.dask import Cluster

            workers = stack.enter_context(Cluster(scheduler))
        failures.exit_if_any()
        yield workers


def _silence() -> None:
    """Keep dask from logging what a sentence of ours says."""
    import logging

    logger = logging.getLogger("distributed")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False

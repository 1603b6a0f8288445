"""Compressing many files on a cluster."""

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from smalti.batch.compress_files import compress_files
from smalti.batch.result import FileResult
from smalti.dask.cluster import Cluster
from smalti.options import CompressOptions

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["compress_many"]

_Path = str | os.PathLike[str]


def compress_many(
    urls: _Path | Iterable[_Path],
    out: _Path | None = None,
    *,
    scheduler: "str | Client | None" = None,
    options: CompressOptions = CompressOptions(),  # noqa: B008 - options never change
    **wishes: Any,
) -> Iterator[FileResult]:
    """Compress many files on a cluster, as `smalti.compress_files` does in threads.

    Parameters
    ----------
    urls : path or URL, or iterable of these
        Files, patterns such as ``"s3://bucket/in/*.png"``, and with ``recursive=True`` folders, at
        any place that fsspec knows. The workers read them.
    out : path or URL, optional
        The folder for outputs, which the workers write. Default: beside each input.
    scheduler : str or distributed.Client, optional
        The address of a scheduler, such as ``"tcp://host:8786"``, or a client of one. Default: the
        client that there is.
    options : CompressOptions, optional
        How to compress, and into which format.
    **wishes
        `recursive`, `suffix`, `overwrite`, `preserve`, `dry_run`, `skip_if_larger`, `strip`,
        `measure`, `shared_palette` and `max_pixels`, as of `smalti.compress_files`.

    Returns
    -------
    iterator of FileResult
        One for each file, in the order of the inputs. What is wrong with a file, or with all
        workers that have tried it, is in its result and does not stop the others. The work begins
        when the first is asked for; to close the iterator ends it.

    Raises
    ------
    ClusterError
        If there is no scheduler or no worker, or the scheduler is lost.
    InvalidParameterError
        If an argument is outside its range.

    Notes
    -----
    Outputs have the bytes that `smalti.compress_files` gives them. They carry a mark, so that the
    same call does only what is missing: docs/folders.md.

    Examples
    --------
    >>> import pathlib
    >>> from distributed import LocalCluster
    >>> from PIL import Image
    >>> import smalti, smalti.dask
    >>> pathlib.Path("in").mkdir()
    >>> for name in ("a", "b"):
    ...     Image.radial_gradient("L").save(f"in/{name}.bmp")
    >>> options = smalti.CompressOptions(k=16, effort=1)
    >>> with LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as local:
    ...     address = local.scheduler_address
    ...     results = smalti.dask.compress_many(
    ...         "in/*.bmp", "out", scheduler=address, options=options
    ...     )
    ...     print([result.status for result in results])
    ['written', 'written']
    """
    with ExitStack() as stack:
        workers = stack.enter_context(Cluster(scheduler))
        results = compress_files(urls, out, options=options, workers=workers, **wishes)
        # Here it is known that the arguments are right: the connection ends with the results.
        return _until_the_end(results, stack.pop_all())


def _until_the_end(results: Iterator[FileResult], stack: ExitStack) -> Iterator[FileResult]:
    with stack:
        yield from results

"""The same on arrays of dask and on its clusters.

Everything runs where dask runs it: in threads, in processes, or on a cluster whose
`distributed.Client` is there. Results are the same bytes whatever the scheduler, the chunks and the
number of workers. Needs the extra ``smalti[dask]``.
"""

from smalti.exceptions import MissingExtraError

try:
    from smalti.dask.cluster import Cluster
    from smalti.dask.compress_many import compress_many
    from smalti.dask.encode import encode
    from smalti.dask.fit_palette import fit_palette
    from smalti.dask.kmeans import DaskKMeansResult, kmeans
    from smalti.dask.segment import fit_classes, segment
except ImportError as error:
    raise MissingExtraError(
        "smalti.dask needs dask, which is not installed: pip install 'smalti[dask]'"
    ) from error

__all__ = [
    "Cluster",
    "DaskKMeansResult",
    "compress_many",
    "encode",
    "fit_classes",
    "fit_palette",
    "kmeans",
    "segment",
]

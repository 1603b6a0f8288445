"""K-Means for dask arrays, larger than memory and on many machines."""

from smalti.dask.kmeans import kmeans

__all__ = ["kmeans"]

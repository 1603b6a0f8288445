"""dask arrays: clustering what is larger than memory."""

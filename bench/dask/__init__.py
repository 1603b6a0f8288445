"""Arrays and clusters of dask."""

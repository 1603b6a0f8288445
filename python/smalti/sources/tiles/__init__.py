"""Images that are read by parts: pyramids of TIFF, Zarr, and arrays that are computed by chunks."""

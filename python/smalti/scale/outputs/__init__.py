"""What a label map and its pyramid are written as: OME-Zarr, a pyramid of TIFF, or PNG."""

"""File formats of compressed pictures, one module each.

A module offers ``encode(image, effort, progress) -> bytes``.

`geojson`, `ome_tiff` and `napari` are for label maps and their regions instead.
"""

from smalti.formats import npz, png, webp

__all__ = ["ENCODERS", "npz", "png", "webp"]

ENCODERS = {"png": png.encode, "webp": webp.encode, "npz": npz.encode}

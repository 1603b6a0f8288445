"""File formats of compressed pictures, one module each.

A module offers ``encode(image, effort, progress) -> bytes``.
"""

from smalti.formats import npz, png

__all__ = ["ENCODERS", "npz", "png"]

ENCODERS = {"png": png.encode, "npz": npz.encode}

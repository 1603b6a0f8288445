"""What can be asked for."""

__all__ = ["DITHER_METHODS", "SPACES"]

DITHER_METHODS = ("diffusion", "blue-noise", "ordered")
SPACES = ("oklab", "srgb", "linear")

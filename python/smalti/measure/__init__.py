"""Measuring: bits, distortion, and showing both."""

from smalti.measure import metrics

__all__ = ["metrics"]

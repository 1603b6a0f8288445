"""Segmentation by colour, on pictures whose truth is known and on real ones."""

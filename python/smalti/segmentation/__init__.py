"""Segmenting images by colour: classes, where they lie, and how large their regions are."""

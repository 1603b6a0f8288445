"""Vectors of many dimensions, and blocks of pixels as such."""

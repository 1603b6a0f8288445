"""Blocks of pixels as vectors: one index for each."""

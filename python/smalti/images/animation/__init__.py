"""Animations: one palette, labels that weigh bits and time, and the files that hold them."""

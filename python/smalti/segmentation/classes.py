"""What a label map holds: classes from 0 on, and one label for pixels that have none."""

__all__ = ["MAX_CLASSES", "OUTSIDE"]

MAX_CLASSES = 255
"""Classes that a label map can tell apart."""

OUTSIDE = 255
"""The label of pixels that belong to no class: outside the mask, or without colour."""

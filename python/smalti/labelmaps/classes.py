"""What a label map holds: classes from 0 on, and one label for pixels that have none."""

from smalti.options import MAX_CLASSES

__all__ = ["MAX_CLASSES", "OUTSIDE"]

OUTSIDE = MAX_CLASSES
"""The label of pixels that belong to no class: outside the mask, or without colour."""

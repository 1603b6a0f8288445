"""A label map and its pyramid."""

from smalti.scale.halved import halved
from smalti.scale.pyramid_store import PyramidStore

__all__ = ["LabelStore"]


class LabelStore(PyramidStore):
    """The levels of a label map. A pixel has the label that most of the four below have."""

    halved = staticmethod(halved)

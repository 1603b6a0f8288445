"""What can be asked for, as values: checked when they are made, never changed afterwards.

The API, the command line, a batch that is resumed and a page's controls speak of the same objects.
They import neither NumPy nor Pillow.
"""

from smalti.options.base import chosen
from smalti.options.compress_options import (
    DITHER_METHODS,
    MAX_BLOCK_SIDE,
    MAX_COLORS,
    MAX_INDEXED_COLORS,
    SPACES,
    CompressOptions,
    block_sides,
)
from smalti.options.segment_options import (
    BANDS,
    MAX_CLASSES,
    NORMALIZE,
    PIXEL_SIZES,
    PRESETS,
    SEGMENT_SPACES,
    SPATIAL_METHODS,
    STAIN_SPACES,
    SegmentOptions,
    class_names,
)

__all__ = [
    "BANDS",
    "DITHER_METHODS",
    "MAX_BLOCK_SIDE",
    "MAX_CLASSES",
    "MAX_COLORS",
    "MAX_INDEXED_COLORS",
    "NORMALIZE",
    "PIXEL_SIZES",
    "PRESETS",
    "SEGMENT_SPACES",
    "SPACES",
    "SPATIAL_METHODS",
    "STAIN_SPACES",
    "CompressOptions",
    "SegmentOptions",
    "block_sides",
    "chosen",
    "class_names",
]

"""The size of a pixel, where a TIFF file tells it: OME-TIFF, Aperio's SVS, GeoTIFF and plain TIFF.

The dots per inch of PNG and JPEG, and most of those of TIFF, are sizes of prints. A microscope's
pixels are far smaller than those of any print, so a plain resolution counts only from there on.
"""

import re
from typing import TYPE_CHECKING, Any

from smalti.options import PIXEL_SIZES

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["pixel_size_in", "pixel_size_of", "square"]

_DESCRIPTION_TAG = 270
_X_RESOLUTION_TAG, _Y_RESOLUTION_TAG, _RESOLUTION_UNIT_TAG = 282, 283, 296
_MODEL_PIXEL_SCALE_TAG, _GEO_KEYS_TAG = 33550, 34735

# GeoTIFF (OGC 19-008r4): the key of the kind of coordinates and its value for a map projection; the
# key of the unit of lengths and its value for metres, which is the default of projections.
_MODEL_TYPE_KEY, _PROJECTED = 1024, 1
_LINEAR_UNIT_KEY, _METRE = 3076, 9001
_KEY_ENTRIES = 4

# Micrometres.
_UM_PER_METRE = 1e6
_UM_PER_UNIT = {2: 25_400.0, 3: 10_000.0}
_OME_UNITS = {"pm": 1e-6, "nm": 1e-3, "µm": 1.0, "um": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6}

# Prints have up to 2400 dots per inch, 10.6 micrometres each.
_LARGEST_OF_MICROSCOPES = 10.0

# Sides that differ by less are those of a square pixel, measured.
_SQUARE = 0.01

_MPP = re.compile(r"\|\s*MPP\s*=\s*([0-9.eE+-]+)")
_OME_PIXELS = re.compile(r"<(?:\w+:)?Pixels\s([^>]*)>")


def pixel_size_of(image: "Image.Image") -> float | None:
    """Return the side of a pixel in micrometres; None where the file tells none, or no square."""
    return pixel_size_in(getattr(image, "tag_v2", None))


def pixel_size_in(tags: Any) -> float | None:
    """Return what the tags of a TIFF file, by their numbers, say of the side of a pixel."""
    if not tags:
        return None
    try:
        sides = _described(str(tags.get(_DESCRIPTION_TAG, ""))) or _mapped(tags) or _resolved(tags)
    except (TypeError, ValueError, ZeroDivisionError, IndexError):
        # What the tags hold is no number, or too few of them.
        return None
    return None if sides is None else square(*sides)


def square(across: float, down: float) -> float | None:
    """Return the side of a pixel, in micrometres, if it is a square of a size that occurs."""
    smallest, largest = PIXEL_SIZES
    if not all(smallest <= side <= largest for side in (across, down)):
        return None
    return across if abs(across - down) <= _SQUARE * across else None


def _described(text: str) -> tuple[float, float] | None:
    """Return the sides that the description of an OME-TIFF or SVS tells."""
    if text.startswith("Aperio"):
        found = _MPP.search(text)
        return None if found is None else (float(found[1]), float(found[1]))
    pixels = _OME_PIXELS.search(text)
    if pixels is None:
        return None
    sides = [_attribute(pixels[1], axis) for axis in "XY"]
    across, down = sides[0], sides[1]
    return None if across is None or down is None else (across, down)


def _attribute(attributes: str, axis: str) -> float | None:
    """Return the size of a pixel along an axis, in micrometres, from the attributes in XML."""
    size = re.search(rf'\bPhysicalSize{axis}="([^"]*)"', attributes)
    unit = re.search(rf'\bPhysicalSize{axis}Unit="([^"]*)"', attributes)
    factor = _OME_UNITS.get("µm" if unit is None else unit[1].replace("μ", "µ"))
    return None if size is None or factor is None else float(size[1]) * factor


def _mapped(tags: Any) -> tuple[float, float] | None:
    """Return the sides of pixels on the ground, of a GeoTIFF in a map projection by metres."""
    scale = tags.get(_MODEL_PIXEL_SCALE_TAG)
    keys = tags.get(_GEO_KEYS_TAG)
    if scale is None or keys is None:
        return None
    entries = [keys[i : i + _KEY_ENTRIES] for i in range(_KEY_ENTRIES, len(keys), _KEY_ENTRIES)]
    values = {entry[0]: entry[3] for entry in entries}
    in_metres = values.get(_LINEAR_UNIT_KEY, _METRE) == _METRE
    if values.get(_MODEL_TYPE_KEY) != _PROJECTED or not in_metres:
        return None
    return float(scale[0]) * _UM_PER_METRE, float(scale[1]) * _UM_PER_METRE


def _resolved(tags: Any) -> tuple[float, float] | None:
    """Return the sides that the resolution tells, if it is one of microscopes."""
    unit = _UM_PER_UNIT.get(tags.get(_RESOLUTION_UNIT_TAG, 2))
    resolutions = [tags.get(tag) for tag in (_X_RESOLUTION_TAG, _Y_RESOLUTION_TAG)]
    if unit is None or None in resolutions:
        return None
    across, down = (unit / float(resolution) for resolution in resolutions)
    return (across, down) if across <= _LARGEST_OF_MICROSCOPES else None

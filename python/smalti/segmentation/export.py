"""Segmentations as files, by their names' endings."""

from typing import TYPE_CHECKING

from smalti.exceptions import InvalidParameterError
from smalti.formats import label_png, ome_tiff

if TYPE_CHECKING:
    from smalti.segmentation.segmentation import Segmentation

__all__ = ["encoded"]


def encoded(segmentation: "Segmentation", name: str) -> bytes:
    """Return the bytes of the kind of file that a name asks for."""
    lower = name.lower()
    if lower.endswith(".png"):
        return label_png.encode(segmentation.labels, segmentation.colors)
    if lower.endswith((".ome.tif", ".ome.tiff")):
        colors = segmentation.display_colors
        return ome_tiff.encode(segmentation.labels, names=segmentation.names, colors=colors)
    if lower.endswith(".geojson"):
        return segmentation.to_geojson()
    if lower.endswith(".csv"):
        return segmentation.regions().to_csv().encode()
    raise InvalidParameterError(
        f"the ending must be one of .png, .ome.tif, .ome.tiff, .geojson, .csv, got {name!r}"
    )

"""OME-TIFF: label maps as pictures that microscopy programs read.

One plane, axes YX, compressed by deflate: the pixels that belong to nothing are 0, classes count
from 1. The first page's description is OME-XML (schema 2016-06) with the size of pixels, if it is
known, and the names and colours of classes as key-value pairs, which OMERO shows: OME-XML has a
colour for a channel, but no place for those of a channel's values.

Bio-Formats (QuPath, Fiji), tifffile and Pillow read it. The same labels give the same bytes: there
is no date, and no UUID, which only files that refer to others need.
"""

import io
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import MissingExtraError
from smalti.labelmaps.export.class_labels import class_colors, counted_from_one
from smalti.labelmaps.regions import check_pixel_size

__all__ = ["NAMESPACE", "encode", "require_tifffile"]

NAMESPACE = "smalti/classes"
"""Where the key-value pairs stand: ``smalti/classes/names`` and ``smalti/classes/colors``."""

_SCHEMA = "http://www.openmicroscopy.org/Schemas/OME/2016-06"

_CHANNEL = "classes"

# Deflate's usual level. Label maps are mostly runs: higher ones gain some percent.
_LEVEL = 6

_MICROMETRES_PER_CENTIMETRE = 10_000


def encode(
    labels: NDArray[np.uint8],
    *,
    names: Sequence[str] | None = None,
    colors: NDArray[np.uint8] | None = None,
    pixel_size: float | None = None,
) -> bytes:
    """Return the bytes of an OME-TIFF of a label map.

    Parameters
    ----------
    labels : uint8 array, shape (H, W)
        The class of each pixel, from 0; 255 for pixels that belong to none. In the file class c is
        ``c + 1``, and what belongs to none is 0.
    names : sequence of str, optional
        The name of each class.
    colors : uint8 array, shape (K, 3), optional
        The colour of each class, sRGB.
    pixel_size : float, optional
        The side of a pixel in micrometres, 1e-5 to 1e12.

    Raises
    ------
    InvalidParameterError
        If an argument has another shape, type or value.
    MissingExtraError
        If tifffile (the extra ``ome-tiff``) is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from PIL import Image
    >>> labels = np.array([[0, 1], [255, 1]], dtype=np.uint8)
    >>> np.asarray(Image.open(io.BytesIO(encode(labels, names=["nuclei", "stroma"])))).tolist()
    [[1, 2], [0, 2]]
    """
    values = counted_from_one(labels)
    pairs = {}
    if names is not None:
        pairs["names"] = {str(c + 1): name for c, name in enumerate(names)}
    if colors is not None:
        listed = class_colors(colors, 0)
        pairs["colors"] = {str(c + 1): f"#{bytes(color).hex()}" for c, color in enumerate(listed)}
    return _tiff(values, pairs, pixel_size)


def require_tifffile(what: str = "an OME-TIFF", extra: str = "ome-tiff") -> None:
    """Raise `MissingExtraError` unless tifffile, which the `extra` brings, is installed."""
    try:
        import tifffile  # noqa: F401 - whether it is there is the question
    except ImportError:
        raise MissingExtraError(
            f"{what} needs tifffile, which is not installed: pip install 'smalti[{extra}]'"
        ) from None


def _tiff(
    values: NDArray[np.uint8],
    pairs: Mapping[str, Mapping[str, str]],
    pixel_size: float | None,
) -> bytes:
    require_tifffile()
    from tifffile import TiffWriter

    size = None if pixel_size is None else check_pixel_size(pixel_size)
    # Pixels a centimetre, for programs that read no OME-XML.
    density = None if size is None else (_MICROMETRES_PER_CENTIMETRE / size,) * 2
    file = io.BytesIO()
    with TiffWriter(file, byteorder="<", ome=False, shaped=False) as tiff:
        tiff.write(
            values,
            photometric="minisblack",
            compression="zlib",
            compressionargs={"level": _LEVEL},
            description=_ome_xml(values, pairs, size),
            metadata=None,
            software="smalti",
            resolution=density,
            resolutionunit=None if size is None else "CENTIMETER",
        )
    return file.getvalue()


def _ome_xml(
    values: NDArray[np.uint8],
    pairs: Mapping[str, Mapping[str, str]],
    pixel_size: float | None,
) -> bytes:
    height, width = values.shape
    ome = ET.Element("OME", xmlns=_SCHEMA, Creator="smalti")
    image = ET.SubElement(ome, "Image", ID="Image:0", Name=_CHANNEL)
    pixels = ET.SubElement(
        image,
        "Pixels",
        ID="Pixels:0",
        DimensionOrder="XYCZT",
        Type=values.dtype.name,
        SizeX=str(width),
        SizeY=str(height),
        SizeC="1",
        SizeZ="1",
        SizeT="1",
        BigEndian="false",
    )
    if pixel_size is not None:
        for axis in "XY":
            pixels.set(f"PhysicalSize{axis}", repr(pixel_size))
            pixels.set(f"PhysicalSize{axis}Unit", "µm")
    ET.SubElement(pixels, "Channel", ID="Channel:0:0", Name=_CHANNEL, SamplesPerPixel="1")
    ET.SubElement(pixels, "TiffData", IFD="0", PlaneCount="1")
    for position in range(len(pairs)):
        ET.SubElement(image, "AnnotationRef", ID=f"Annotation:{position}")
    if pairs:
        annotations = ET.SubElement(ome, "StructuredAnnotations")
    for position, (name, entries) in enumerate(pairs.items()):
        annotation = ET.SubElement(
            annotations,
            "MapAnnotation",
            ID=f"Annotation:{position}",
            Namespace=f"{NAMESPACE}/{name}",
        )
        value = ET.SubElement(annotation, "Value")
        for key, entry in entries.items():
            ET.SubElement(value, "M", K=key).text = entry
    xml: bytes = ET.tostring(ome, encoding="UTF-8", xml_declaration=True)
    return xml

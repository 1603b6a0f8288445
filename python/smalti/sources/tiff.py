"""What the tags of a TIFF file say of its samples."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL import Image

__all__ = [
    "GDAL_NODATA_TAG",
    "TIFF_MAGICS",
    "has_16_bit_samples",
    "has_associated_alpha",
    "is_in_planes",
    "nodata_in",
    "nodata_of",
]

# Little and big endian, of files below 4 GiB and beyond.
TIFF_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
GDAL_NODATA_TAG = 42113

_BITS_PER_SAMPLE_TAG = 258
_SAMPLE_FORMAT_TAG = 339
_UNSIGNED_SAMPLES = 1
_EXTRA_SAMPLES_TAG = 338
_ASSOCIATED_ALPHA = 1
_PLANAR_TAG = 284
_SEPARATE = 2


def has_16_bit_samples(image: "Image.Image") -> bool:
    """Whether the samples are unsigned and have 16 bits."""
    tags = _tags(image)
    bits = set(tags.get(_BITS_PER_SAMPLE_TAG, ()))
    formats = set(tags.get(_SAMPLE_FORMAT_TAG, (_UNSIGNED_SAMPLES,)))
    return bits == {16} and formats == {_UNSIGNED_SAMPLES}


def has_associated_alpha(image: "Image.Image") -> bool:
    """Whether colours are multiplied with alpha."""
    return tuple(_tags(image).get(_EXTRA_SAMPLES_TAG, ())) == (_ASSOCIATED_ALPHA,)


def is_in_planes(image: "Image.Image") -> bool:
    """Whether each channel is stored for itself."""
    return _tags(image).get(_PLANAR_TAG) == _SEPARATE and len(image.getbands()) > 1


def nodata_in(image: "Image.Image") -> float | None:
    """Return the value of samples without data that GDAL has written into a file."""
    return nodata_of(_tags(image).get(GDAL_NODATA_TAG))


def nodata_of(tag: Any) -> float | None:
    """Return the number in GDAL's tag, if there is one."""
    try:
        return float(str(tag).strip("\0 "))
    except ValueError:
        return None


def _tags(image: "Image.Image") -> Any:
    """Return the tags by number; none of a file that is no TIFF."""
    return getattr(image, "tag_v2", {})

"""What the core has decoded, turned upright."""

from typing import TYPE_CHECKING, Any, NamedTuple

from smalti import _core
from smalti.raw_array import RawArray
from smalti.sources.orientation import orientation_in, oriented
from smalti.sources.reading import Reading
from smalti.sources.source_image import SourceImage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from smalti._core import _Decoded

__all__ = ["IndexedPixels", "Upright"]


class IndexedPixels(NamedTuple):
    """Upright indices, uint8 of shape (H, W), and a palette of sRGB, (K, 3) or (K, 4).

    Some indices may be outside the palette.
    """

    indices: "NDArray[np.uint8]"
    palette: "NDArray[np.uint8]"


class Upright(NamedTuple):
    """Upright pixels or indices, the palette if there is one, and bits."""

    pixels: Any
    palette: Any
    bits: int

    @classmethod
    def of(cls, decoded: "_Decoded", reading: Reading) -> "Upright":
        """Turn upright what the core has decoded, and note what there is to tell."""
        pixels, palette, bits, frames, exif, profile_refused = decoded
        if frames > 1:
            reading.note_frames(frames)
        if profile_refused is not None:
            reading.note_profile(profile_refused)
        made = RawArray(*pixels)
        # The core takes samples of 16 bits as NumPy's arrays.
        upright = oriented(made if made.dtype == "uint8" else made.array(), orientation_in(exif))
        return cls(upright, None if palette is None else RawArray(*palette), bits)

    def source(self, file_bytes: int, reading: Reading) -> SourceImage:
        """Return the image, of a file so long."""
        pixels = self.pixels
        if self.palette is not None:
            pixels = RawArray(*_core.looked_up(pixels, self.palette))
        notes = tuple(reading.notes)
        return SourceImage(pixels, self.bits, reading.name, file_bytes, notes, palette=self.palette)

    def indexed(self) -> IndexedPixels | None:
        """Return the indices and the palette; None if there is none."""
        if self.palette is None:
            return None
        indices = self.pixels
        if isinstance(indices, RawArray):
            indices = indices.array()
        return IndexedPixels(indices, self.palette.array())

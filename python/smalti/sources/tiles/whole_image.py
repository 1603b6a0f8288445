"""An image in memory as one of which parts are read."""

from smalti.sources.provenance import Provenance
from smalti.sources.source_image import SourceImage
from smalti.sources.tiles.tiled_image import Failures, Samples, Store, TiledImage
from smalti.sources.tiles.window import Window

__all__ = ["of_whole"]


def of_whole(source: SourceImage) -> TiledImage:
    """Return an image that takes its parts from one in memory."""
    pixels = source.pixels

    def read(window: Window, _failures: Failures) -> Samples:
        return pixels[window.slices], None

    height, width, channels = source.shape
    store = Store((height, width, channels), pixels.dtype, (height, width), read)

    def identity() -> str:
        return str(Provenance.of(source).checksum)

    return TiledImage(source.name, store, identity, source.pixel_size, notes=source.notes)

"""Indexed files as they are stored: indices, and the palette as sRGB."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smalti.formats.pictures.png import FORMAT as PNG
from smalti.sources.gif_webp import is_gif, upright_of
from smalti.sources.orientation import orientation_of, oriented
from smalti.sources.pillow import from_pillow, note_frames, opened
from smalti.sources.png import indexed_png
from smalti.sources.reading import Reading
from smalti.sources.upright import IndexedPixels

__all__ = ["indexed_from_bytes"]

# Metadata that say what the colours of a file mean.
_COLOR_INFO = ("icc_profile", "gamma", "srgb")


def indexed_from_bytes(data: bytes, reading: Reading) -> IndexedPixels | None:
    """Return the indices and the palette of a file held in memory; None if it has no palette."""
    if PNG.sniff(data):
        return indexed_png(data, reading)
    if is_gif(data):
        upright = upright_of(data, reading)
        if upright is not None:
            return upright.indexed()
    image = opened(data, reading)
    if image.mode != "P":
        return None
    with reading.decoding():
        image.load()
    note_frames(image, reading)
    stored = np.asarray(image, dtype=np.uint8)
    return IndexedPixels(oriented(stored, orientation_of(image)), _palette(image, reading))


def _palette(image: Image.Image, reading: Reading) -> NDArray[np.uint8]:
    """Return the palette in sRGB, its colours converted as those of any picture are."""
    rgb = np.array(image.getpalette("RGB") or [], dtype=np.uint8).reshape(-1, 1, 3)
    if len(rgb) == 0:
        return rgb[:, 0]
    swatches = Image.fromarray(rgb)
    swatches.info = {key: image.info[key] for key in _COLOR_INFO if key in image.info}
    converted = from_pillow(swatches, replace(reading, name="the palette"))
    colors = converted.pixels[:, 0].astype(np.uint8)
    transparency = image.info.get("transparency")
    if transparency is None:
        return colors
    alpha = np.full(len(colors), 255, dtype=np.uint8)
    if isinstance(transparency, int):
        # A GIF may name an index that its palette does not have.
        alpha[transparency : transparency + 1] = 0
    else:
        given = np.frombuffer(transparency, dtype=np.uint8)[: len(alpha)]
        alpha[: len(given)] = given
    return np.column_stack([colors, alpha])

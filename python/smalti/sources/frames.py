"""How many pictures a file holds that follow each other."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from smalti.sources.pixel_limit import header_opened

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["frames_of", "frames_of_file"]


def frames_of(image: "Image.Image") -> int:
    """Return the number of frames of an animation, or of pages; 1 for a single picture."""
    # The other pictures of an MPO are a camera's previews and depth maps.
    if image.format == "MPO" or not getattr(image, "is_animated", False):
        return 1
    return getattr(image, "n_frames", 1)


def frames_of_file(path: str | os.PathLike[str]) -> int:
    """Return the same of a file; 1 if it cannot be read as an image."""
    try:
        with header_opened(Path(path)) as image:
            return frames_of(image)
    except Exception:  # whatever a decoder stumbles over
        return 1

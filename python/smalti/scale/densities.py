"""How much of each stain is in every pixel, as an image beside the label map.

Samples are hundredths of optical density in 8 bits, so 0 to 2.55. Where tissue is densest a step of
an 8-bit slide is larger. An image takes a quarter of what it would in single precision.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from smalti.exceptions import InvalidParameterError
from smalti.options import STAIN_SPACES
from smalti.parallel import Threads, each
from smalti.scale.halved import halved_picture
from smalti.scale.outputs.ome_zarr import describe_channels
from smalti.scale.partial_run import DENSITIES, digest_of, partial_run
from smalti.scale.places.place import Place
from smalti.scale.pyramid_store import PyramidStore
from smalti.segmentation.histology.stains import Stains
from smalti.sources.source_image import Pixels
from smalti.sources.tiles.tiled_image import TiledImage
from smalti.sources.tiles.window import Window

__all__ = ["STEP", "Densities", "DensityStore", "check_has_stains", "write_densities"]

STEP = 0.01
"""The optical density that a step of a sample is."""

_LARGEST = 255

# Densities of most tissue, in steps: what viewers show as full.
_SHOWN = 150


class DensityStore(PyramidStore):
    """The levels of an image of two densities. A pixel is the mean of the four below."""

    planes = 2

    @staticmethod
    def halved(values: NDArray[Any], /) -> NDArray[Any]:
        """See `PyramidStore`."""
        return np.moveaxis(halved_picture(np.moveaxis(values, 0, -1)), -1, 0)


@dataclass(frozen=True)
class Densities:
    """Writes the densities of windows; another process can do it, too.

    Attributes
    ----------
    stains : Stains
    store : DensityStore
    """

    stains: Stains
    store: DensityStore

    @classmethod
    def at(cls, folder: str, shape: tuple[int, int], version: str, stains: Stains) -> "Densities":
        """Begin or go on with an image in a folder: a path or URL."""
        return cls(stains, DensityStore(folder, shape, np.dtype(np.uint8), version))

    def write(self, window: Window, pixels: Pixels) -> None:
        """Write the densities of one of the windows, 0 where pixels are clear."""
        densities = self.stains.densities(pixels[..., :3])[..., : DensityStore.planes]
        steps = np.rint(densities * np.float32(1 / STEP)).clip(0, _LARGEST).astype(np.uint8)
        if pixels.shape[2] == 4:
            steps[pixels[..., 3] == 0] = 0
        self.store.write(window, np.ascontiguousarray(np.moveaxis(steps, -1, 0)))

    def describe(self, pixel_size: float | None) -> None:
        """Write what is said of the image."""
        colors = self.stains.colors(np.eye(DensityStore.planes))
        channels = [
            {
                "label": name,
                "color": bytes(color).hex().upper(),
                "active": True,
                "window": {"min": 0, "max": _LARGEST, "start": 0, "end": _SHOWN},
            }
            for name, color in zip(self.stains.names, colors, strict=True)
        ]
        described = {"stains": self.stains.to_dict(), "density_of_a_step": STEP}
        describe_channels(self.store, channels, pixel_size, described)


def check_has_stains(space: str) -> None:
    """Refuse a space of pixels that is none of stains.

    Raises
    ------
    InvalidParameterError
        If it is not.
    """
    if space not in STAIN_SPACES:
        raise InvalidParameterError(
            "densities are of stains: they need a preset, the space 'he' or 'hdab', or classes of "
            f"these, but the space is {space!r}"
        )


def write_densities(image: TiledImage, stains: Stains, place: Place, *, overwrite: bool) -> None:
    """Write the densities of an image that fits in memory.

    Raises
    ------
    ImageWriteError
        If the place is taken, or nothing can be written there.
    """
    with partial_run({DENSITIES: place}, digest_of(image)) as run:
        folder, workers = run.staged(DENSITIES), Threads()
        densities = Densities.at(folder, image.shape, "0.4", stains)

        def write(window: Window) -> None:
            densities.write(window, image.region(window))

        for _ in each(densities.store.windows, write, workers, _unheard):
            pass
        densities.store.write_upper_levels(workers, _unheard)
        densities.describe(image.pixel_size)
        run.finish([(place, folder)], overwrite=overwrite)


def _unheard(_share: float) -> None:
    """Hear how far a part of the work is, which takes a moment."""

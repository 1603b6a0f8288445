"""Pictures whose segmentation is known, made from fixed seeds.

Regions are drawn from smooth random fields (`shapes`) and filled with patches of real textures,
photographs and tissue, or with flat colours (`materials`). As in a camera, light mixes before it is
recorded: edges are soft over one to three pixels and the light is uneven, both in linear light, and
noise comes last, in sRGB values. The truth is the map of the regions as they were drawn.

They were fixed before anything was tuned to them. Without the shared collection of pictures, the
composites of its patches are left out, and the rest are the same. Other folders of images add
none: a patch is of one material, and was cut out by hand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from bench.common.images import Images
from bench.common.measure import Picture
from bench.segmentation import materials, shapes
from bench.segmentation.materials import Cut, Filling, Materials
from bench.segmentation.shapes import Labels, Shape, regions, smooth

# Standard deviations of the blur of edges, in pixels: an edge rises from 10 to 90 % in 1 to 3.
EDGE = (0.4, 1.2)
# Amplitudes of uneven light around 1, in linear light: from none to 0.6 to 1.4, which is about 0.8
# to 1.17 in sRGB.
LIGHT = (0.0, 0.4)
LIGHT_SIGMA = 120.0
# The blur of the noise of every second picture: noise of cameras is correlated, because they
# interpolate colours.
GRAIN = 0.7


class Family(NamedTuple):
    """Composites of one kind: what fills them, the range of the noise, of 255, and the cuts."""

    name: str
    materials: Materials
    noise: tuple[float, float]
    cuts: Sequence[Cut] = ()


def _of_cuts(name: str, cuts: Sequence[Cut], noise: tuple[float, float]) -> Family:
    return Family(name, materials.patches_of(cuts), noise, cuts)


FLAT = Family("flat colours", materials.flat, (10, 30))
TEXTURES = Family("textures", materials.textures, (0, 20))
PHOTOS = _of_cuts("photographs", materials.PHOTOS, (2, 20))
MORE_PHOTOS = _of_cuts("photographs", materials.MORE_PHOTOS, (2, 20))
TISSUE = _of_cuts("tissue", materials.TISSUE, (0, 15))
MORE_TISSUE = _of_cuts("tissue", materials.MORE_TISSUE, (0, 15))

FAMILIES = ("flat colours", "textures", "photographs", "tissue")

# A trial takes the first of them.
RECIPES: tuple[tuple[Family, Shape, int], ...] = (
    (FLAT, shapes.blobs, 3),
    (TEXTURES, shapes.cells, 3),
    (PHOTOS, shapes.blobs, 3),
    (MORE_TISSUE, shapes.glands, 3),
    (FLAT, shapes.branches, 2),
    (TEXTURES, shapes.blobs, 4),
    (MORE_PHOTOS, shapes.cells, 4),
    (TISSUE, shapes.islands, 2),
    (FLAT, shapes.cells, 4),
    (TEXTURES, shapes.islands, 2),
    (MORE_PHOTOS, shapes.layers, 3),
    (MORE_TISSUE, shapes.blobs, 4),
    (FLAT, shapes.islands, 3),
    (TEXTURES, shapes.branches, 3),
    (PHOTOS, shapes.cells, 4),
    (MORE_TISSUE, shapes.islands, 3),
    (FLAT, shapes.layers, 2),
    (TEXTURES, shapes.layers, 5),
    (MORE_PHOTOS, shapes.blobs, 5),
    (TISSUE, shapes.glands, 3),
    (FLAT, shapes.glands, 4),
    (TEXTURES, shapes.blobs, 2),
    (MORE_PHOTOS, shapes.branches, 3),
    (MORE_TISSUE, shapes.layers, 2),
    (FLAT, shapes.blobs, 5),
    (TEXTURES, shapes.cells, 5),
    (PHOTOS, shapes.islands, 2),
    (TISSUE, shapes.cells, 3),
    (FLAT, shapes.cells, 2),
    (TEXTURES, shapes.glands, 4),
    (MORE_PHOTOS, shapes.islands, 4),
    (MORE_TISSUE, shapes.branches, 3),
    (PHOTOS, shapes.layers, 5),
    (TISSUE, shapes.blobs, 2),
    (MORE_PHOTOS, shapes.blobs, 2),
    (MORE_TISSUE, shapes.cells, 4),
)


@dataclass(frozen=True)
class Composite:
    """A picture, (H, W, 3), and the classes 0 to k - 1 of its pixels, (H, W).

    Its name begins with its family's, and a comma.
    """

    name: str
    image: Picture
    truth: Labels
    k: int

    @property
    def family(self) -> str:
        """What it is made of."""
        return self.name.split(",")[0]


def composites(images: Images, *, first_seed: int = 0) -> list[Composite]:
    """Return the pictures, in an order that mixes the families; a trial has the first of them.

    Those of other seeds are of the same kinds.
    """
    made: list[Composite] = []
    for seed, (family, shape, k) in enumerate(RECIPES, first_seed):
        if len(made) == images.limit:
            break
        if materials.at_hand(images, family.cuts):
            made.append(_composite(images, seed, family, shape, k))
    return made


def origin(images: Images) -> str:
    """Return where the patches come from, as the tables say it."""
    shared = [*materials.MORE_PHOTOS, *materials.MORE_TISSUE]
    names = ["scikit-image", "scikit-learn"]
    if any(images.file(cut.picture) for cut in shared):
        names.append(images.folder_name)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _composite(images: Images, seed: int, family: Family, shape: Shape, k: int) -> Composite:
    random = np.random.default_rng(seed)
    truth = regions(shape, random, k)
    mixed = _mixed(truth, family.materials(images, random, k), random.uniform(*EDGE))
    light = 1 + random.uniform(*LIGHT) * np.clip(smooth(random, LIGHT_SIGMA) / 2, -1, 1)
    sigma = random.uniform(*family.noise)
    noise = _noise(random, sigma, GRAIN * (seed % 2))
    image = 255 * _srgb(mixed * light[..., None]) + noise
    name = f"{family.name}, {shape.__name__}, K = {k}, noise {sigma:.0f}"
    return Composite(name, np.rint(np.clip(image, 0, 255)).astype(np.uint8), truth, k)


def _mixed(truth: Labels, fillings: list[Filling], edge: float) -> NDArray[np.float64]:
    """Return the fillings in their regions, in linear light; over edges they are blended."""
    mixed = np.zeros((*truth.shape, 3))
    for label, filling in enumerate(fillings):
        share = gaussian_filter((truth == label).astype(np.float64), edge)
        mixed += share[..., None] * _linear(filling)
    return mixed


def _noise(random: np.random.Generator, sigma: float, grain: float) -> NDArray[np.float64]:
    noise = random.normal(size=(*shapes.SIZE, 3))
    if grain > 0:
        noise = gaussian_filter(noise, (grain, grain, 0))
        noise /= noise.std()
    return np.asarray(sigma * noise)


# IEC 61966-2-1.
def _linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.clip(linear, 0, 1)
    return np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)

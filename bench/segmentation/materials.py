"""What regions are filled with: patches of real textures, photographs and tissue, and flat colours.

Patches are mirrored where the picture is larger than they are. Some are cut out of pictures that
scikit-image and scikit-learn ship, the others out of files of the shared collection, which have a
folder in their names.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import skimage.data
import sklearn.datasets
from numpy.typing import NDArray
from skimage.color import lab2rgb, rgb2lab

from bench.common.images import Images, rgb
from bench.common.measure import Picture
from bench.segmentation.shapes import SIZE

# How far the mean colours of any two materials in one picture are apart, in CIE L*a*b*. Some real
# materials hold several colours at once. Drawn ones have an upper bound too, because strong
# contrasts are easy.
APART = 20.0
DRAWN_APART = (20.0, 60.0)

Filling = NDArray[np.float64]  # SIZE + (3,), sRGB from 0 to 1
Materials = Callable[[Images, np.random.Generator, int], list[Filling]]


class Cut(NamedTuple):
    """A rectangle of a picture: left, top, right, bottom."""

    picture: str
    box: tuple[int, int, int, int]


TEXTURES = ("brick", "grass", "gravel")
PHOTOS = (
    Cut("china.jpg", (390, 300, 560, 420)),  # trees
    Cut("china.jpg", (340, 10, 560, 130)),  # sky
    Cut("flower.jpg", (215, 135, 385, 325)),  # petals
    Cut("flower.jpg", (20, 20, 150, 400)),  # dark leaves
    Cut("coffee", (490, 200, 590, 390)),  # wood
    Cut("chelsea", (195, 10, 300, 140)),  # fur
    Cut("astronaut", (30, 280, 120, 440)),  # orange cloth
    Cut("astronaut", (315, 20, 368, 190)),  # curtain
    Cut("rocket", (330, 20, 540, 120)),  # evening sky
)
MORE_PHOTOS = (
    Cut("photos/kodim01.png", (20, 195, 380, 262)),  # wall of stones
    Cut("photos/kodim03.png", (400, 20, 740, 150)),  # dark clouds
    Cut("photos/kodim05.png", (610, 10, 750, 75)),  # soil
    Cut("photos/kodim07.png", (10, 150, 90, 380)),  # plaster
    Cut("photos/kodim11.png", (10, 425, 700, 500)),  # green sea
    Cut("photos/kodim13.png", (20, 110, 240, 260)),  # bushes
    Cut("photos/kodim13.png", (250, 350, 560, 450)),  # river
    Cut("photos/kodim19.png", (60, 640, 400, 750)),  # lawn
    Cut("photos/kodim21.png", (10, 10, 300, 150)),  # afternoon sky
    Cut("photos/kodim21.png", (20, 330, 440, 440)),  # rocks
    Cut("photos/kodim23.png", (520, 250, 600, 350)),  # red feathers
    Cut("photos/king_penguin.png", (420, 300, 740, 430)),  # meadow out of focus
    Cut("photos/maya_beach.png", (5, 110, 90, 350)),  # cliff
    Cut("photos/motorcycle.png", (20, 30, 180, 160)),  # autumn leaves
    Cut("photos/motorcycle.png", (300, 460, 760, 505)),  # asphalt
    Cut("photos/red_eyed_tree_frog.png", (530, 390, 740, 500)),  # leaf
    Cut("photos/spices.png", (280, 400, 380, 500)),  # seeds
    Cut("photos/spices.png", (570, 310, 740, 400)),  # cloves
)
TISSUE = (
    Cut("immunohistochemistry", (20, 20, 250, 150)),  # stained epithelium
    Cut("immunohistochemistry", (395, 300, 510, 510)),  # stroma
    Cut("immunohistochemistry", (0, 330, 36, 430)),  # lumen
    Cut("retina", (550, 900, 1000, 1250)),
    Cut("retina", (200, 560, 330, 700)),  # optic disc
)
MORE_TISSUE = (
    Cut("medical/high-nuclei-score-level0.png", (300, 560, 520, 760)),  # crowded nuclei
    Cut("medical/high-nuclei-score-level0.png", (5, 705, 110, 770)),  # red blood cells
    Cut("medical/medium-nuclei-score-level1.png", (20, 290, 260, 450)),  # muscle
    Cut("medical/medium-nuclei-score-level1.png", (120, 10, 460, 110)),  # loose tissue
    Cut("medical/low-nuclei-score-level0.png", (10, 10, 470, 500)),  # fat
    Cut("medical/tissue-level2-3000-7666-7096-11763.png", (390, 130, 500, 260)),  # lung
    Cut("demo/he-skin-cmu1-fullres.png", (0, 20, 180, 170)),  # epidermis
    Cut("demo/he-skin-cmu1-fullres.png", (200, 150, 384, 288)),  # dermis
)


def flat(_images: Images, random: np.random.Generator, k: int) -> list[Filling]:
    """One colour each."""
    colors = lab2rgb(_drawn_colors(random, k))
    return [np.broadcast_to(color, (*SIZE, 3)) for color in colors]


def textures(images: Images, random: np.random.Generator, k: int) -> list[Filling]:
    """Grey textures in colours of their own: lightness follows the grey, and a little the hue."""
    fillings = []
    for color in _drawn_colors(random, k):
        name = TEXTURES[int(random.integers(len(TEXTURES)))]
        grey = _mirrored(random, _picture(images, name)).mean(axis=2)
        grey = (grey - grey.mean()) / grey.std()
        along = np.array([random.uniform(5, 14), *random.uniform(-3, 3, size=2)])
        fillings.append(lab2rgb(color + grey[..., None] * along))
    return fillings


def patches_of(cuts: Sequence[Cut]) -> Materials:
    """Return what draws so many of these cuts, with mean colours apart from each other."""

    def draw(images: Images, random: np.random.Generator, k: int) -> list[Filling]:
        while True:
            chosen = random.choice(len(cuts), size=k, replace=False)
            means = np.array([_mean_color(images, cuts[index]) for index in chosen])
            if _distances(means).min() >= APART:
                return [_mirrored(random, _patch(images, cuts[index])) for index in chosen]

    return draw


def at_hand(images: Images, cuts: Sequence[Cut]) -> bool:
    """Return whether all the pictures are there."""
    return all("/" not in cut.picture or images.file(cut.picture) for cut in cuts)


def _drawn_colors(random: np.random.Generator, k: int) -> Filling:
    low, high = DRAWN_APART
    while True:
        colors = random.uniform((35, -30, -30), (75, 30, 30), size=(k, 3))
        distances = _distances(colors)
        if distances.min() >= low and distances.max() <= high:
            return colors


def _distances(colors: NDArray[np.float64]) -> NDArray[np.float64]:
    first, second = np.triu_indices(len(colors), 1)
    return np.asarray(np.linalg.norm(colors[first] - colors[second], axis=1))


def _patch(images: Images, cut: Cut) -> Picture:
    left, top, right, bottom = cut.box
    return _picture(images, cut.picture)[top:bottom, left:right]


@lru_cache(maxsize=64)
def _mean_color(images: Images, cut: Cut) -> NDArray[np.float64]:
    return np.asarray(rgb2lab(_patch(images, cut)).mean(axis=(0, 1)))


@lru_cache(maxsize=64)
def _picture(images: Images, name: str) -> Picture:
    path = images.file(name) if "/" in name else None
    if path:
        return rgb(path)
    if name.endswith(".jpg"):
        return np.asarray(sklearn.datasets.load_sample_image(name))
    pixels = np.asarray(getattr(skimage.data, name)())
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def _mirrored(random: np.random.Generator, patch: Picture) -> Filling:
    """Return a patch from 0 to 1, turned at random, and mirrored until it fills the picture."""
    turned = np.rot90(patch, int(random.integers(4)))
    start = [int(random.integers(side)) for side in turned.shape[:2]]
    pad = [(0, begin + side) for begin, side in zip(start, SIZE, strict=True)]
    tiled = np.pad(turned, [*pad, (0, 0)], mode="symmetric")
    rows, columns = (slice(begin, begin + side) for begin, side in zip(start, SIZE, strict=True))
    return np.asarray(tiled[rows, columns] / 255.0)

"""Print the share of pixels whose labels differ when an image is segmented tile by tile.

    python -m bench.segmentation.tile_labels [IMAGE...]

Classes are learnt from the whole image and found again in tiles of 128 x 128: with the glass and
threshold that are stored with them, with those of each tile (as classes from files of version 1),
and with tiles that overlap by the classifier's reach. Without images: scikit-image's H-DAB slide.
"""

import sys
from itertools import product

import numpy as np
from skimage.data import immunohistochemistry

import smalti
from smalti import PixelClassifier
from smalti.sources.read import read
from smalti.sources.source_image import Pixels

TILE = 128


def main() -> None:
    """Measure and print."""
    print("| image | preset | glass of each tile | stored glass | overlapping tiles |")
    print("|---|---|---|---|---|")
    images: dict[str, Pixels] = {name: read(name).pixels for name in sys.argv[1:]}
    for name, image in (images or {"immunohistochemistry": immunohistochemistry()}).items():
        for preset in ("he", "hdab"):
            known = smalti.segment(image, preset=preset).classifier
            without = PixelClassifier(known.features, known.codebook, known.names, known.background)
            shares = [
                _differing(image, known, tiles, margin)
                for tiles, margin in ((without, 0), (known, 0), (known, known.reach or 0))
            ]
            print(f"| {name} | {preset} | {' | '.join(f'{share:.4%}' for share in shares)} |")


def _differing(image: Pixels, whole: PixelClassifier, tiles: PixelClassifier, margin: int) -> float:
    """Return the share of pixels that tiles label otherwise than the whole."""
    expected = whole.segment(image).labels
    labels = np.empty_like(expected)
    height, width = expected.shape
    for top, left in product(range(0, height, TILE), range(0, width, TILE)):
        above, before = max(top - margin, 0), max(left - margin, 0)
        rows, columns = slice(above, top + TILE + margin), slice(before, left + TILE + margin)
        alone = tiles.segment(image[rows, columns]).labels
        kept = alone[top - above :, left - before :][:TILE, :TILE]
        labels[top : top + TILE, left : left + TILE] = kept
    return float((labels != expected).mean())


if __name__ == "__main__":
    main()

"""Slides made for the tests: mixtures of known stains in known places."""

import numpy as np

from smalti.segmentation.histology.stains import HE, Stains

GLASS = (242.0, 240.0, 238.0)

# A slide whose stains are not the published ones.
OTHER_HE = Stains("he", [[0.52, 0.76, 0.38], [0.15, 0.85, 0.50]], GLASS)
OTHER_HDAB = Stains("hdab", [[0.69, 0.65, 0.31], [0.22, 0.46, 0.86]], GLASS)

RED, GREEN, BLUE = (200, 30, 30), (30, 160, 40), (20, 40, 190)


def stripes(width=12, height=8, colors=(RED, GREEN, BLUE)):
    """Upright stripes, equally wide."""
    picture = np.zeros((height, width * len(colors), 3), dtype=np.uint8)
    for i, color in enumerate(colors):
        picture[:, i * width : (i + 1) * width] = color
    return picture


def mixed_slide(stains, *, side=120, glass_share=0.3, noise=0.0, seed=0):
    """A slide of random amounts of both stains, with glass at its left."""
    random = np.random.default_rng(seed)
    amounts = random.dirichlet((0.6, 0.6), (side, side)) * random.uniform(0.2, 1.2, (side, side, 1))
    amounts[:, : round(glass_share * side)] = 0.0
    return _noisy(stains.colors(amounts), noise, random)


def three_parts(stains=HE, *, noise=1.5, seed=0):
    """A slide and its classes: discs of nuclei (0) in the other stain (1), beside glass (2)."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:120, :160]
    classes = np.where(columns < 40, 2, 1)
    for row in range(15, 120, 30):
        for column in range(60, 160, 30):
            classes[(rows - row) ** 2 + (columns - column) ** 2 < 64] = 0
    amounts = np.array([[0.9, 0.2], [0.1, 0.5], [0.0, 0.0]])[classes]
    amounts *= random.normal(1.0, 0.1, (120, 160, 1))
    return _noisy(stains.colors(amounts), noise, random), classes


def _noisy(colors, noise, random):
    samples = colors + random.normal(0.0, noise, colors.shape)
    return np.clip(np.rint(samples), 0, 255).astype(np.uint8)


def degrees_between(a, b):
    return float(np.degrees(np.arccos(np.clip(np.dot(a, b), -1.0, 1.0))))

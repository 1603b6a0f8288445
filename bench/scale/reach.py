"""How many labels of windows differ from those of the whole image, by what is around a window."""

import tempfile
from pathlib import Path

import numpy as np

import smalti
from bench.common.images import rgb
from bench.common.measure import Picture
from bench.common.settings import Settings
from smalti import _core
from smalti.sources.tiles.window import grid

WEIGHTS = (0.4, 1.0, 4.0, 8.0)
REACHES = (0, 16, 32, 64, 128, 256, 512)

# Rows and columns of a window, and classes.
WINDOW, K = 512, 4

# Rows and columns of a picture that are looked at.
LONGEST = 2560


def run(settings: Settings) -> str:
    """Return the table."""
    pictures = _pictures(settings)
    sizes = ", ".join(f"{picture.shape[1]} x {picture.shape[0]}" for picture in pictures)
    lines = [
        f"Parts of photographs and tissue ({sizes}), {K} classes: labels in a million that"
        f" differ from those of the whole image, in windows of {WINDOW} x {WINDOW} with so many"
        " rows and columns around them.",
        "",
        f"| weight | {' | '.join(map(str, REACHES))} |",
        f"|---|{'---|' * len(REACHES)}",
    ]
    for weight in WEIGHTS:
        shares = np.mean([_differing(picture, weight) for picture in pictures], axis=0)
        cells = [f"{1e6 * share:,.1f}" if share else "0" for share in shares]
        lines.append(f"| {weight:g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _pictures(settings: Settings) -> list[Picture]:
    """Return pictures that are much larger than a window and what is around it."""
    with tempfile.TemporaryDirectory() as folder:
        photo = rgb(settings.images.large_photograph(Path(folder)))
    slide = settings.images.file("medical/CMU-1-Small-Region.svs")
    tissue = [] if slide is None else [rgb(slide)]
    return [np.ascontiguousarray(picture[:LONGEST, :LONGEST]) for picture in (photo, *tissue)]


def _differing(picture: Picture, weight: float) -> list[float]:
    """Return the share of labels that differ for each reach."""
    classifier = smalti.segment(picture, K, spatial_weight=weight).classifier
    features, centroids = classifier.features.of_image(picture), classifier.codebook.centroids
    gap = _core.class_gap(features, centroids)
    whole = _core.class_labels(features, centroids, spatial_weight=weight, gap=gap)
    shares = []
    for reach in REACHES:
        labels = np.empty_like(whole)
        for window in grid(whole.shape, (WINDOW, WINDOW)):
            larger = window.grown(reach, whole.shape)
            part = np.ascontiguousarray(features[larger.slices])
            found = _core.class_labels(part, centroids, spatial_weight=weight, gap=gap)
            labels[window.slices] = found[window.within(larger)]
        shares.append(float((labels != whole).mean()))
    return shares

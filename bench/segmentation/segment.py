"""Segmentation by colour: agreement with known truth, coherence on real tissue, and what it costs.

The pictures with known truth are those of `composites`, the peers those of `peers`. Takes about ten
minutes, most of them the peers'.
"""

import itertools
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bench.common.images import LARGE, TISSUE, Images, rgb
from bench.common.measure import once
from bench.common.modules import versions
from bench.common.settings import Settings
from bench.segmentation.composites import FAMILIES, Composite, composites, origin
from bench.segmentation.methods import Method, smalti_method
from bench.segmentation.peers import STARTS, peers
from bench.segmentation.scores import adjusted_rand, boundary_length, coherence, dice

WEIGHTS = (0.0, 0.2, 0.4, 0.8, 1.6)
# Spatial weights and normalisations of smalti in the table of known truth.
SETTINGS = (
    (0.0, None),
    (0.4, None),
    (0.8, None),
    (1.6, None),
    (0.8, "variance"),
    (1.6, "variance"),
    (0.4, "local"),
    (0.8, "local"),
    (1.6, "local"),
)
TISSUE_K = 4
LARGE_K = 4
LARGE_WEIGHTS = (0.0, 0.4)
PACKAGES = ("scikit-learn", "scikit-image", "opencv-python-headless")


class Score(NamedTuple):
    """One method on one composite."""

    family: str
    rand: float
    dice: float
    milliseconds: float


def run(settings: Settings) -> str:
    """Return the tables."""
    large = _large(settings.images)
    others, left_out = peers()
    others = [peer for peer in others if not settings.peers or peer.name in settings.peers]
    methods = [*itertools.starmap(smalti_method, SETTINGS), *others]
    lines = [*known_truth(methods, settings.images), "", *_coherent(settings.images), "", *large]
    return "\n".join([*lines, *(f"\nLeft out, {reason}." for reason in left_out)])


def known_truth(methods: Sequence[Method], images: Images) -> list[str]:
    """Return the table of agreement with the truth, on composites."""
    pictures = composites(images)
    scores: dict[str, list[Score]] = {method.name: [] for method in methods}
    for number, picture in enumerate(pictures, 1):
        print(f"{number} of {len(pictures)}: {picture.name}", file=sys.stderr, flush=True)
        for method in methods:
            scores[method.name].append(_score(method, picture))
    counts = [sum(picture.family == family for picture in pictures) for family in FAMILIES]
    families = [f"{family} ({count})" for family, count in zip(FAMILIES, counts, strict=True)]
    return [
        f"{len(pictures)} composites of known truth, of patches from {origin(images)}: adjusted"
        " Rand index / mean Dice coefficient, means over all and over each family, and median"
        f" milliseconds. K-Means is the best of {STARTS} starts.",
        "",
        f"| method | set up | all | {' | '.join(families)} | ms |",
        "|---" * (4 + len(families)) + "|",
        *(_line(method, scores[method.name]) for method in methods),
        "",
        f"Peers: {', '.join(versions(PACKAGES))}.",
    ]


def _score(method: Method, picture: Composite) -> Score:
    seconds, labels = once(partial(method.run, picture.image, picture.k))
    agreement = adjusted_rand(picture.truth, labels), dice(picture.truth, labels)
    return Score(picture.family, *agreement, 1000 * seconds)


def _line(method: Method, scores: Sequence[Score]) -> str:
    groups = [scores, *([one for one in scores if one.family == name] for name in FAMILIES)]
    cells = [_means(group) for group in groups]
    milliseconds = statistics.median(score.milliseconds for score in scores)
    return f"| {method.name} | {method.setting} | {' | '.join(cells)} | {milliseconds:,.0f} |"


def _means(scores: Sequence[Score]) -> str:
    if not scores:
        return ""
    rand = statistics.mean(score.rand for score in scores)
    return f"{rand:.3f} / {statistics.mean(score.dice for score in scores):.3f}"


def _coherent(images: Images) -> list[str]:
    """Return how much longer boundaries are without a weight for them, on real tissue."""
    tissue = images.tissue()
    lines = [
        f"{', '.join(tissue)} from {images.origin(TISSUE)}, K = {TISSUE_K}: the share of neighbours"
        " of the same class, and the length of the boundaries against that without a spatial"
        " weight.",
        "",
        "| `spatial_weight` | " + " | | ".join(tissue) + " | |",
        "|---" * (1 + 2 * len(tissue)) + "|",
    ]
    lengths: dict[str, int] = {}
    for weight in WEIGHTS:
        cells = []
        for name, photo in tissue.items():
            labels = smalti_method(weight).run(photo, TISSUE_K)
            length = boundary_length(labels)
            cells.append(
                f"{100 * coherence(labels):.1f} % | {length / lengths.setdefault(name, length):.2f}"
            )
        lines.append(f"| {weight:g} | {' | '.join(cells)} |")
    return lines


def _large(images: Images) -> list[str]:
    """Return what a photograph of 24 megapixels takes, in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        path = images.large_photograph(Path(folder))
        photo = rgb(path)
        raw = Path(folder) / "photo.rgb"
        photo.tofile(raw)
        height, width, _ = photo.shape
        lines = [
            f"{path.name} from {images.origin(LARGE)}, {width} x {height}, K = {LARGE_K}."
            " Memory is the peak above input and labels.",
            "",
            "| `spatial_weight` | seconds | memory |",
            "|---|---|---|",
        ]
        for weight in LARGE_WEIGHTS:
            numbers = [str(number) for number in (height, width, LARGE_K, weight)]
            command = [sys.executable, "-m", "bench.segmentation.memory", str(raw), *numbers]
            output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
            seconds, peak = output.split()
            lines.append(f"| {weight:g} | {float(seconds):.1f} | {int(peak) / 2**20:,.0f} MiB |")
    return lines

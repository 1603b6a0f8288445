"""Composites of other seeds than those that settings were chosen on, smalti's and the peers'."""

import statistics
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from bench.common.settings import Settings
from bench.segmentation.composites import composites, origin
from bench.segmentation.methods import Labels, smalti_method
from bench.segmentation.peers import peers
from bench.segmentation.scores import adjusted_rand, dice
from bench.segmentation.superpixel_measures import measures
from bench.segmentation.superpixels import COUNTS, TOOLS

if TYPE_CHECKING:
    from bench.common.measure import Picture

FIRST_SEED = 1000
SMALTI = ((0.8, None), (1.6, None), (0.8, "local"), (1.6, "local"))
BEST_PEERS = (
    "median, K-Means, normalised",
    "SLIC, K-Means, normalised",
    "SLIC, merging, K-Means, normalised",
)


def run(settings: Settings) -> str:
    """Return the tables."""
    others, left_out = peers()
    methods: dict[str, Callable[[Picture, int], Labels]] = {}
    methods |= {method.name: method.run for method in (smalti_method(*one) for one in SMALTI)}
    methods |= {peer.name: peer.run for peer in others if peer.name in BEST_PEERS}
    classes: dict[str, list[tuple[float, ...]]] = {name: [] for name in methods}
    tools = [name for name in TOOLS if name != "scikit-image `slic`"]
    pieces: dict[str, list[tuple[float, ...]]] = {
        f"{name}, {n} wanted": [] for n in COUNTS for name in tools
    }
    pictures = composites(settings.images, first_seed=FIRST_SEED)
    for number, picture in enumerate(pictures, 1):
        print(f"held out {number} of {len(pictures)}", file=sys.stderr, flush=True)
        for name, method in methods.items():
            labels = method(picture.image, picture.k)
            classes[name].append(
                (adjusted_rand(picture.truth, labels), dice(picture.truth, labels))
            )
        for n in COUNTS:
            for name in tools:
                found = measures(TOOLS[name](picture.image, n), picture.truth)
                pieces[f"{name}, {n} wanted"].append(found[:2])
    return "\n".join(
        [
            f"{len(pictures)} composites of seeds from {FIRST_SEED} on, of patches from"
            f" {origin(settings.images)}, means.",
            "",
            *_table(("method", "adjusted Rand", "Dice"), classes),
            "",
            *_table(("superpixels", "boundary recall", "undersegmentation error"), pieces),
            *(f"\nLeft out, {reason}." for reason in left_out),
        ]
    )


def _table(headings: tuple[str, ...], rows: Mapping[str, list[tuple[float, ...]]]) -> list[str]:
    lines = [f"| {' | '.join(headings)} |", "|---" * len(headings) + "|"]
    for name, scores in rows.items():
        means = (statistics.mean(values) for values in zip(*scores, strict=True))
        lines.append(f"| {name} | {' | '.join(f'{mean:.4f}' for mean in means)} |")
    return lines

"""Bytes against SSIMULACRA2: smalti and its peers, on photographs and on drawn pictures.

The first run takes hours, most of them pngquant's and oxipng's; what the peers made is kept, so
that the next one takes minutes.
"""

import math
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from bench.common.settings import Settings
from bench.rate.bd_rate import bd_distortion, bd_rate, bytes_at, common_scores
from bench.rate.figure import draw_rates
from bench.rate.images import CLASSES, ImageClass, RateImage, images_of
from bench.rate.points import FULL_PALETTE, Point, RateTool, curve, points, scorers_here
from bench.rate.smalti import smalti_png, smalti_webp
from bench.rate.tools import rate_tools

# The figures draw a score where at least this part of the pictures reach it with both tools.
_ENOUGH = 0.5
# A tool with fewer settings has no curve to compare.
_FEWEST_SETTINGS = 4
_TITLES = {"photos": "Photographs", "ui": "Drawn pictures"}
# The tool that the figures take for 100 percent.
BASELINE = "pngquant"

Found = dict[str, Point]


@dataclass(frozen=True)
class Measured:
    """Every tool's points for the pictures of a class; a tool's list follows the pictures."""

    kind: ImageClass
    images: Sequence[RateImage]
    found: dict[str, list[Found]]

    def curves(self, tool: str) -> list[list[tuple[float, float]]]:
        """Return a tool's bytes and scores by picture."""
        return [curve(found) for found in self.found[tool]]


def run(settings: Settings) -> str:
    """Return the tables, and draw the figures."""
    peers, left_out = rate_tools()
    peers = [peer for peer in peers if not settings.peers or peer.name in settings.peers]
    lines = []
    for kind in CLASSES:
        if settings.classes and kind.name not in settings.classes:
            continue
        ours, webp = smalti_png(kind), smalti_webp(kind)
        images = images_of(kind, settings.images)
        lines += [f"### {_TITLES[kind.name]}", ""]
        tools = [ours, webp, *(peer for peer in peers if peer.takes(kind))]
        lines += _section(_measured(kind, images, tools), ours, webp, settings)
    scorers, not_built = scorers_here()
    versions = [*(tool.version for tool in peers), *scorers]
    lines.append(f"Peers and measures: {'; '.join(versions)}.")
    lines += [f"\nLeft out, {reason}." for reason in (*left_out, *not_built)]
    return "\n".join(lines)


def _measured(kind: ImageClass, images: Sequence[RateImage], tools: Sequence[RateTool]) -> Measured:
    found: dict[str, list[Found]] = {tool.name: [] for tool in tools}
    for number, image in enumerate(images, start=1):
        print(f"{kind.name} {number} of {len(images)}: {image.name}", file=sys.stderr, flush=True)
        for tool in tools:
            found[tool.name].append(points(tool, image))
    return Measured(kind, images, found)


def _section(measured: Measured, ours: RateTool, webp: RateTool, settings: Settings) -> list[str]:
    kind = measured.kind
    others = [name for name in measured.found if name not in {ours.name, webp.name}]
    compared = [name for name in others if len(measured.found[name][0]) >= _FEWEST_SETTINGS]
    drawn = []
    relative = _relative(measured, ours.name, compared)
    if relative:
        figure = f"rate-{kind.name}.svg"
        draw_rates(relative, kind, settings.figures / figure)
        drawn = [f"![Bytes at equal SSIMULACRA2, relative to pngquant's](images/{figure})", ""]
    return [
        f"{len(measured.images)} pictures from {settings.images.origin(kind.name)}, SSIMULACRA2"
        f" from {kind.low:.0f} to {kind.high:.0f}.",
        "",
        *(_compared(measured, ours.name, compared) if compared else []),
        "",
        *drawn,
        *_best_scores(measured, [ours.name, *others]),
        "",
        *_webp(measured, ours.name, webp.name),
    ]


def _compared(measured: Measured, ours: str, others: Sequence[str]) -> list[str]:
    lines = [
        "| smalti against | bytes, mean | median | worst picture | smaller on | scores compared"
        " | butteraugli at equal bytes |",
        "|---|---|---|---|---|---|---|",
    ]
    notes = []
    for name in others:
        rates, apart = _rates(measured, ours, name)
        worst = max(rates, key=lambda image: rates[image], default=None)
        cells = [
            name,
            _percent(statistics.mean(rates.values())) if rates else "",
            _percent(statistics.median(rates.values())) if rates else "",
            f"{_percent(rates[worst])} ({worst})" if worst else "",
            f"{sum(rate < 0 for rate in rates.values())} of {len(rates)}",
            _scores_compared(measured, ours, name),
            _butteraugli(measured, ours, name),
        ]
        lines.append(f"| {' | '.join(cells)} |")
        if apart:
            notes.append(f"No scores in common with {name} on {len(apart)}: {', '.join(apart)}.")
    return [*lines, *(line for note in notes for line in ("", note))]


def _rates(measured: Measured, ours: str, other: str) -> tuple[dict[str, float], list[str]]:
    """Return BD-rates by picture, and the pictures that have none."""
    rates, apart = {}, []
    pairs = zip(measured.curves(ours), measured.curves(other), strict=True)
    for image, (own, theirs) in zip(measured.images, pairs, strict=True):
        rate = bd_rate(own, theirs, *measured.kind.bounds)
        if rate is None:
            apart.append(image.name)
        else:
            rates[image.name] = rate
    return rates, apart


def _scores_compared(measured: Measured, ours: str, other: str) -> str:
    """Return the mean lowest and highest score of the comparisons."""
    pairs = zip(measured.curves(ours), measured.curves(other), strict=True)
    common = [common_scores(own, theirs, *measured.kind.bounds) for own, theirs in pairs]
    ends = list(zip(*filter(None, common), strict=True))
    return " to ".join(f"{statistics.mean(end):.0f}" for end in ends)


def _butteraugli(measured: Measured, ours: str, other: str) -> str:
    """Return the mean difference of butteraugli, among the bytes that both need in the bounds."""
    differences = []
    for own, theirs in zip(measured.found[ours], measured.found[other], strict=True):
        bounds = [_bytes_between(curve(found), measured.kind) for found in (own, theirs)]
        if not all(bounds):
            continue
        low, high = (max(low for low, _ in bounds), min(high for _, high in bounds))
        difference = bd_distortion(_distortions(own), _distortions(theirs), low, high)
        if difference is not None:
            differences.append(difference)
    return _percent(statistics.mean(differences)) if differences else ""


def _bytes_between(rates: Sequence[tuple[float, float]], kind: ImageClass) -> tuple[float, ...]:
    """Return the least and the most bytes that a curve's front needs within the bounds."""
    scores = [score for _, score in rates]
    low, high = max(kind.low, min(scores)), min(kind.high, max(scores))
    if low >= high:
        return ()
    found = [bytes_ for bytes_ in bytes_at(rates, (low, high)) if not math.isnan(bytes_)]
    return tuple(found) if len(found) == 2 else ()


def _distortions(found: Found) -> list[tuple[float, float]]:
    return [(point.bytes, point.butteraugli) for point in found.values() if point.butteraugli]


def _best_scores(measured: Measured, tools: Sequence[str]) -> list[str]:
    lines = [
        "| 256 colours, whatever the bytes | best SSIMULACRA2, mean | bits a pixel there |",
        "|---|---|---|",
    ]
    for name in tools:
        best = [
            max(
                (point for setting, point in found.items() if setting.endswith(FULL_PALETTE)),
                key=lambda point: (point.score, -point.bytes),
            )
            for found in measured.found[name]
        ]
        bits = [
            8 * point.bytes / image.pixel_count
            for point, image in zip(best, measured.images, strict=True)
        ]
        score = statistics.mean(point.score for point in best)
        lines.append(f"| {name} | {score:.2f} | {statistics.mean(bits):.2f} |")
    return lines


def _webp(measured: Measured, ours: str, webp: str) -> list[str]:
    ratios = [
        other.bytes / own.bytes
        for png, lossless in zip(measured.found[ours], measured.found[webp], strict=True)
        for own, other in zip(png.values(), lossless.values(), strict=True)
    ]
    difference = statistics.geometric_mean(ratios) - 1
    return [f"The same pixels as lossless WebP: {_percent(difference)} bytes.", ""]


def _relative(
    measured: Measured, ours: str, others: Sequence[str]
) -> dict[str, list[tuple[float, float]]]:
    """Return scores and bytes relative to pngquant's, means over the pictures that reach them."""
    if BASELINE not in others:
        return {}
    kind = measured.kind
    scores = range(int(kind.low), int(kind.high) + 1)
    theirs = [bytes_at(rates, scores) for rates in measured.curves(BASELINE)]
    lines = {}
    for name in (ours, *others):
        own = [bytes_at(rates, scores) for rates in measured.curves(name)]
        line = []
        for column, score in enumerate(scores):
            ratios = [one[column] / two[column] for one, two in zip(own, theirs, strict=True)]
            known = [ratio for ratio in ratios if not math.isnan(ratio)]
            if len(known) >= _ENOUGH * len(measured.images):
                line.append((float(score), statistics.geometric_mean(known)))
        lines[name] = line
    return lines


def _percent(fraction: float) -> str:
    return f"{100 * fraction:+.1f} %"

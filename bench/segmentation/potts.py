"""How close labels that weigh boundaries come to the least energy, which a minimum cut tells.

With two classes the least energy is a minimum cut (D. M. Greig, B. T. Porteous and A. H. Seheult,
1989, doi:10.1111/j.2517-6161.1989.tb01764.x); SciPy finds it, in whole numbers.
"""

import itertools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import skimage.data
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

import smalti
from bench.common.measure import Picture, once
from bench.common.settings import Settings

WEIGHTS = (0.2, 0.4, 1.0)
SIDE = 200
# Costs become whole numbers, the largest cost this one, so that 32 bits hold all flows.
STEPS = 1_000_000

AXIS = math.sqrt(2) - 1
DIAGONAL = AXIS / math.sqrt(2)


class Problem(NamedTuple):
    """What each pixel costs with each of two labels, and what a unit of boundary does."""

    costs: NDArray[np.float64]  # (H, W, 2)
    beta: float


def run(settings: Settings) -> str:
    """Return the table."""
    lines = [
        f"Crops of {SIDE} x {SIDE} of pictures from scikit-image, and a drawn disc, K = 2: how far"
        " the energy is above the least.",
        "",
        "| picture | `spatial_weight` | nearest centroids | smalti | ms | minimum cut, ms |",
        "|---|---|---|---|---|---|",
    ]
    chosen = list(pictures().items())[: settings.images.limit]
    for (name, picture), weight in itertools.product(chosen, WEIGHTS):
        plain = smalti.segment(picture, 2)
        seconds, found = once(lambda: plain.apply(picture, spatial_weight=weight))  # noqa: B023
        problem = problem_of(plain, picture, weight)
        cut_seconds, best = once(lambda: minimum_cut(problem))  # noqa: B023
        least = energy(problem, best)
        above = [energy(problem, labels) / least - 1 for labels in (plain.labels, found.labels)]
        times = f"{1000 * seconds:,.0f} | {1000 * cut_seconds:,.0f}"
        lines.append(f"| {name} | {weight} | {above[0]:.1%} | {above[1]:.2%} | {times} |")
    return "\n".join(lines)


def pictures() -> dict[str, Picture]:
    """Return crops of pictures that scikit-image ships, and a disc in noise."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    disc = (rows - 90) ** 2 + (columns - 100) ** 2 < 60**2
    levels = np.where(disc, 170.0, 80.0)[..., np.newaxis]
    noise = np.random.default_rng(0).normal(0, 70, (SIDE, SIDE, 3))
    return {
        "tissue": skimage.data.immunohistochemistry()[:SIDE, :SIDE],
        "cat": skimage.data.chelsea()[20 : 20 + SIDE, 60 : 60 + SIDE],
        "coffee": skimage.data.coffee()[100 : 100 + SIDE, 200 : 200 + SIDE],
        "disc in noise": (levels + noise).clip(0, 255).astype(np.uint8),
    }


def problem_of(found: "smalti.Segmentation", picture: Picture, weight: float) -> Problem:
    """Return the energy that a weight asks to minimise, as docs/segmentation.md defines it."""
    features = found.classifier.features.of_image(picture).astype(np.float64)
    centroids = found.codebook.centroids
    costs = ((features[:, :, np.newaxis] - centroids) ** 2).sum(axis=3)
    return Problem(costs, weight * float(np.abs(costs[..., 0] - costs[..., 1]).mean()))


def pairs(shape: tuple[int, ...]) -> Iterator[tuple[NDArray[Any], NDArray[Any], float]]:
    """Yield the neighbours of each kind, flat, and what a boundary between them measures."""
    places = np.arange(shape[0] * shape[1]).reshape(shape[:2])
    for first, second, length in (
        (places[:, :-1], places[:, 1:], AXIS),
        (places[:-1], places[1:], AXIS),
        (places[:-1, :-1], places[1:, 1:], DIAGONAL),
        (places[:-1, 1:], places[1:, :-1], DIAGONAL),
    ):
        yield first.ravel(), second.ravel(), length


def energy(problem: Problem, labels: NDArray[Any]) -> float:
    """Return what a label map costs."""
    chosen = labels.astype(np.intp)[..., np.newaxis]
    total = float(np.take_along_axis(problem.costs, chosen, axis=2).sum())
    flat = labels.ravel()
    for a, b, length in pairs(labels.shape):
        total += problem.beta * length * int((flat[a] != flat[b]).sum())
    return total


def minimum_cut(problem: Problem) -> NDArray[np.uint8]:
    """Return the labels of least energy: 0 where a pixel stays with the source."""
    count = problem.costs.shape[0] * problem.costs.shape[1]
    source, sink = count, count + 1
    pixels = np.arange(count)
    costs = problem.costs.reshape(count, 2)
    costs = costs - costs.min(axis=1, keepdims=True)
    edges = [
        (np.full(count, source), pixels, costs[:, 1]),
        (pixels, np.full(count, sink), costs[:, 0]),
    ]
    for a, b, length in pairs(problem.costs.shape):
        cost = np.full(len(a), problem.beta * length)
        edges += [(a, b, cost), (b, a, cost)]
    starts, ends, capacities = (np.concatenate(part) for part in zip(*edges, strict=True))
    whole = np.rint(capacities * (STEPS / capacities.max())).astype(np.int32)
    shape = (count + 2, count + 2)
    graph = csr_array(coo_array((whole, (starts, ends)), shape=shape))
    left = graph - maximum_flow(graph, source, sink).flow
    left.data = (left.data > 0).astype(np.int32)
    left.eliminate_zeros()
    labels = np.ones(count + 2, dtype=np.uint8)
    labels[breadth_first_order(left, source, return_predecessors=False)] = 0
    return labels[:count].reshape(problem.costs.shape[:2])

"""Progress of the long calls, and how they are stopped."""

import _thread
import threading
from typing import get_args

import numpy as np
import pytest

import smalti
from smalti.progress import Stage, is_measured, words
from tests.pictures import noise

POINTS = np.random.default_rng(2).normal(size=(400, 3))
PLANE = POINTS[:200, :2]
SMALL = noise(40, 40)
# Enough pixels for each of the ways to count and to map them, and with alpha.
LARGE = noise(257, 256)
CLEAR = noise(60, 60, 4)
COMPRESS = ["histogram", "initial-centroids", "kmeans", "swaps", "kmeans"]

# What is done, and the stages it tells in their order.
CALLS = {
    "compress": (
        lambda progress: smalti.compress(SMALL, 8, progress=progress),
        [*COMPRESS, "labels"],
    ),
    "compress with trials": (
        lambda progress: smalti.compress(SMALL, 8, effort=8, progress=progress),
        [*COMPRESS, "labels"],
    ),
    "compress without swaps": (
        lambda progress: smalti.compress(SMALL, 8, effort=1, progress=progress),
        ["histogram", "initial-centroids", "kmeans", "labels"],
    ),
    "compress many pixels": (
        lambda progress: smalti.compress(LARGE, 8, space="srgb", effort=3, progress=progress),
        [*COMPRESS, "labels"],
    ),
    "compress clear pixels": (
        lambda progress: smalti.compress(CLEAR, 8, effort=3, progress=progress),
        [*COMPRESS, "labels"],
    ),
    "compress few colours": (
        lambda progress: smalti.compress(noise(2, 2), 8, progress=progress),
        ["histogram", "labels"],
    ),
    "k-means++": (
        lambda progress: smalti.kmeans(PLANE, 5, progress=progress),
        ["initial-centroids", "kmeans"],
    ),
    "k-means++ of colours": (
        lambda progress: smalti.kmeans(POINTS, 5, progress=progress),
        ["initial-centroids", "kmeans"],
    ),
    "wu": (
        lambda progress: smalti.kmeans(POINTS, 5, init="wu", progress=progress),
        ["initial-centroids", "kmeans"],
    ),
    "random": (
        lambda progress: smalti.kmeans(POINTS, 5, init="random", progress=progress),
        ["kmeans"],
    ),
    "given": (
        lambda progress: smalti.kmeans(POINTS, 5, init=POINTS[:5], progress=progress),
        ["kmeans"],
    ),
    "superpixels": (
        lambda progress: smalti.superpixels(SMALL, 9, progress=progress),
        ["superpixels"],
    ),
}


def _runs(stages):
    """The stages without immediate repeats."""
    return [stage for i, stage in enumerate(stages) if i == 0 or stages[i - 1] != stage]


@pytest.mark.parametrize("name", CALLS)
def test_stages_are_told_in_their_order_with_the_fraction_done(name):
    call, stages = CALLS[name]
    told = []
    call(lambda stage, fraction: told.append((stage, fraction)))
    assert _runs([stage for stage, _ in told]) == stages
    assert all(0.0 <= fraction <= 1.0 for _, fraction in told)


def test_every_stage_has_words_and_only_the_unmeasured_lack_a_fraction():
    stages = get_args(Stage)
    assert {stage for _, stages in CALLS.values() for stage in stages} <= set(stages)
    assert len({words(stage) for stage in stages}) == len(stages)
    assert [stage for stage in stages if not is_measured(stage)] == ["encode", "measure"]


@pytest.mark.parametrize(
    ("name", "stage"),
    [(name, stage) for name, (_, stages) in CALLS.items() for stage in dict.fromkeys(stages)],
)
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_error_raised_in_any_stage_stops_the_work(name, stage, error):
    told = []

    def stop(told_stage, _fraction):
        told.append(told_stage)
        if told_stage == stage:
            raise error("enough")

    with pytest.raises(error, match="enough"):
        CALLS[name][0](stop)
    assert told.count(stage) == 1
    assert told[-1] == stage


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize(
    "work",
    [
        lambda: smalti.kmeans(np.random.default_rng(0).normal(size=(50_000, 6)), 1000),
        lambda: smalti.kmeans(np.random.default_rng(0).normal(size=(200_000, 3)), 2000, init="wu"),
        lambda: smalti.compress(noise(500, 500), 2000, effort=9),
    ],
    ids=["k-means++", "wu", "compress"],
)
def test_ctrl_c_stops_work_that_would_take_long(work):
    timer = threading.Timer(0.2, _thread.interrupt_main)
    finished = []

    def interrupted():
        timer.start()
        finished.append(work())
        timer.join()  # a signal that comes too late arrives here, and `finished` tells

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not finished

"""The benchmarks' own arithmetic: curves of bytes against quality, and maps of classes."""

import doctest
import importlib.util
import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

BENCH = Path(__file__).resolve().parents[1] / "bench"


def module_of(name: str) -> ModuleType:
    # By its file: importing the package sets the number of threads of this process.
    spec = importlib.util.spec_from_file_location(Path(name).name, BENCH / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def bd_rate() -> ModuleType:
    return module_of("rate/bd_rate")


@pytest.fixture(scope="module")
def scores() -> ModuleType:
    pytest.importorskip("scipy", reason="comes with scikit-image, which the extra demo brings")
    return module_of("segmentation/scores")


@pytest.fixture(scope="module")
def superpixel_measures() -> ModuleType:
    pytest.importorskip("scipy", reason="comes with scikit-image, which the extra demo brings")
    return module_of("segmentation/superpixel_measures")


@pytest.mark.parametrize("name", ["bd_rate", "scores", "superpixel_measures"])
def test_the_examples_hold(name: str, request: pytest.FixtureRequest):
    results = doctest.testmod(request.getfixturevalue(name))
    assert results.attempted > 0
    assert results.failed == 0


def test_swapped_sides_give_the_inverse_ratio(bd_rate: ModuleType):
    ours = [(90, 35), (130, 52), (260, 71), (500, 83)]
    theirs = [(100, 40), (210, 60), (220, 58), (430, 88)]
    there = bd_rate.bd_rate(ours, theirs, 40, 85)
    back = bd_rate.bd_rate(theirs, ours, 40, 85)
    assert (1 + there) * (1 + back) == pytest.approx(1)


def test_only_scores_between_the_bounds_count(bd_rate: ModuleType):
    theirs = [(100, 20), (100 * math.e, 40), (100 * math.e**2, 60)]
    ours = [(50, 20), (100 * math.e, 40), (100 * math.e**2, 60)]
    assert bd_rate.bd_rate(ours, theirs, 40, 60) == pytest.approx(0)
    # Straight from ln 0.5 to 0: a mean of half of it.
    assert bd_rate.bd_rate(ours, theirs, 0, 40) == pytest.approx(math.sqrt(0.5) - 1)


def test_a_curve_of_one_point_has_no_scores_in_common(bd_rate: ModuleType):
    assert bd_rate.bd_rate([(100, 50)], [(100, 40), (200, 60)], 0, 100) is None
    assert bd_rate.bd_rate([], [(100, 40), (200, 60)], 0, 100) is None


def test_the_distortion_is_compared_at_equal_bytes(bd_rate: ModuleType):
    # Ours falls from 2 to 1 where theirs stays near 2: ln 1/2 at the end, half of it in the mean.
    theirs = [(100, 2), (400, 1.999999)]
    assert bd_rate.bd_distortion([(100, 2), (400, 1)], theirs) == pytest.approx(
        math.sqrt(0.5) - 1, abs=1e-5
    )
    assert bd_rate.bd_distortion([(100, 2), (200, 1)], [(300, 2), (400, 1)]) is None


def test_the_rand_index_is_that_of_scikit_learn(scores: ModuleType):
    metrics = pytest.importorskip("sklearn.metrics", reason="needs the extra smalti[sklearn]")
    random = np.random.default_rng(0)
    truth = random.integers(0, 4, (30, 40))
    guess = np.where(random.random(truth.shape) < 0.6, truth, random.integers(0, 6, truth.shape))
    expected = metrics.adjusted_rand_score(truth.ravel(), guess.ravel())
    assert scores.adjusted_rand(truth, guess) == pytest.approx(expected)


def test_one_class_throughout_agrees_with_itself(scores: ModuleType):
    nothing = np.zeros((4, 5), np.uint8)
    assert scores.adjusted_rand(nothing, nothing) == 1
    assert scores.dice(nothing, nothing) == 1


def test_names_of_classes_do_not_matter(scores: ModuleType):
    random = np.random.default_rng(1)
    truth, guess = random.integers(0, 3, (2, 20, 20), dtype=np.uint8)
    renamed = np.array([200, 7, 31], np.uint8)[guess]
    assert scores.adjusted_rand(truth, renamed) == scores.adjusted_rand(truth, guess)
    assert scores.dice(truth, renamed) == scores.dice(truth, guess)


def test_a_class_in_two_parts_has_one_partner(scores: ModuleType):
    truth = np.repeat([[0, 0, 1, 1]], 3, axis=0)
    guess = np.repeat([[0, 1, 2, 2]], 3, axis=0)
    # Half of the first class: 2 * 1 / (2 + 1).
    assert scores.dice(truth, guess) == pytest.approx((2 / 3 + 1) / 2)

"""The benchmarks' own arithmetic, their rooms, and where they take their images from."""

import ast
import doctest
import graphlib
import importlib.util
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

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


def imported(path: Path) -> Iterator[str]:
    """Every module of the benchmarks that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "bench":
            for alias in node.names:
                name = f"{node.module}.{alias.name}".split(".", 1)[1]
                yield name if name in MODULES else name.rpartition(".")[0]


MODULES = {
    ".".join(path.relative_to(BENCH).with_suffix("").parts): path for path in BENCH.rglob("*.py")
}
IMPORTS = {module: set(imported(path)) - {""} for module, path in MODULES.items()}


def test_rooms_of_the_benchmarks_import_only_from_themselves_and_from_what_they_share():
    assert "common.images" in IMPORTS["common.settings"]
    for module, targets in IMPORTS.items():
        room = module.split(".")[0]
        if room != "__main__":
            assert {target.split(".")[0] for target in targets} <= {"common", room}, module


def test_modules_of_the_benchmarks_do_not_import_each_other_in_a_circle():
    order = list(graphlib.TopologicalSorter(IMPORTS).static_order())
    assert order.index("common.measure") < order.index("engine.effort") < order.index("__main__")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    for extra in ("matplotlib", "skimage", "sklearn"):
        pytest.importorskip(extra, reason="needs the extra smalti[bench]")
    folder = tmp_path_factory.mktemp("images")
    for path in ("flat/b.png", "flat/a.png", "drawn/ui/c.png"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(folder / path)
    (folder / "flat" / "notes.txt").write_text("no picture")
    (folder / "empty").mkdir()
    # In a process of its own: importing the package sets the number of threads of the process.
    command = [sys.executable, "-m", "tests.bench_program", str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    output = subprocess.run(
        command, cwd=BENCH.parent, env=environment, check=True, stdout=subprocess.PIPE
    ).stdout
    told: dict[str, Any] = json.loads(output)
    return told


def test_every_suite_takes_the_settings_and_has_a_place_on_the_page(program: dict[str, Any]):
    page = (BENCH.parent / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert "engine_effort" in program["suites"]
    for name, parameters in program["suites"].items():
        assert [parameter.lstrip("_") for parameter in parameters] == ["settings"], name
        assert page.count(f"<!-- {name} -->\n") == page.count(f"<!-- end {name} -->\n") == 1, name


def test_without_a_folder_images_come_from_packages(program: dict[str, Any]):
    photos, drawings = program["packages"]["photos"], program["packages"]["ui"]
    assert photos == ["scikit-image and scikit-learn", "astronaut", "chelsea"]
    assert len(drawings) == 1 + 2
    assert drawings[0].startswith("matplotlib")


def test_a_folder_without_kinds_holds_photographs(program: dict[str, Any]):
    assert program["flat"]["photos"] == ["`flat`", "a.png", "b.png"]
    assert program["flat"]["ui"] == [program["packages"]["ui"][0]]


def test_a_folder_with_kinds_lends_them_and_packages_the_rest(program: dict[str, Any]):
    assert program["drawn"]["ui"] == ["`drawn`", "c.png"]
    assert program["drawn"]["photos"] == ["scikit-image and scikit-learn", "astronaut"]


def test_a_folder_without_pictures_is_refused(program: dict[str, Any]):
    assert (
        "empty: neither the folder nor photos, ui, medical, large in it hold pictures"
        in (program["refused"])
    )

"""The table of several inputs that have the same classes."""

import csv

import numpy as np
import pytest

import smalti
from tests.cli.program import invoke
from tests.pictures import encoded, noise


@pytest.fixture
def inputs(tmp_path):
    """Two pictures, and a file of classes."""
    names = []
    for number, shape in enumerate(((20, 30), (25, 40))):
        path = tmp_path / f"{number}.png"
        path.write_bytes(encoded(noise(*shape, 3, seed=number)))
        names.append(path)
    smalti.segment(str(names[0]), 2, names=["dark", "light"]).classifier.save(tmp_path / "c.npz")
    return names


def rows_in(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_inputs_with_the_same_classes_are_summed_up(inputs, tmp_path):
    result = invoke("segment", *inputs, "--classes", tmp_path / "c.npz", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    rows = rows_in(tmp_path / "out/summary.csv")
    assert [row["input"] for row in rows] == [str(name) for name in inputs]
    assert [(row["width"], row["height"]) for row in rows] == [("30", "20"), ("40", "25")]
    classifier = smalti.PixelClassifier.load(tmp_path / "c.npz")
    for row, name in zip(rows, inputs, strict=True):
        found = classifier.segment(str(name))
        assert [int(row["area dark"]), int(row["area light"])] == found.areas.tolist()
        assert float(row["share light"]) == found.shares[1]
        assert int(row["regions"]) == len(found.regions())
        assert float(row["coherence"]) == found.coherence


def test_an_input_that_fails_is_left_out_of_the_table(inputs, tmp_path):
    names = [inputs[0], tmp_path / "none.png"]
    result = invoke("segment", *names, "--classes", tmp_path / "c.npz", "-o", tmp_path / "out")
    assert result.exit_code == 1
    assert [row["input"] for row in rows_in(tmp_path / "out/summary.csv")] == [str(inputs[0])]


def test_classes_that_are_the_first_inputs_are_the_same_too(inputs, tmp_path):
    result = invoke("segment", *inputs, "-k", 2, "--same-classes", "-o", tmp_path / "out")
    assert result.exit_code == 0, result.stderr
    assert len(rows_in(tmp_path / "out/summary.csv")) == 2


def test_one_input_or_classes_of_each_are_not_summed_up(inputs, tmp_path):
    assert invoke("segment", *inputs, "-k", 2, "-o", tmp_path / "out").exit_code == 0
    classes = ("--classes", tmp_path / "c.npz")
    assert invoke("segment", inputs[0], *classes, "-o", tmp_path / "one").exit_code == 0
    assert not (tmp_path / "out/summary.csv").exists()
    assert not (tmp_path / "one/summary.csv").exists()


def test_an_earlier_table_is_replaced_only_with_force(inputs, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/summary.csv").write_text("a letter")
    command = ("segment", *inputs, "--classes", tmp_path / "c.npz", "-o", tmp_path / "out")
    result = invoke(*command)
    assert result.exit_code == 1
    assert "summary.csv: exists already" in result.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["summary.csv"]
    assert invoke(*command, "--force").exit_code == 0
    assert len(rows_in(tmp_path / "out/summary.csv")) == 2


def test_pixels_of_no_size_have_no_areas_in_micrometres(inputs, tmp_path):
    sized = ("--pixel-size", 0.5)
    command = ("segment", *inputs, "--classes", tmp_path / "c.npz", "-o")
    assert invoke(*command, tmp_path / "plain").exit_code == 0
    assert invoke(*command, tmp_path / "sized", *sized).exit_code == 0
    assert "area_um2 dark" not in rows_in(tmp_path / "plain/summary.csv")[0]
    row = rows_in(tmp_path / "sized/summary.csv")[1]
    assert np.isclose(float(row["area_um2 dark"]), int(row["area dark"]) / 4)
